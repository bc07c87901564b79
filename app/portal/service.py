"""What the portal's people did with their news, and what they can take back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.kernel import clock
from app.kernel.activity import Activity
from app.kernel.activity.meanings import WayBack, meanings, news_for, undoable
from app.kernel.sentences import sentence
from app.portal import queries
from app.portal.errors import NewsUnknown
from app.portal.models import NewsState

UNDONE_WITHIN = timedelta(hours=1)
MARKED_AT_ONCE = 500


def news_actions(visitor: Visitor) -> list[str]:
    """The actions that are news for a visitor."""
    return news_for(frozenset(visitor.permissions))


def mark_news(session: Session, visitor: Visitor, wanted: list[UUID], *, archive: bool) -> int:
    """Mark news of the visitor as read, or put it away; what is not theirs is not found."""
    mine = _mine(session, visitor, Activity.id.in_(wanted))
    if not mine:
        raise NewsUnknown
    _write_states(session, visitor, mine, archive=archive)
    return len(mine)


def bring_back(session: Session, visitor: Visitor, activity_id: UUID) -> None:
    """Put a piece of news that was put away into the inbox again."""
    state = session.get(NewsState, (visitor.member.id, activity_id))
    if state is None:
        raise NewsUnknown
    state.archived_at = None


def mark_all_read(session: Session, visitor: Visitor) -> int:
    """Mark everything in the visitor's inbox as read."""
    mine = _mine(session, visitor, NewsState.read_at.is_(None))
    if mine:
        _write_states(session, visitor, mine, archive=False)
    return len(mine)


def _mine(session: Session, visitor: Visitor, which: Any) -> list[UUID]:
    found = queries.news(visitor.member, news_actions(visitor)).where(which).with_only_columns(Activity.id)
    return list(session.scalars(found.limit(MARKED_AT_ONCE)))


def _write_states(session: Session, visitor: Visitor, activity_ids: list[UUID], *, archive: bool) -> None:
    now = clock.now()
    values: dict[str, Any] = {"read_at": now} | ({"archived_at": now} if archive else {})
    rows = [{"member_id": visitor.member.id, "activity_id": activity_id, **values} for activity_id in activity_ids]
    statement = insert(NewsState).values(rows)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["member_id", "activity_id"], set_={name: statement.excluded[name] for name in values}
        )
    )


def last_deed(session: Session, visitor: Visitor) -> tuple[str, WayBack] | None:
    """What the visitor did last that can be taken back, as a msgid, and the form that does it."""
    since = clock.now() - UNDONE_WITHIN
    deed = session.scalar(queries.last_undoable(visitor.member, undoable(), since=since))
    news = session.scalar(queries.last_put_away(visitor.member, since=since))
    if news is not None and news.archived_at is not None and (deed is None or news.archived_at > deed.at):
        return sentence("News was put away"), WayBack(f"/portal/inbox/{news.activity_id}/return")
    meaning = meanings().get(deed.action) if deed else None
    if deed is None or meaning is None or meaning.back is None:
        return None
    return meaning.sentence, meaning.back(deed)
