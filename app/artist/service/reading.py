"""News of the artists' app: read one, read all."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.artist.errors import NewsUnknown
from app.artist.policies import ANSWERED
from app.artist.queries import news as queries
from app.identity.models import NewsState
from app.identity.policies import Visitor
from app.identity.service import news
from app.kernel.activity import Activity

MARKED_AT_ONCE = 500


def read(session: Session, visitor: Visitor, activity_id: UUID | None, *, mark: bool) -> Activity:
    """A piece of the visitor's news, from now on read where `mark` says so; what is not theirs is not found."""
    found = session.execute(queries.news(visitor).where(Activity.id == activity_id)).one_or_none()
    if found is None:
        raise NewsUnknown
    row, state = found
    if mark and (state is None or state.read_at is None):
        news.mark(session, visitor, [row.id])
    return row


def mark_all_read(session: Session, visitor: Visitor) -> int:
    """Mark all of the visitor's news as read."""
    return _mark(session, visitor, NewsState.read_at.is_(None))


def mark_answer_read(session: Session, visitor: Visitor, statement_id: UUID, number: int) -> None:
    """Whoever opens the line that they asked about has read the answer."""
    about = (Activity.subject_id == statement_id) & (Activity.after["line"].astext == str(number))
    _mark(session, visitor, Activity.action.in_(ANSWERED) & about & NewsState.read_at.is_(None))


def _mark(session: Session, visitor: Visitor, which: object) -> int:
    query = queries.news(visitor).where(which).with_only_columns(Activity.id)  # type: ignore[arg-type]
    found = list(session.scalars(query.limit(MARKED_AT_ONCE)))
    news.mark(session, visitor, found)
    return len(found)
