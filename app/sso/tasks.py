"""What sign-in services need in the background."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.kernel import jobs
from app.kernel.tenant import Tenant
from app.sso.service import attempts


@jobs.label_schedule("sso.tidy", every="day", at="03:40", jitter_seconds=3_600)
@jobs.label_task("sso.tidy")
def tidy(session: Session, tenant: Tenant) -> None:  # noqa: ARG001 every task has one
    """Forget ways in that are long over."""
    attempts.tidy(session)
