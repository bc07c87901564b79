"""What a brand does in the background."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.brand.service import scheduling
from app.kernel import jobs
from app.kernel.tenant import Tenant


@jobs.label_task(scheduling.KEEPING)
@jobs.after_an_archive(scheduling.KEEPING)
def keep_promises(session: Session, tenant: Tenant) -> None:  # noqa: ARG001 every task has one
    """Ask anew for what was promised to be published: the tasks of before do not count any more."""
    scheduling.keep_promises(session)


@jobs.label_task(scheduling.TASK)
def publish_scheduled(session: Session, tenant: Tenant, *, version: str, at: str) -> None:
    """Publish a draft whose moment has come."""
    scheduling.publish_scheduled(session, tenant, UUID(version), datetime.fromisoformat(at))
