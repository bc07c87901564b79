"""Going on without some files of a batch."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.kernel import activity
from app.kernel.actor import Actor
from app.uploads.errors import BatchElsewhere
from app.uploads.models import Batch, BatchCorrection, BatchFile
from app.uploads.queries import waiting
from app.uploads.rules.verdicts import FIELD_OF
from app.uploads.service.batches import ask_check
from app.uploads.service.receiving import forget, unfinished

LEAVABLE = ("mapping", "measuring", "ready")


def leave_out(session: Session, actor: Actor, batch: Batch, file: BatchFile) -> None:
    """Take a file out of a batch that is not applied; what was corrected towards it is forgotten."""
    if batch.stage not in LEAVABLE:
        raise BatchElsewhere
    session.execute(
        delete(BatchCorrection).where(
            BatchCorrection.batch_id == batch.id,
            BatchCorrection.field.in_(FIELD_OF.values()),
            BatchCorrection.value == file.path,
        )
    )
    after = {"name": batch.name, "file": file.path}
    forget(session, file)
    activity.record(session, actor, "batch.file_left_out", subject_type="batch", subject_id=batch.id, after=after)


def leave_out_unsent(session: Session, actor: Actor, batch: Batch) -> None:
    """Go on without the files of a batch that never arrived whole."""
    for file in unfinished(session, batch.id):
        leave_out(session, actor, batch, file)


def go_on(session: Session, batch: Batch) -> None:
    """Have a batch checked again whose files are others now, unless it still waits for something."""
    if batch.stage == "ready" or (batch.stage == "measuring" and not waiting(session, batch.id)):
        ask_check(session, batch)
