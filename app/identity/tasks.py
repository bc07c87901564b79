"""What identity does in the background."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.identity.service import entry, following, tickets
from app.kernel import jobs
from app.kernel.tenant import Tenant


@jobs.label_task("identity.send_link")
def send_link(session: Session, tenant: Tenant, *, sealed: str) -> None:
    """Send a sign-in link to whoever asked for it, if they are a member."""
    entry.send_link(session, tenant, sealed)


@jobs.label_task(following.TASK, is_outside=True)
def follow(tenant: Tenant) -> None:
    """Have the label's sandbox follow who may do what."""
    following.ask_for(tenant)


@jobs.label_schedule("identity.tidy", every="day", at="03:30", jitter_seconds=3_600)
@jobs.label_task("identity.tidy")
def tidy(session: Session, tenant: Tenant) -> None:  # noqa: ARG001 every task has one
    """Forget one-time secrets and failures that are long over."""
    tickets.tidy(session)
