"""What the API does in the background."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.api.service import answers, bulk, ending, exporting, feeding, keys, once, posting, remembering
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
    once.tidy(session)
    ending.tidy(session)


@jobs.label_task("webhooks.feed", max_attempts=20)
def feed(session: Session, tenant: Tenant) -> None:
    """Look through what happened, for endpoints that want to hear of it."""
    feeding.feed(session, tenant)


@jobs.label_task("webhooks.post", is_outside=True, max_attempts=20)
def post(tenant: Tenant, *, endpoint: str) -> None:
    """Send an endpoint what is due there."""
    posting.start(tenant, UUID(endpoint))


@jobs.label_schedule("webhooks.forget", every="day", at="03:20", jitter_seconds=3_600)
@jobs.label_task("webhooks.forget", time_limit=300)
def forget(session: Session, tenant: Tenant) -> None:  # noqa: ARG001 every task has one
    """Forget deliveries that are old."""
    remembering.forget(session)
    bulk.forget(session)
    exporting.forget(session)


@jobs.label_task("bulk.work", is_outside=True, time_limit=120, max_attempts=20)
def work(tenant: Tenant, *, job: str) -> None:
    """Go on with a job of many operations."""
    from app.api.rest import doing

    doing.work(tenant, UUID(job))


@jobs.label_task("exports.work", is_outside=True, time_limit=600, max_attempts=20)
def make(tenant: Tenant, *, export: str) -> None:
    """Go on with a file of data."""
    exporting.work(tenant, UUID(export))
