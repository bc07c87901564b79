"""What royalties do in the background; each task does its work once, however often it is sent.

The services are imported by the work itself: the library that compares tables has threads of its own, which a worker
that imported it before it forks would not have in its children.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.kernel import jobs
from app.kernel.tenant import Tenant

TIME_LIMIT = 600


@jobs.label_task("royalties.import", time_limit=TIME_LIMIT)
def import_report(session: Session, tenant: Tenant, *, report: str) -> None:
    """Read a sales report that came in."""
    from app.royalties.service import importing

    importing.run(session, tenant, UUID(report))


@jobs.label_task("royalties.calculate", queue="money", time_limit=TIME_LIMIT)
def calculate(session: Session, tenant: Tenant, *, run: str) -> None:
    """Work a royalty run out."""
    from app.royalties.service import running

    running.calculate(session, tenant, UUID(run))


@jobs.label_task("royalties.publish", queue="money", time_limit=TIME_LIMIT)
def publish(session: Session, tenant: Tenant, *, run: str) -> None:
    """Tell payees what a run found."""
    from app.royalties.service import running

    running.tell_payees(session, tenant, UUID(run))


@jobs.label_schedule("royalties.match", every="day", at="04:20", jitter_seconds=3_600)
@jobs.label_task("royalties.match", time_limit=TIME_LIMIT)
def match(session: Session, tenant: Tenant) -> None:  # noqa: ARG001
    """Look for what was unmatched so far in the catalogue as it is now."""
    from app.royalties.service import importing

    importing.match_again(session)
