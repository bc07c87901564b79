"""What a query asks for, read by allow-list: a name that a resource does not offer is declined, never ignored."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from types import FunctionType
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.api.rest.conventions.calls import Call
from app.api.rest.conventions.errors import ExpansionUnknown, FieldUnknown, SortUnknown
from app.api.rest.conventions.filters import Filter, Unusable
from app.kernel.collation import reads
from app.kernel.web.paging import CursorUnusable, page_size, place
from app.kernel.web.strict import QueryUnusable

PAGING = ("limit", "after", "sort")
SHAPE = ("fields", "expand")


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be asked of a kind of row: its fields, those of them a list shows unasked, filters, orders, the key."""

    name: str
    fields: tuple[str, ...]
    usual: frozenset[str]
    expansions: Collection[str]
    filters: Mapping[str, Filter]
    orders: Mapping[str, Any]
    usual_order: str
    key: str


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


def asked_of(call: Call, offer: Offer, *, is_list: bool = True) -> Asked:
    """Read what a call asks of what is offered."""
    known = {*SHAPE, *(PAGING if is_list else ()), *(offer.filters if is_list else ())}
    query = call.query
    for name in query:
        if name not in known:
            raise QueryUnusable(name=name[:40])
    fields = _fields(query, offer, is_list=is_list)
    expand = tuple(_words(query, "expand"))
    for name in expand:
        if name not in offer.expansions:
            raise ExpansionUnknown(name=name[:40])
    return _listed(call, offer, fields, expand) if is_list else Asked(fields, expand)


def _listed(call: Call, offer: Offer, fields: frozenset[str], expand: tuple[str, ...]) -> Asked:
    query = call.query
    values = {name: _only(query, name) for name in query if name in offer.filters}
    sort = _only(query, "sort") if "sort" in query else offer.usual_order
    order = _order(offer, sort)
    # The address is part of it, too: of two lists of one kind, each has its own places. So is the reader's language, by
    # which names lie.
    told = "&".join(f"{name}={value}" for name, value in sorted(values.items()))
    listing = f"{offer.name} {call.request.url.path} {sort} {'' if order.is_own else reads()} {told}"
    after = place(call.tenant, listing, _only(query, "after")) if "after" in query else None
    if after is not None and len(after) != (1 if order.is_own else 2):
        raise CursorUnusable
    return Asked(
        fields,
        expand,
        limit=page_size(_only(query, "limit") if "limit" in query else None),
        order=order,
        after=after,
        conditions=tuple(_condition(offer, name, value) for name, value in values.items()),
        prepared=tuple(prepare for name in values if (prepare := offer.filters[name].prepare) is not None),
        listing=listing,
    )


def _condition(offer: Offer, name: str, value: str) -> ColumnElement[bool]:
    try:
        return offer.filters[name].apply(value)
    except Unusable:
        raise QueryUnusable(name=name) from None


def _fields(query: Mapping[str, list[str]], offer: Offer, *, is_list: bool) -> frozenset[str]:
    if "fields" not in query:
        return offer.usual if is_list else frozenset(offer.fields)
    wanted = _words(query, "fields")
    for name in wanted:
        if name not in offer.fields:
            raise FieldUnknown(name=name[:40])
    return frozenset(wanted)


def _order(offer: Offer, sort: str) -> Order:
    name, backwards = sort.removeprefix("-"), sort.startswith("-")
    if name not in offer.orders:
        raise SortUnknown(name=name[:40])
    return Order(offer.orders[name], backwards, name == offer.key)


def _only(query: Mapping[str, list[str]], name: str) -> str:
    if len(query[name]) != 1:
        raise QueryUnusable(name=name)
    return query[name][0]


def _words(query: Mapping[str, list[str]], name: str) -> list[str]:
    """Words between commas, or given again and again: programs spell lists in both ways."""
    said = [word for value in query.get(name, []) for word in value.split(",")]
    return list(dict.fromkeys(word for word in said if word))
