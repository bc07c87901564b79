"""What the operators' realm does in the background."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete
from sqlalchemy.orm import Session

from admin.console.queries import BOOKS_FROZEN
from admin.console.service import hear, record
from admin.models import Operator, OperatorThrottle
from app.identity.rules import FAILURES_FADE
from app.kernel import clock
from app.kernel.db import platform_work
from app.kernel.jobs import label_task, platform_schedule, platform_task
from app.kernel.tenant import Tenant
from app.ledger.service.freezing import frozen
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label


@platform_schedule("operators.tidy", every="day", at="03:30")
@platform_task("operators.tidy")
def tidy(session: Session) -> None:
    """Forget failures that are long over."""
    session.execute(delete(OperatorThrottle).where(OperatorThrottle.failed_at < clock.now() - 2 * FAILURES_FADE))


@label_task("operators.hear_of_books")
def hear_of_books(session: Session, tenant: Tenant, *, problem: str) -> None:
    """Write down that a label's books are frozen, where every operator sees it."""
    if frozen(session) is not None:
        with platform_work() as ours:
            hear(ours, BOOKS_FROZEN, tenant_id=tenant.id, problem=problem)


@platform_task("operators.open_label")
def open_asked(session: Session, *, wish: dict[str, Any], operator: str) -> None:
    """Open the label that an operator asked for when no schema was ready, and write down who did."""
    tenant = open_label(msgspec.convert(wish, OpenLabel))
    by = session.get(Operator, UUID(operator))
    record(session, by, "label.opened", tenant_id=tenant.id, slug=tenant.slug, plan=tenant.plan)
