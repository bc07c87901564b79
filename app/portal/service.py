"""What the portal's people did with their news, and what they can take back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.errors import NewsUnknown
from app.identity.models import NewsState
from app.identity.policies import Visitor
from app.identity.service import news
from app.kernel import clock
from app.kernel.activity import Activity
from app.kernel.activity.meanings import WayBack, meanings, undoable
from app.kernel.sentences import sentence
from app.portal import queries

UNDONE_WITHIN = timedelta(hours=1)


news_actions = news.actions
mark_news = news.mark_own


def bring_back(session: Session, visitor: Visitor, activity_id: UUID) -> None:
    """Put a piece of news that was put away into the inbox again."""
    state = session.get(NewsState, (visitor.member.id, activity_id))
    if state is None:
        raise NewsUnknown
    state.archived_at = None


def mark_all_read(session: Session, visitor: Visitor) -> int:
    """Mark everything in the visitor's inbox as read."""
    mine = _mine(session, visitor, NewsState.read_at.is_(None))
    news.mark(session, visitor, mine)
    return len(mine)


def _mine(session: Session, visitor: Visitor, which: Any) -> list[UUID]:
    found = news.news(visitor.member, news_actions(visitor)).where(which).with_only_columns(Activity.id)
    return list(session.scalars(found.limit(news.MARKED_AT_ONCE)))


def last_deed(session: Session, visitor: Visitor) -> tuple[str, WayBack] | None:
    """What the visitor did last that can be taken back, as a msgid, and the form that does it."""
    since = clock.now() - UNDONE_WITHIN
    deed = session.scalar(queries.last_undoable(visitor.member, undoable(), since=since))
    away = session.scalar(queries.last_put_away(visitor.member, since=since))
    if away is not None and away.archived_at is not None and (deed is None or away.archived_at > deed.at):
        return sentence("News was put away"), WayBack(f"/portal/inbox/{away.activity_id}/return")
    meaning = meanings().get(deed.action) if deed else None
    if deed is None or meaning is None or meaning.back is None:
        return None
    return meaning.sentence, meaning.back(deed)
