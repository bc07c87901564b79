"""What streaming does in the background; each task may be sent twice.

The services are imported by the work itself, as those of the catalogue are.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.kernel import jobs
from app.kernel.tenant import Tenant

TIME_LIMIT = 1_200
"""Sound of four hours takes a part of it, and a worker that is to stop waits for so long at most."""


@jobs.label_task("streaming.render", queue="media", time_limit=TIME_LIMIT, is_outside=True)
def render(tenant: Tenant, *, recording: str, again: bool = False) -> None:
    """Make what players are given of a recording."""
    from app.streaming.service import rendering

    rendering.render(tenant, UUID(recording), again=again)


@jobs.label_task("streaming.pack", queue="media", time_limit=TIME_LIMIT, is_outside=True)
def pack(tenant: Tenant, *, package: str) -> None:
    """Make what somebody keeps."""
    from app.streaming.service import packing

    packing.pack(tenant, UUID(package))


@jobs.label_schedule("streaming.ask_missing", every="five minutes", jitter_seconds=240)
@jobs.label_task("streaming.ask_missing")
def ask_missing(session: Session, tenant: Tenant) -> None:  # noqa: ARG001
    """Ask for the renditions that are missing or of another master."""
    from app.streaming.service import asking

    asking.ask_missing(session)


@jobs.label_schedule("streaming.sweep", every="day", at="04:20", jitter_seconds=3_600)
@jobs.label_task("streaming.sweep")
def sweep(session: Session, tenant: Tenant) -> None:  # noqa: ARG001
    """Let go of what was retired."""
    from app.streaming.service import rendering

    rendering.sweep(session)
