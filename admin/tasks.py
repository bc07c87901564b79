"""What the operators' realm does in the background."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from admin.models import OperatorThrottle
from app.identity.rules import FAILURES_FADE
from app.kernel import clock
from app.kernel.jobs import platform_schedule, platform_task


@platform_schedule("operators.tidy", every="day", at="03:30")
@platform_task("operators.tidy")
def tidy(session: Session) -> None:
    """Forget failures that are long over."""
    session.execute(delete(OperatorThrottle).where(OperatorThrottle.failed_at < clock.now() - 2 * FAILURES_FADE))
