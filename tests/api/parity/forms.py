"""What a form of the portal sends, beside what the operations that do the same take.

A field and what an operation takes (in the body, in the address, behind it, or in a header) are the same where they are
called the same but for what REST says in a name: a unit, that it is an id, that it is a truth, that there are several. What
is called otherwise or lies deeper stands in a table , as does what only a page has, with why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, get_args

import msgspec

from app.api.rest.conventions.operations import Operation
from tests.api.parity import PLACE, SURFACES, Table, Why, address_of
from tests.api.parity.reading import fields_of, function_of
from themes.engine.inputs import Inputs

MATCH, KEY, BODY = "If-Match", "Idempotency-Key", "the body"
ENDINGS = ("_id", "_ids", "s", "_micros", "_ms", "_ppm", "_at")


class Alone(StrEnum):
    """Why only a page has a field."""

    LANGUAGE = "The language in which a page shows texts: a program says texts by their languages."
    ROWS = "It tells a form's rows apart: a program sends a list."
    PARTS = "It says which parts of a page are sent: a program leaves out what stays."
    CHOICE = "It says which of the fields beside it count: a program sends only these."
    NEIGHBOUR = "It belongs to another form of the page, and is shown again as it was typed."
    MANY = "Many at once: a program asks for each, or for all in one bulk."
    WAY_BACK = "It says what the page shows next."
    LOOK = "It asks for a look at what is typed, before anything is kept."
    NEW = "The form is the one for changes, too: of what is only made, nothing was seen."
    KEPT = "The form shows it and sends it along; it is not changed."
    NAMED = "What people see of what is named beside it: a program names it by its id."


Said = Mapping[str, str]
"""Of each field what is the same in the operations, with a dot before what lies within; or an `Alone`."""


@dataclass(frozen=True, slots=True)
class Form:
    """One form: where it is sent, its fields, and the operations that do the same."""

    address: str
    fields: frozenset[str]
    operations: tuple[Operation, ...]

    @property
    def taken(self) -> set[str]:
        """All that the operations take, with what lies within by its whole path."""
        return {name for each in self.operations for name in taken_by(each)}


OPEN: Mapping[str, tuple[str, type[Any]]] = {"change_theme": ("inputs.", Inputs)}
"""What stands within a field that is held open: a theme's inputs are checked by its engine."""


def taken_by(operation: Operation) -> Iterator[str]:
    """What one operation takes."""
    yield from _within(operation.takes, "", ())
    if operation.name in OPEN:
        at, kind = OPEN[operation.name]
        yield from _within(kind, at, ())
    yield from (*operation.query, *operation.headers, *(place[1:-1] for place in PLACE.findall(operation.path)))
    if operation.matches or operation.heeds:
        yield MATCH
    if operation.method == "POST":
        yield KEY
    if operation.raw:
        yield BODY


def _within(kind: Any, at: str, seen: tuple[Any, ...]) -> Iterator[str]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in seen:
        for field in msgspec.structs.fields(kind):
            yield f"{at}{field.encode_name}"
            yield from _within(field.type, f"{at}{field.encode_name}.", (*seen, kind))
    for inner in get_args(kind):
        yield from _within(inner, at, seen)


def forms(app: Any, table: Table, declared: Mapping[str, Operation]) -> Iterator[Form]:
    """Every form of the portal that has operations."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            told = table.of_route("POST", route.path)
            if (
                "POST" not in handler.http_methods
                or not route.path.startswith(SURFACES)
                or isinstance(told, Why | None)
            ):
                continue
            fields = fields_of(function_of(handler))
            found = tuple(declared[name.partition(":")[0]] for name in told.split())
            yield Form(address_of("POST", route.path), frozenset(fields), found)


def problems(form: Form, said: Said) -> Iterator[str]:
    """What a form has and its operations have not; what a table says of it and is not so."""
    taken = form.taken
    for field in sorted(form.fields):
        told = said.get(field)
        if told is None and not is_taken(field, taken):
            yield f"{form.address}: no operation of it takes {field!r}; add it to one, or say what is the same."
        elif told is not None and not isinstance(told, Alone):
            yield from (
                f"{form.address}: there is no {name!r} for {field!r}." for name in told.split(", ") if name not in taken
            )
    for field in sorted(set(said) - form.fields):
        yield f"{form.address}: the form has no {field!r} any more."


def is_taken(field: str, taken: Iterable[str]) -> bool:
    """Whether something is called so, but for what REST says in a name."""
    names = {field, f"is_{field}", *(f"{field}{ending}" for ending in ENDINGS)}
    return not names.isdisjoint(taken)


def said_of(address: str, tables: Mapping[str, Said], ends: Mapping[str, Said]) -> Said:
    """What the tables say of a form: of it alone, or of all whose addresses end so."""
    own = address.removeprefix("POST ")
    return tables.get(own) or next((told for end, told in ends.items() if own.endswith(end)), {})
