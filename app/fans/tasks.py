"""What is done for fans in the background."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.fans.service import entry, exporting, moving, tidying
from app.kernel import jobs
from app.kernel.tenant import Tenant


@jobs.label_task("fans.send_link")
def send_link(session: Session, tenant: Tenant, *, sealed: str) -> None:
    """Send the link that somebody wished for by their mail address."""
    entry.send_link(session, tenant, sealed)


@jobs.label_task("fans.send_move")
def send_move(session: Session, tenant: Tenant, *, sealed: str) -> None:
    """Send the link that confirms another mail address."""
    moving.send(session, tenant, sealed)


@jobs.label_task("fans.export", time_limit=300)
def export(session: Session, tenant: Tenant, *, fan: str) -> None:
    """Put a fan's data together."""
    exporting.make(session, tenant, UUID(fan))


@jobs.label_schedule("fans.tidy", every="day", at="03:40", jitter_seconds=3_600)
@jobs.label_task("fans.tidy")
def tidy(session: Session, tenant: Tenant) -> None:
    """Forget sessions and exports that are over, and addresses that nobody confirmed."""
    tidying.tidy(session, tenant)
