"""The roster dashboard: every artist in one statement, with what each column's slice knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Executable, Subquery, Text, cast, func, null, select, true
from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.kernel.collation import as_sorted
from app.lists.rules import Asked
from app.roster.models import Artist
from app.roster.policies import may_see_artist
from app.roster.queries.columns import COLUMNS, Column, readings
from app.roster.queries.search import matches

SOON = timedelta(days=30)
BY_NAME = as_sorted(Artist.sort_name)
OWN_SORTS: dict[str, Any] = {"name": BY_NAME, "status": Artist.status}


def roster(visitor: Visitor, asked: Asked, today: date) -> Executable:
    """One row an artist: id, name, kind, status, the day they leave, version; then value and note of each column."""
    read = {key: reading(visitor, today) for key, reading in readings().items()}
    columns = [part for column in COLUMNS if column.key in read for part in _parts(column, read[column.key])]
    query = select(
        cast(Artist.id, Text), Artist.name, Artist.kind, Artist.status, Artist.leaves_on, Artist.version, *columns
    ).where(may_see_artist(visitor), *_chosen(asked, read, today))
    listed: Executable = _joined(query, read).order_by(*_order(asked.sort, read))
    return listed


def _parts(column: Column, read: Subquery) -> tuple[Any, Any]:
    """Value and note of a column; what is counted and not there is none."""
    return func.coalesce(read.c.value, 0) if column.shown == "count" else read.c.value, read.c.note


def _joined(query: Any, read: dict[str, Subquery]) -> Any:
    for model in read.values():
        query = query.outerjoin(model, model.c.artist_id == Artist.id)
    return query


def _chosen(asked: Asked, read: dict[str, Subquery], today: date) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = []
    if asked.get("q"):
        chosen.append(matches(Artist.folded, asked.get("q")))
    if asked.get("status"):
        chosen.append(Artist.status == asked.get("status"))
    if asked.get("kind"):
        chosen.append(Artist.kind == asked.get("kind"))
    if asked.get("tasks"):
        chosen.append(needs_attention(read))
    if asked.get("next"):
        chosen.append(releases_soon(read, today))
    return chosen


def needs_attention(read: dict[str, Subquery]) -> ColumnElement[bool]:
    """Whether something waits to be done for an artist."""
    return read["tasks"].c.value > 0 if "tasks" in read else null().is_not(None)


def is_unchecked(read: dict[str, Subquery]) -> ColumnElement[bool]:
    """Whether nobody knows yet all that waits to be done for an artist."""
    return read["tasks"].c.note.is_not(None) if "tasks" in read else null().is_not(None)


def releases_soon(read: dict[str, Subquery], today: date) -> ColumnElement[bool]:
    """Whether an artist's next release comes within thirty days."""
    return read["next"].c.value <= (today + SOON).isoformat() if "next" in read else null().is_not(None)


def _order(sort: str, read: dict[str, Subquery]) -> list[Any]:
    name, backwards = sort.lstrip("-"), sort.startswith("-")
    value = OWN_SORTS.get(name) if name in OWN_SORTS else (read[name].c.value if name in read else None)
    first = [] if value is None else [(value.desc() if backwards else value.asc()).nulls_last()]
    return [*first, BY_NAME, Artist.id]


def counts(session: Session, visitor: Visitor, today: date) -> dict[str, int]:
    """How many artists each of the ready views shows."""
    read = {key: reading(visitor, today) for key, reading in readings().items() if key in ("tasks", "next")}
    views = {
        "all": true(),
        "tasks": needs_attention(read),
        "next": releases_soon(read, today),
        "paused": Artist.status == "paused",
        "left": Artist.status == "left",
        "unchecked": is_unchecked(read),
    }
    counted = [func.count().filter(view).label(name) for name, view in views.items()]
    query = _joined(select(*counted).select_from(Artist), read).where(may_see_artist(visitor))
    return dict(session.execute(query).mappings().one())


def counted(rows: Sequence[Any], today: date) -> dict[str, int]:
    """The same for rows that nothing was filtered from, without asking again."""
    place = {key: 6 + 2 * number for number, key in enumerate(readings())}
    tasks, following = place.get("tasks"), place.get("next")
    until = (today + SOON).isoformat()
    return {
        "all": len(rows),
        "tasks": sum(1 for row in rows if tasks and row[tasks]),
        "next": sum(1 for row in rows if following and row[following] and row[following] <= until),
        "paused": sum(1 for row in rows if row[3] == "paused"),
        "left": sum(1 for row in rows if row[3] == "left"),
        "unchecked": sum(1 for row in rows if row[place["tasks"] + 1]),
    }
