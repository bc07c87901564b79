"""What a query asks for, read by allow-list: a name that a resource does not offer is declined, never ignored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import FunctionType
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.api.rest.conventions.errors import ExpansionUnknown, FieldUnknown, SortUnknown
from app.api.rest.conventions.filters import Unusable
from app.kernel.web.paging import CursorUnusable, page_size, place
from app.kernel.web.strict import QueryUnusable

if TYPE_CHECKING:
    from app.api.rest.conventions.calls import Call
    from app.api.rest.conventions.resources import Resource

PAGING = ("limit", "after", "sort")
SHAPE = ("fields", "expand")


@dataclass(frozen=True, slots=True)
class Order:
    """By what rows are sorted; `is_own` for their ids alone."""

    by: Any
    backwards: bool
    is_own: bool

    def within(self, session: Session) -> Order:
        """The same, put together where it depends on what a label's books say now."""
        return replace(self, by=self.by(session)) if isinstance(self.by, FunctionType) else self


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to a resource; `listing` names list, filters and order, so that a cursor fits no other question."""

    fields: frozenset[str]
    expand: tuple[str, ...]
    limit: int = 1
    order: Order = field(default_factory=lambda: Order(None, backwards=False, is_own=True))
    after: list[Any] | None = None
    conditions: tuple[ColumnElement[bool], ...] = ()
    prepared: tuple[Callable[[Session], None], ...] = ()
    listing: str = ""


def asked_of(call: Call, resource: Resource, *, is_list: bool = True) -> Asked:
    """Read what a call asks of a resource."""
    known = {*SHAPE, *(PAGING if is_list else ()), *(resource.filters if is_list else ())}
    query = call.query
    for name in query:
        if name not in known:
            raise QueryUnusable(name=name[:40])
    fields = _fields(query, resource, is_list=is_list)
    expand = tuple(_words(query, "expand"))
    for name in expand:
        if name not in resource.expansions:
            raise ExpansionUnknown(name=name[:40])
    return _listed(call, resource, fields, expand) if is_list else Asked(fields, expand)


def _listed(call: Call, resource: Resource, fields: frozenset[str], expand: tuple[str, ...]) -> Asked:
    query = call.query
    values = {name: _only(query, name) for name in query if name in resource.filters}
    sort = _only(query, "sort") if "sort" in query else resource.usual_sort or resource.key
    # The address is part of it, too: of two lists of one kind, each has its own places.
    told = "&".join(f"{name}={value}" for name, value in sorted(values.items()))
    listing = f"{resource.name} {call.request.url.path} {sort} {told}"
    after = place(call.tenant, listing, _only(query, "after")) if "after" in query else None
    order = _order(resource, sort)
    if after is not None and len(after) != (1 if order.is_own else 2):
        raise CursorUnusable
    return Asked(
        fields,
        expand,
        limit=page_size(_only(query, "limit") if "limit" in query else None),
        order=order,
        after=after,
        conditions=tuple(_condition(resource, name, value) for name, value in values.items()),
        prepared=tuple(prepare for name in values if (prepare := resource.filters[name].prepare) is not None),
        listing=listing,
    )


def _condition(resource: Resource, name: str, value: str) -> ColumnElement[bool]:
    try:
        return resource.filters[name].apply(value)
    except Unusable:
        raise QueryUnusable(name=name) from None


def _fields(query: Mapping[str, list[str]], resource: Resource, *, is_list: bool) -> frozenset[str]:
    if "fields" not in query:
        return resource.usual if is_list else frozenset(resource.fields)
    wanted = _words(query, "fields")
    for name in wanted:
        if name not in resource.fields:
            raise FieldUnknown(name=name[:40])
    return frozenset(wanted)


def _order(resource: Resource, sort: str) -> Order:
    name, backwards = sort.removeprefix("-"), sort.startswith("-")
    if name not in resource.orders:
        raise SortUnknown(name=name[:40])
    return Order(resource.orders[name], backwards, name == resource.key)


def _only(query: Mapping[str, list[str]], name: str) -> str:
    if len(query[name]) != 1:
        raise QueryUnusable(name=name)
    return query[name][0]


def _words(query: Mapping[str, list[str]], name: str) -> list[str]:
    """Words between commas, or given again and again: programs spell lists in both ways."""
    said = [word for value in query.get(name, []) for word in value.split(",")]
    return list(dict.fromkeys(word for word in said if word))
