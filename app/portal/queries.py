"""Lists of the portal: news, the activity log, what the palette finds."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from app.identity.models import PROGRAM, Member, NewsState
from app.identity.policies import Visitor, may_list_file
from app.identity.service.news import may_see, news
from app.kernel.activity import Activity
from app.kernel.collation import as_sorted
from app.kernel.files import StoredFile
from app.portal.rules import ActivityFilter
from app.roster.queries.search import called


def count_unread(session: Session, visitor: Visitor, *, most: int = 99) -> int:
    """How many pieces of news a visitor has not read, counted up to `most`."""
    unread = news(visitor).where(NewsState.read_at.is_(None)).with_only_columns(Activity.id)
    unread = unread.order_by(None).limit(most)  # in order it would look through all that is no news
    return session.scalar(select(func.count()).select_from(unread.subquery())) or 0


def log(
    visitor: Visitor, chosen: ActivityFilter, zone: str, *, after: tuple[datetime, UUID] | None, limit: int
) -> Select[Activity]:
    """What a visitor sees of the activity log under a filter, newest first, from after a place."""
    query = select(Activity).where(may_see(visitor)).order_by(Activity.at.desc(), Activity.id.desc()).limit(limit)
    since, until = chosen.moments(zone)
    if chosen.actions:
        query = query.where(Activity.action.in_(chosen.actions))
    if chosen.actor:
        query = query.where(Activity.actor_id == chosen.actor)
    if since:
        query = query.where(Activity.at >= since)
    if until:
        query = query.where(Activity.at < until)
    if after is not None:
        query = query.where(tuple_(Activity.at, Activity.id) < tuple_(*after))
    return query


def last_undoable(member: Member, actions: list[str], *, since: datetime) -> Select[Activity]:
    """What a member did last that can be taken back: nothing has happened to the same row after it."""
    later = aliased(Activity)
    is_last = ~exists().where(later.subject_id == Activity.subject_id, later.seq > Activity.seq)
    return (
        select(Activity)
        .where(Activity.actor_id == member.id, Activity.action.in_(actions), Activity.at >= since, is_last)
        .order_by(Activity.seq.desc())
        .limit(1)
    )


def last_put_away(member: Member, *, since: datetime) -> Select[NewsState]:
    """The piece of news that a member put away last."""
    mine = (NewsState.member_id == member.id) & (NewsState.archived_at >= since)
    return select(NewsState).where(mine).order_by(NewsState.archived_at.desc()).limit(1)


def members_named(text: str) -> Select[Member]:
    """People whose name or address holds a text."""
    like = f"%{_literal(text)}%"
    named = select(Member).where(or_(Member.name.ilike(like), Member.email.ilike(like)), Member.kind != PROGRAM)
    return named.order_by(as_sorted(Member.name), Member.id)


def stored_files(
    visitor: Visitor, text: str = "", *, removed: bool = False, sort: str = "-added"
) -> Select[StoredFile]:
    """Files called as somebody types, those that are there or those that were removed, by one of `FILE_SORTS`."""
    columns: dict[str, Any] = {
        "name": func.lower(StoredFile.name),
        "size": StoredFile.size,
        "added": StoredFile.created_at,
    }
    column, tie = columns[sort.removeprefix("-")], StoredFile.id
    order = (column.desc(), tie.desc()) if sort.startswith("-") else (column, tie)
    query = select(StoredFile).where(may_list_file(visitor)).order_by(*order)
    query = query.where(StoredFile.removed_at.is_not(None) if removed else StoredFile.removed_at.is_(None))
    return query.where(called(StoredFile.name, text)) if text else query


def people(session: Session) -> list[Any]:
    """Id and name of everybody who works here, for choosing."""
    return list(session.execute(select(Member.id, Member.name).order_by(as_sorted(Member.name), Member.id)).all())


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
