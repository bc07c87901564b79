"""What the API does in the background."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.api.service import answers, keys
from app.kernel import clock, jobs
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant


@jobs.label_schedule("api.tidy", every="day", at="03:40", jitter_seconds=3_600)
@jobs.label_task("api.tidy")
def tidy(session: Session, tenant: Tenant) -> None:
    """Replace a signing key that is old, and forget what is over."""
    keys.rotate(session, Actor.system(tenant), tenant)
    keys.tidy(session)
    answers.forget(session, clock.now())
