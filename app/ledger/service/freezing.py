"""Books that are wrong are frozen: one label's, at once, until an operator has seen them right and says why."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import activity, clock
from app.kernel.actor import Actor
from app.ledger.errors import BooksFrozen, BooksSound, BooksWrong, ReasonMissing
from app.ledger.models import LedgerFreeze
from app.ledger.service import auditing

LONGEST_REASON = 500
MOST_PROBLEMS = 20
"""What is kept of what is wrong: the first finding is enough to stop for."""


def frozen(session: Session) -> LedgerFreeze | None:
    """What holds the books, if they are frozen."""
    return session.scalars(select(LedgerFreeze).where(LedgerFreeze.lifted_at.is_(None))).one_or_none()


def require_sound(session: Session) -> None:
    """Refuse to move money while the books are frozen; `post` asks by itself, others before they begin."""
    if frozen(session) is not None:
        raise BooksFrozen


def freeze(session: Session, actor: Actor, problems: Sequence[str]) -> bool:
    """Freeze the books for what is wrong with them; whether they were not frozen before."""
    row = session.get(LedgerFreeze, 1, with_for_update=True)
    is_new = row is None or row.lifted_at is not None
    row = row or LedgerFreeze(id=1)
    kept = list(problems[:MOST_PROBLEMS])
    if is_new:
        row.freeze(kept, at=clock.now())
    row.problems = kept
    session.add(row)
    session.flush()
    if is_new:
        activity.record(session, actor, "ledger.frozen", after={"problems": kept})
    return is_new


def lift(session: Session, actor: Actor, *, reason: str) -> None:
    """Let money move again, once the books are right; `BooksWrong` where they are not."""
    reason = " ".join(reason.split())
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise ReasonMissing(fields={"reason": ReasonMissing.message})
    row = session.get(LedgerFreeze, 1, with_for_update=True)
    if row is None:
        raise BooksSound
    if wrong := auditing.problems(session):
        raise BooksWrong(problem=wrong[0])
    row.lift(by=actor.id, at=clock.now(), reason=reason)
    session.flush()
    activity.record(session, actor, "ledger.lifted", before={"problems": row.problems}, after={"reason": reason})
