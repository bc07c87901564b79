"""What the operators' realm does in the background."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete
from sqlalchemy.orm import Session

from admin.console.service import record
from admin.models import Operator, OperatorThrottle
from app.identity.rules import FAILURES_FADE
from app.kernel import clock
from app.kernel.jobs import platform_schedule, platform_task
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label


@platform_schedule("operators.tidy", every="day", at="03:30")
@platform_task("operators.tidy")
def tidy(session: Session) -> None:
    """Forget failures that are long over."""
    session.execute(delete(OperatorThrottle).where(OperatorThrottle.failed_at < clock.now() - 2 * FAILURES_FADE))


@platform_task("operators.open_label")
def open_asked(session: Session, *, wish: dict[str, Any], operator: str) -> None:
    """Open the label that an operator asked for when no schema was ready, and write down who did."""
    tenant = open_label(msgspec.convert(wish, OpenLabel))
    by = session.get(Operator, UUID(operator))
    record(session, by, "label.opened", tenant_id=tenant.id, slug=tenant.slug, plan=tenant.plan)
