"""What the portal's people keep: news they have read, views they saved."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.kernel import activity, clock, ids
from app.kernel.activity import Activity
from app.kernel.activity.meanings import news_for
from app.portal import queries
from app.portal.errors import NewsUnknown, TooManyViews, ViewUnknown, ViewUnnamed
from app.portal.models import NewsState, SavedView

MOST_VIEWS = 30
LONGEST_NAME = 60
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


def save_view(session: Session, visitor: Visitor, *, listing: str, name: str, query: str, is_shared: bool) -> SavedView:
    """Keep a list as it is shown under a name, for oneself or for everybody."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise ViewUnnamed(fields={"name": ViewUnnamed.message})
    mine = (SavedView.member_id == visitor.member.id) & (SavedView.listing == listing)
    if (session.scalar(select(func.count()).where(mine)) or 0) >= MOST_VIEWS:
        raise TooManyViews(most=MOST_VIEWS)
    view = SavedView(
        id=ids.new_id(), listing=listing, member_id=visitor.member.id, name=name, query=query, is_shared=is_shared
    )
    session.add(view)
    session.flush()
    after = {"name": name, "listing": listing, "shared": is_shared}
    activity.record(session, visitor.actor, "view.saved", subject_type="saved_view", subject_id=view.id, after=after)
    return view


def remove_view(session: Session, visitor: Visitor, view_id: UUID) -> SavedView:
    """Remove one of the visitor's own views; another's, even a shared one, is not found."""
    view = session.get(SavedView, view_id)
    if view is None or view.member_id != visitor.member.id:
        raise ViewUnknown
    before = {"name": view.name, "listing": view.listing, "query": view.query}
    session.delete(view)
    activity.record(
        session, visitor.actor, "view.removed", subject_type="saved_view", subject_id=view_id, before=before
    )
    return view
