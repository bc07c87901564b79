"""What tests of webhooks share."""

from __future__ import annotations

from app.kernel.db import tenant_read
from app.kernel.jobs.outbox import OutboxRow


def headers_of(told):
    return {name: told.headers[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}


def asked(tenant, name):
    with tenant_read(tenant) as session:
        return session.query(OutboxRow).filter(OutboxRow.label == tenant.id, OutboxRow.task == name).count()
