"""Resources: how rows become answers. One query for a page, one more for each part or kind that is expanded in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, literal, select, tuple_
from sqlalchemy.orm import Session

from app.api.rest.conventions.asked import Asked, Offer, Order, asked_of
from app.api.rest.conventions.calls import Answer, Call
from app.api.rest.conventions.filters import Filter
from app.api.rest.conventions.schemas import View
from app.identity.policies import Visitor
from app.kernel.web.paging import cursor

Row = dict[str, Any]
MOST_SELECTS = 200
Read = Callable[[Session, Visitor, Sequence[UUID]], Mapping[UUID, Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """A field that is read for a whole page at once; `empty` is what rows have of which nothing was found."""

    read: Read
    empty: Any = None


@dataclass(frozen=True, slots=True)
class Expansion:
    """Another resource that is shown in place: the one whose id stands in the field `by`, as far as it is seen."""

    to: Callable[[], Resource]
    by: str


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A kind of row as the API shows it.

    A sort is an expression, or a function that makes one of what the session knows at that moment.
    `columns` are expressions of those fields of the view that are no column of the model; `hidden` fields are shown on
    their own page and where they are asked for. `visible` says which rows a visitor sees: lists and expansions obey it.
    """

    name: str
    view: type[View]
    model: Any
    visible: Callable[[Visitor], ColumnElement[bool]]
    columns: Mapping[str, Any] = field(default_factory=dict)
    parts: Mapping[str, Part] = field(default_factory=dict)
    expansions: Mapping[str, Expansion] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    sorts: Mapping[str, Any] = field(default_factory=dict)
    usual_sort: str = ""
    hidden: frozenset[str] = frozenset()
    version: str | None = "version"
    key: str = "id"
    join: Callable[[Select[Any]], Select[Any]] | None = None

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Every field that may be asked for."""
        return tuple(name for name in self.view.__struct_fields__ if name not in self.expansions)

    @cached_property
    def usual(self) -> frozenset[str]:
        """The fields that a list shows unless it is asked for others."""
        return frozenset(self.fields) - self.hidden

    @cached_property
    def orders(self) -> dict[str, Any]:
        """Every order of a list; the key's is the order in which rows were made."""
        return {self.key: self.own_key, **self.sorts}

    @cached_property
    def offer(self) -> Offer:
        """What may be asked of these rows."""
        return Offer(
            name=self.name,
            fields=self.fields,
            usual=self.usual,
            expansions=self.expansions.keys(),
            filters=self.filters,
            orders=self.orders,
            usual_order=self.usual_sort or self.key,
            key=self.key,
        )

    @cached_property
    def own_key(self) -> Any:
        """The column of the key."""
        return getattr(self.model, self.key)

    @cached_property
    def _expressions(self) -> dict[str, Any]:
        own = {name: getattr(self.model, name) for name in self.fields if hasattr(self.model, name)}
        return own | dict(self.columns)

    @cached_property
    def _selects(self) -> dict[frozenset[str], Select[Any]]:
        """The statements for fields that were asked for lately: putting one together takes as long as it runs."""
        return {}

    def _select(self, wanted: Collection[str]) -> Select[Any]:
        needed = frozenset({self.key, *wanted, *((self.version,) if self.version else ())})
        found = self._selects.get(needed)
        if found is None:
            if len(self._selects) >= MOST_SELECTS:
                self._selects.clear()
            found = self._selects[needed] = self._selected(needed)
        return found

    def _selected(self, needed: frozenset[str]) -> Select[Any]:
        columns = [self._expression(name).label(name) for name in sorted(needed - self.parts.keys())]
        query: Select[Any] = select(*columns).select_from(self.model)
        return self.join(query) if self.join else query

    def _expression(self, name: str) -> Any:
        return self._expressions.get(name) if name in self._expressions else getattr(self.model, name)

    def page(self, call: Call, session: Session, *where: ColumnElement[bool], seen: bool = False) -> Answer:
        """A page of the rows that the visitor sees, under the filters and in the order that were asked for.

        `seen` says that the conditions themselves leave only what the visitor sees, as behind a door.
        """
        asked = asked_of(call, self.offer)
        for prepare in asked.prepared:
            prepare(session)
        needed = asked.fields | {self.expansions[name].by for name in asked.expand}
        query = self._select(needed).where(*where, *asked.conditions)
        query = query if seen else query.where(self.visible(call.visitor))
        query = _ordered(query, asked.order.within(session), self.own_key, asked.after).limit(asked.limit + 1)
        result = session.execute(query)
        names = tuple(result.keys())
        found = [dict(zip(names, row, strict=True)) for row in result]
        rows = found[: asked.limit]
        following = None
        if len(found) > asked.limit:
            last = rows[-1]
            own = _plain(last[self.key])
            place = [own] if asked.order.is_own else [_plain(last["_place"]), own]
            following = cursor(call.tenant, asked.listing, place)
        self._complete(session, call.visitor, rows, asked.fields, asked.expand)
        headers = {"link": _link(call, following)} if following else {}
        return Answer({"items": rows, "next": following}, headers=headers)

    def one(self, call: Call, session: Session, row_id: UUID, *, status: int = 200, at: str | None = None) -> Answer:
        """One row whose door was opened, with its version as the ETag; `at` is where a new one is found."""
        asked = asked_of(call, self.offer, is_list=False)
        needed = asked.fields | {self.expansions[name].by for name in asked.expand}
        row = dict(session.execute(self._select(needed).where(self.own_key == row_id)).mappings().one())
        version = (self.name, row_id, row[self.version]) if self.version else None
        self._complete(session, call.visitor, [row], asked.fields, asked.expand)
        return Answer(row, status=status, version=version, location=at)

    def require_unchanged(self, call: Call, row: Any) -> None:
        """Refuse a change of a row that was decided on another state of it."""
        call.require_unchanged(self.name, row.id, getattr(row, self.version or "version"))

    def shown(self, session: Session, visitor: Visitor, row_ids: Iterable[UUID]) -> dict[UUID, Row]:
        """Rows by id with their usual fields, as far as a visitor sees them."""
        wanted = set(row_ids)
        if not wanted:
            return {}
        query = self._select(self.usual).where(self.own_key.in_(wanted), self.visible(visitor))
        rows = [dict(row) for row in session.execute(query).mappings()]
        self._complete(session, visitor, rows, self.usual, ())
        return {row[self.key]: row for row in rows}

    def _complete(
        self, session: Session, visitor: Visitor, rows: list[Row], fields: frozenset[str], expand: Sequence[str]
    ) -> None:
        """Add parts and expansions to rows, and take away what was only needed for them."""
        by = {self.expansions[name].by for name in expand}
        row_ids = [row[self.key] for row in rows]
        for name, part in self.parts.items():
            if rows and name in fields | by:
                found = part.read(session, visitor, row_ids)
                for row in rows:
                    row[name] = found.get(row[self.key], part.empty)
        for name in expand:
            self._expand(session, visitor, rows, name)
        needless = {name for row in rows[:1] for name in row} - fields - set(expand) - {self.key}
        for row in rows:
            for name in needless:
                del row[name]

    def _expand(self, session: Session, visitor: Visitor, rows: list[Row], name: str) -> None:
        expansion = self.expansions[name]
        ids = [row[expansion.by] for row in rows]
        several = any(isinstance(value, list) for value in ids)
        flat = [one for value in ids for one in value] if several else [value for value in ids if value]
        found = expansion.to().shown(session, visitor, flat)
        for row, value in zip(rows, ids, strict=True):
            row[name] = [found[one] for one in value if one in found] if several else found.get(value)


def _ordered(query: Select[Any], order: Order, row_id: Any, after: list[Any] | None) -> Select[Any]:
    """The rows from after a place, in an order that has no ties."""
    if order.is_own:
        if after is not None:
            last = _known(row_id, after[0])
            query = query.where(row_id < last if order.backwards else row_id > last)
        return query.order_by(row_id.desc() if order.backwards else row_id)
    value = order.by
    query = query.add_columns(value.label("_place"))
    if after is not None:
        here, there = tuple_(value, row_id), tuple_(literal(after[0], value.type), literal(_known(row_id, after[1])))
        query = query.where(here < there if order.backwards else here > there)
    return query.order_by(*((value.desc(), row_id.desc()) if order.backwards else (value, row_id)))


def _known(column: Any, value: Any) -> Any:
    """A key as it stands in a cursor, as the column has it."""
    return UUID(value) if column.type.python_type is UUID else value


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)


def _link(call: Call, following: str) -> str:
    """Where the next page is (RFC 8288)."""
    kept = [(name, value) for name, values in call.query.items() if name != "after" for value in values]
    return f'<{call.request.url.path}?{urlencode([*kept, ("after", following)])}>; rel="next"'


__all__ = ["Asked", "Expansion", "Part", "Resource"]
