"""What waits, what is late, what is parked; and giving a parked task another chance."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.errors import NotFound
from app.kernel.jobs.outbox import OutboxRow, ask

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


@dataclass(frozen=True, slots=True)
class Troubled:
    """A task of a label that did not work: parked for good, or waiting to be tried again."""

    id: UUID
    task: str
    args: dict[str, Any]
    is_parked: bool


def parked(session: Session, *, limit: int = 200) -> list[OutboxRow]:
    """The tasks that nobody will run again unasked, newest first."""
    is_parked = OutboxRow.parked_at.is_not(None) & OutboxRow.done_at.is_(None)
    query = select(OutboxRow).where(is_parked).order_by(OutboxRow.parked_at.desc())
    return list(session.scalars(query.limit(limit)))


def troubled(session: Session, names: Collection[str]) -> list[Troubled]:
    """This label's tasks of these names that failed at least once and are not done."""
    is_open = (OutboxRow.label == session.info["tenant"].id) & OutboxRow.done_at.is_(None)
    query = select(OutboxRow.id, OutboxRow.task, OutboxRow.args, OutboxRow.parked_at.is_not(None))
    failed = OutboxRow.problem.is_not(None) | OutboxRow.parked_at.is_not(None)
    return [Troubled(*row) for row in session.execute(query.where(is_open, OutboxRow.task.in_(names), failed))]


def ask_again(session: Session, given_up: Troubled) -> None:
    """Ask anew, as this label, for what a parked task was to do, and close that one; asked twice it is asked once."""
    closed = update(OutboxRow).where(OutboxRow.id == given_up.id, OutboxRow.done_at.is_(None))
    session.execute(closed.values(done_at=clock.now()))
    ask(session, given_up.task, given_up.args, key=f"again:{given_up.id}")


def retry(session: Session, row_id: UUID) -> None:
    """Give a parked task its attempts back and let it run now."""
    again = {"parked_at": None, "attempts": 0, "lease_until": None, "run_at": clock.now()}
    is_parked = (OutboxRow.id == row_id) & OutboxRow.parked_at.is_not(None) & OutboxRow.done_at.is_(None)
    if not session.execute(update(OutboxRow).where(is_parked).values(again).returning(OutboxRow.id)).all():
        raise TaskNotParked


def prune(session: Session) -> int:
    """Delete tasks that were done some days ago, a bounded number at a time."""
    old = select(OutboxRow.id).where(OutboxRow.done_at < clock.now() - KEPT).limit(PRUNE_BATCH)
    return len(session.execute(delete(OutboxRow).where(OutboxRow.id.in_(old)).returning(OutboxRow.id)).all())
