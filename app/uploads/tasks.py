"""What bulk upload does in the background; each task does a stage once, however often it is sent.

The services are imported by the work itself: the library that compares tables has threads of its own, which a worker
that imported it before it forks would not have in its children.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.kernel import jobs
from app.kernel.tenant import Tenant

TIME_LIMIT = 600


@jobs.label_task("uploads.check", time_limit=TIME_LIMIT)
def check(session: Session, tenant: Tenant, *, batch: str) -> None:
    """Find out what a batch would do."""
    from app.uploads.service import checking

    checking.check_or_stop(session, tenant, UUID(batch))


@jobs.label_task("uploads.apply", time_limit=TIME_LIMIT)
def apply(session: Session, tenant: Tenant, *, batch: str) -> None:
    """Do it."""
    from app.uploads.service import applying

    applying.apply(session, tenant, UUID(batch))


@jobs.label_task("uploads.undo", time_limit=TIME_LIMIT)
def undo(session: Session, tenant: Tenant, *, batch: str) -> None:
    """Take it back."""
    from app.uploads.service import undoing

    undoing.undo(session, tenant, UUID(batch))


@jobs.label_task("uploads.assemble", queue="media", time_limit=TIME_LIMIT)
def assemble(session: Session, tenant: Tenant, *, file: str) -> None:
    """Put a file together from its parts."""
    from app.uploads.service import receiving

    receiving.assemble(session, tenant, UUID(file))


@jobs.label_task("uploads.discard")
def discard(session: Session, tenant: Tenant, *, file: str) -> None:
    """Delete the parts of a file that needs them no more."""
    from app.uploads.service import receiving

    receiving.discard_parts(session, tenant, UUID(file))


@jobs.label_task("uploads.measure", queue="media", time_limit=TIME_LIMIT)
def measure(session: Session, tenant: Tenant, *, file: str) -> None:
    """Find out what a file is."""
    from app.uploads.service import measuring

    measuring.measure(session, tenant, UUID(file))


@jobs.label_schedule("uploads.sweep", every="day", at="03:40", jitter_seconds=3_600)
@jobs.label_task("uploads.sweep", time_limit=TIME_LIMIT)
def sweep(session: Session, tenant: Tenant) -> None:
    """Give up what nobody went on sending."""
    from app.uploads.service import receiving

    receiving.sweep(session, tenant)


@jobs.label_task("uploads.unpack", queue="media", time_limit=TIME_LIMIT)
def unpack(session: Session, tenant: Tenant, *, file: str, first: int = 0) -> None:
    """Make files of the entries of an archive."""
    from app.uploads.service import unpacking

    unpacking.unpack(session, tenant, UUID(file), first)


@jobs.label_task("uploads.import_prefix", queue="media", time_limit=TIME_LIMIT)
def import_prefix(session: Session, tenant: Tenant, *, batch: str, folder: str, after: str = "") -> None:
    """Fetch files for a batch from where the operator lets the label fetch them."""
    from app.uploads.service import bucket

    bucket.import_prefix(session, tenant, UUID(batch), folder, after)
