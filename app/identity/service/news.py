"""What is news to a member, and what they did with it: the same in the portal, in the artists' app, over the API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, exists, false, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from app.identity.errors import NewsUnknown
from app.identity.models import NewsState
from app.identity.policies import Visitor
from app.identity.rules.subjects import unseen_with
from app.kernel import clock
from app.kernel.activity import Activity
from app.kernel.activity.meanings import news_for, news_for_one
from app.kernel.activity.subjects import subjects

MARKED_AT_ONCE = 500
ARRIVALS = ("member.added", "member.joined")
"""What is news to everybody but whoever arrived."""


def may_see(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of activity a visitor sees in the log: what they did, and what happened to things that they may see.

    It is told of the whole label; somebody narrowed to a part of it sees what they did themselves.
    """
    own: ColumnElement[bool] = Activity.actor_id == visitor.member.id
    if not visitor.scope.is_whole:
        return own
    unseen = unseen_with(visitor.permissions)
    about = func.coalesce(Activity.subject_type, "")
    return or_(own, about != func.all(literal(sorted(unseen), ARRAY(Text)))) if unseen else true()


def hears(visitor: Visitor) -> Callable[[Activity], bool]:
    """The same, of a row that is at hand: what a page is told while it is open."""
    unseen = unseen_with(visitor.permissions)

    def may_hear(row: Activity) -> bool:
        is_seen = visitor.scope.is_whole and (row.subject_type or "") not in unseen
        return is_seen or row.actor_id == visitor.member.id

    return may_hear


def within_reach(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of activity happened to something that a visitor sees, for whom that is a part of the label alone."""
    if visitor.scope.is_whole:
        return true()
    seen = [
        (Activity.subject_type == kind) & exists().where(each.key == Activity.subject_id, each.seen(visitor))
        for kind, each in subjects.items()
    ]
    return or_(false(), *seen)


def about(session: Session, visitor: Visitor, rows: Sequence[Activity]) -> dict[UUID, tuple[str, str]]:
    """What the subjects of some activity are called and where they are shown, for those that a visitor sees."""
    found: dict[UUID, tuple[str, str]] = {}
    for kind, each in subjects.items():
        wanted = {row.subject_id for row in rows if row.subject_type == kind}
        if not wanted:
            continue
        name = literal("") if each.name is None else each.name
        query = select(each.key, name).where(each.key.in_(wanted), each.seen(visitor))
        href = each.href if visitor.scope.is_whole or each.narrowed is None else each.narrowed
        found |= {key: (_spelled(called), href.format(key)) for key, called in session.execute(query)}
    return found


def _spelled(name: str | int) -> str:
    return f"#{name}" if isinstance(name, int) else name


def news(visitor: Visitor) -> Select[Activity, NewsState]:
    """What others did that a visitor should hear of, newest first, with what they did with it."""
    member = visitor.member
    state = (NewsState.activity_id == Activity.id) & (NewsState.member_id == member.id)
    own_arrival = Activity.action.in_(ARRIVALS) & (Activity.subject_id == member.id)
    return (
        select(Activity, NewsState)
        .outerjoin(NewsState, state)
        .where(
            or_(
                among(actions(visitor)) & within_reach(visitor),
                among(news_for_one()) & (Activity.after["for"].astext == str(member.id)),
            ),
            Activity.at >= member.created_at,
            or_(Activity.actor_id.is_(None), Activity.actor_id != member.id),
            func.coalesce(own_arrival, False).is_(False),
            NewsState.archived_at.is_(None),
        )
        .order_by(Activity.at.desc(), Activity.id.desc())
    )


def among(actions: list[str]) -> ColumnElement[bool]:
    """Whether it was one of many actions, sent as one array: written out, a hundred of them are read anew each time."""
    is_one: ColumnElement[bool] = Activity.action == func.any(literal(actions, ARRAY(Text)))
    return is_one


def actions(visitor: Visitor) -> list[str]:
    """The actions that are news for a visitor."""
    return news_for(frozenset(visitor.permissions))


def mark_own(session: Session, visitor: Visitor, wanted: list[UUID], *, archive: bool) -> int:
    """Mark news of the visitor as read, or put it away; what is not theirs is not found."""
    found = news(visitor).where(Activity.id.in_(wanted)).with_only_columns(Activity.id)
    mine = list(session.scalars(found.limit(MARKED_AT_ONCE)))
    if not mine:
        raise NewsUnknown
    mark(session, visitor, mine, archive=archive)
    return len(mine)


def mark(session: Session, visitor: Visitor, activity_ids: Sequence[UUID], *, archive: bool = False) -> None:
    """Note that a visitor read these pieces of news, or put them away; that they are theirs, the caller knows."""
    if not activity_ids:
        return
    now = clock.now()
    values: dict[str, Any] = {"read_at": now} | ({"archived_at": now} if archive else {})
    rows = [{"member_id": visitor.member.id, "activity_id": activity_id, **values} for activity_id in activity_ids]
    statement = insert(NewsState).values(rows)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["member_id", "activity_id"], set_={name: statement.excluded[name] for name in values}
        )
    )


def mark_all_read(session: Session, visitor: Visitor) -> int:
    """Mark everything that a visitor has not read as read, as far as it goes at once."""
    unread = news(visitor).where(NewsState.read_at.is_(None)).with_only_columns(Activity.id)
    mine = list(session.scalars(unread.limit(MARKED_AT_ONCE)))
    mark(session, visitor, mine)
    return len(mine)


def bring_back(session: Session, visitor: Visitor, activity_id: UUID | None) -> None:
    """Let a piece of news that was put away be among a visitor's news again."""
    state = session.get(NewsState, (visitor.member.id, activity_id)) if activity_id else None
    if state is None:
        raise NewsUnknown
    state.archived_at = None
