"""What waits, what is late, what is parked; and giving a parked task another chance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.errors import NotFound
from app.kernel.jobs.outbox import OutboxRow

KEPT = timedelta(days=7)
PRUNE_BATCH = 10_000


class TaskNotParked(NotFound):
    """No parked task has this id."""

    message = "There is no parked task with this id."


@dataclass(frozen=True, slots=True)
class Load:
    """The state of one cell's outbox; `lag_seconds` is the age of the oldest task that is due and not done."""

    waiting: int
    leased: int
    parked: int
    lag_seconds: float


def load(session: Session) -> Load:
    """Count one cell's outbox."""
    now = clock.now()
    is_open = OutboxRow.done_at.is_(None) & OutboxRow.parked_at.is_(None)
    query = select(
        func.count().filter(is_open),
        func.count().filter(is_open, OutboxRow.lease_until >= now),
        func.count().filter(OutboxRow.parked_at.is_not(None)),
        func.min(OutboxRow.run_at).filter(is_open),
    ).where(OutboxRow.done_at.is_(None))
    waiting, leased, parked, oldest = session.execute(query).one()
    lag = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    return Load(waiting, leased, parked, lag)


def parked(session: Session, *, limit: int = 200) -> list[OutboxRow]:
    """The tasks that nobody will run again unasked, newest first."""
    query = select(OutboxRow).where(OutboxRow.parked_at.is_not(None)).order_by(OutboxRow.parked_at.desc())
    return list(session.scalars(query.limit(limit)))


def parked_args(session: Session, task: str) -> list[dict[str, Any]]:
    """What this label's parked tasks of one kind were asked to do."""
    is_mine = OutboxRow.label == session.info["tenant"].id
    query = select(OutboxRow.args).where(is_mine, OutboxRow.task == task, OutboxRow.parked_at.is_not(None))
    return list(session.scalars(query))


def retry(session: Session, row_id: UUID) -> None:
    """Give a parked task its attempts back and let it run now."""
    again = {"parked_at": None, "attempts": 0, "lease_until": None, "run_at": clock.now()}
    is_parked = (OutboxRow.id == row_id) & OutboxRow.parked_at.is_not(None)
    if not session.execute(update(OutboxRow).where(is_parked).values(again).returning(OutboxRow.id)).all():
        raise TaskNotParked


def prune(session: Session) -> int:
    """Delete tasks that were done some days ago, a bounded number at a time."""
    old = select(OutboxRow.id).where(OutboxRow.done_at < clock.now() - KEPT).limit(PRUNE_BATCH)
    return len(session.execute(delete(OutboxRow).where(OutboxRow.id.in_(old)).returning(OutboxRow.id)).all())
