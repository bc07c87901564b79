"""How a list may be narrowed: each filter says what it takes, and becomes a condition; nothing else is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.kernel.ids import parse_uuid
from app.roster.queries.search import forgive, matches

LONGEST = 200


class Unusable(ValueError):
    """A filter does not take this value."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: what it takes (a JSON schema), what it says about it, and the condition a value becomes."""

    schema: dict[str, Any]
    about: str
    apply: Callable[[str], ColumnElement[bool]]
    prepare: Callable[[Session], None] | None = field(default=None)


def choice(column: Any, values: Iterable[str], about: str) -> Filter:
    """One of the values offered."""
    return chosen(dict.fromkeys(values), about, lambda value: column == value)


def chosen(values: Iterable[str], about: str, apply: Callable[[str], ColumnElement[bool]]) -> Filter:
    """One of the values offered, with a condition of its own."""
    offered = list(values)

    def condition(value: str) -> ColumnElement[bool]:
        if value not in offered:
            raise Unusable
        return apply(value)

    return Filter({"type": "string", "enum": offered}, about, condition)


def text(column: Any, about: str, example: str = "") -> Filter:
    """Exactly this text."""
    schema: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": LONGEST}
    if example:
        schema["examples"] = [example]
    return Filter(schema, about, lambda value: column == _short(value))


def ident(column: Any, about: str) -> Filter:
    """The row of this id."""
    return of_id(about, lambda value: column == value)


def of_id(about: str, apply: Callable[[UUID], ColumnElement[bool]]) -> Filter:
    """An id, with a condition of its own."""

    def condition(value: str) -> ColumnElement[bool]:
        known = parse_uuid(value)
        if known is None:
            raise Unusable
        return apply(known)

    return Filter({"type": "string", "format": "uuid"}, about, condition)


def flag(condition: ColumnElement[bool], about: str) -> Filter:
    """Whether something is so."""

    def applied(value: str) -> ColumnElement[bool]:
        if value not in ("true", "false"):
            raise Unusable
        return condition if value == "true" else ~condition

    return Filter({"type": "boolean"}, about, applied)


def since(column: Any, about: str) -> Filter:
    """From this moment on."""
    return Filter(_MOMENT, about, lambda value: column >= _moment(value))


def until(column: Any, about: str) -> Filter:
    """Before this moment."""
    return Filter(_MOMENT, about, lambda value: column < _moment(value))


def from_day(column: Any, about: str) -> Filter:
    """On this day or later."""
    return Filter(_DAY, about, lambda value: column >= _day(value))


def to_day(column: Any, about: str) -> Filter:
    """On this day or earlier."""
    return Filter(_DAY, about, lambda value: column <= _day(value))


def search(
    apply: Callable[[str], ColumnElement[bool]], about: str, prepare: Callable[[Session], None] | None = None
) -> Filter:
    """What people type to find something."""
    schema = {"type": "string", "minLength": 1, "maxLength": LONGEST, "examples": ["night"]}
    return Filter(schema, about, lambda value: apply(_short(value)), prepare)


def named(folded: Any, about: str) -> Filter:
    """Part of a name that stands folded in a column, as people type it: without accents, with a slip of the finger."""
    return search(lambda wanted: matches(folded, wanted), about, forgive)


_MOMENT = {"type": "string", "format": "date-time", "examples": ["2026-11-01T00:00:00Z"]}
_DAY = {"type": "string", "format": "date", "examples": ["2026-11-01"]}


def _short(value: str) -> str:
    if not 1 <= len(value) <= LONGEST:
        raise Unusable
    return value


def _moment(value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise Unusable from None
    if found.tzinfo is None:
        raise Unusable
    return found


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Unusable from None
