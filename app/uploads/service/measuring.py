"""Looking at the files of a batch: each gets its facts and its verdict once."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.kernel import jobs
from app.uploads.models import Batch
from app.uploads.queries import waiting
from app.uploads.service.batches import go

__all__ = ["arrived", "waiting"]


def arrived(session: Session, batch_id: UUID) -> None:
    """Have a batch that waited for its files checked once the last of them is looked at.

    The batch is locked first: of two files that end at the same moment the second sees that of the first.
    """
    session.flush()
    batch = session.get_one(Batch, batch_id, with_for_update=True, populate_existing=True)
    if batch.stage == "measuring" and waiting(session, batch_id) == 0:
        go(session, batch, "checking")
        jobs.ask(session, "uploads.check", {"batch": str(batch.id)}, key=f"{batch.id}:{batch.version}")
