"""Lists of a batch: its releases and what is wrong with them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.uploads.models import BatchFile, BatchFinding, BatchItem

EVERYTHING = "all"


def items(session: Session, batch_id: UUID, verdict: str, *, limit: int) -> list[BatchItem]:
    """The releases of a batch in the manifest's order, all or those of one verdict."""
    query = select(BatchItem).where(BatchItem.batch_id == batch_id).order_by(BatchItem.number).limit(limit)
    if verdict != EVERYTHING:
        query = query.where(BatchItem.verdict == verdict)
    return list(session.scalars(query))


def findings(session: Session, batch_id: UUID, *, limit: int) -> list[BatchFinding]:
    """What keeps releases from being loaded, in the manifest's order."""
    return list(session.scalars(_findings(batch_id).where(BatchFinding.refuses).limit(limit)))


def safe_suggestions(session: Session, batch_id: UUID) -> list[tuple[int, str, str]]:
    """Row, field and value of every suggestion that can be taken without a look."""
    query = select(BatchFinding.row, BatchFinding.field, BatchFinding.suggestion).where(
        BatchFinding.batch_id == batch_id,
        BatchFinding.is_safe,
        BatchFinding.row.is_not(None),
        BatchFinding.suggestion.is_not(None),
    )
    return [(row, field, suggestion) for row, field, suggestion in session.execute(query) if row and suggestion]


def waiting(session: Session, batch_id: UUID) -> int:
    """How many files of a batch are not looked at yet: still on their way, or whole and waiting for it."""
    query = select(func.count()).where(BatchFile.batch_id == batch_id, BatchFile.state.in_(("receiving", "received")))
    return session.scalar(query) or 0


def _findings(batch_id: UUID) -> Select[BatchFinding]:
    return select(BatchFinding).where(BatchFinding.batch_id == batch_id).order_by(BatchFinding.number)
