"""Lists of a batch: its releases and what is wrong with them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session

from app.uploads.models import BatchFile, BatchFinding, BatchItem

EVERYTHING = "all"
LISTED = ("title", "artist_line", "row", "tracks", "verdict", "warnings", "release_id")
"""What is shown of each release: as plain rows, for there may be a thousand of them."""

_MATCHABLE = BatchFile.kind.in_(("audio", "artwork")) & BatchFile.state.in_(("measured", "refused"))
SHOWN_FILES: dict[str, ColumnElement[bool]] = {
    "fine": (BatchFile.state == "measured") & (BatchFile.verdict == "ok"),
    "refused": (BatchFile.state == "refused") | ((BatchFile.state == "measured") & (BatchFile.verdict != "ok")),
    "doubtful": BatchFile.is_doubtful.is_(True),
    "lost": _MATCHABLE & BatchFile.item.is_(None),
}
"""Which files a person may ask for."""


def items(session: Session, batch_id: UUID, verdict: str, *, limit: int, offset: int = 0) -> list[Row[Any]]:
    """The releases of a batch in the manifest's order, all or those of one verdict; changes only where all change."""
    columns = [getattr(BatchItem, name) for name in LISTED]
    columns += [BatchItem.changes] if verdict == "change" else []
    query = select(*columns).where(BatchItem.batch_id == batch_id).order_by(BatchItem.number)
    query = query.limit(limit).offset(offset)
    if verdict != EVERYTHING:
        query = query.where(BatchItem.verdict == verdict)
    return list(session.execute(query))


def files(
    session: Session, batch_id: UUID, show: str, *, limit: int, offset: int
) -> list[tuple[BatchFile, str | None]]:
    """Files of a batch by their path, all or those that need a person, with the title of the release each is of."""
    at = (BatchItem.batch_id == BatchFile.batch_id) & (BatchItem.number == BatchFile.item)
    query = select(BatchFile, BatchItem.title).outerjoin(BatchItem, at).where(BatchFile.batch_id == batch_id)
    if show in SHOWN_FILES:
        query = query.where(SHOWN_FILES[show])
    rows = session.execute(query.order_by(BatchFile.path, BatchFile.id).limit(limit).offset(offset))
    return [(row[0], row[1]) for row in rows]


def file_counts(session: Session, batch_id: UUID) -> dict[str, int]:
    """How many files of a batch there are, how many of each kind that a person is shown, and how many never came."""
    counted = [func.count().filter(where).label(name) for name, where in SHOWN_FILES.items()]
    unsent = func.count().filter(BatchFile.state == "receiving").label("unsent")
    query = select(func.count().label(EVERYTHING), unsent, *counted).where(BatchFile.batch_id == batch_id)
    return dict(session.execute(query).one()._mapping)  # noqa: SLF001


def paths(session: Session, batch_id: UUID) -> dict[str, str]:
    """What the stored files of a batch are called in it."""
    query = select(BatchFile.file_id, BatchFile.path).where(
        BatchFile.batch_id == batch_id, BatchFile.file_id.is_not(None)
    )
    return {str(file_id): path for file_id, path in session.execute(query)}


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
