"""The rows of the roster: the page draws one of each kind with places in it, and a thousand are filled in from these.

A template that is run a thousand times costs more than everything else that the roster does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from markupsafe import Markup, escape

from app.roster.queries.columns import Column, columns

OWN = 6
"""How many values of a row are the artist's own: id, name, kind, status, the day they leave, version."""

_PLACES = re.compile(r"%\((\w+)\)s")
_UNSAFE = re.compile("[&<>'\"]")

Patterns = Mapping[str, str]
Spelling = Mapping[str, Callable[..., str]]
Drawing = Callable[[Any], str]
"""Gives a part of a row as markup."""


def _safe(text: str) -> str:
    """A text escaped; most of a thousand names need none of it, and looking is quicker than rewriting."""
    return str(escape(text)) if _UNSAFE.search(text) else text


def filled(rows: Sequence[Any], keys: Sequence[str], said: Mapping[str, Patterns], spelling: Spelling) -> Markup:
    """The rows as markup.

    `keys` are the columns that `rows` bring a value and a note for, in their order. `said` has patterns with named
    places: `rows` by status, `cells` by how a column is shown, and what stands where there is none (`nothing`), the
    names of kinds, and `leaves`. Everything else is escaped here, once.
    """
    plain = {name: {key: str(text) for key, text in patterns.items()} for name, patterns in said.items()}
    draw = {status: _compiled(pattern, OF_ROW) for status, pattern in plain["rows"].items()}
    kinds, leaving = plain["kinds"], plain["leaves"]["pattern"]
    cells, rest = _cells(keys, plain, spelling)
    drawn: list[str] = []
    for row in rows:
        row_id, name, kind, status, leaves = row[:5]
        later = leaving % {"day": spelling["spelled"](leaves.isoformat())} if leaves and status != "left" else ""
        pattern, chosen = draw[status]
        drawn.append(pattern % chosen((row_id, _safe(name), _safe(name[:1]), kinds[kind], later)))
        drawn += [cell(row) for cell in cells]
        drawn.append(rest)
    return Markup("".join(drawn))  # noqa: S704  names and notes are escaped, the rest is the template's


OF_ROW = ("id", "name", "initial", "kind", "leaves")


def _compiled(pattern: str, names: Sequence[str]) -> tuple[str, Callable[[Any], Any]]:
    """A pattern whose places are filled by their order, and what puts values into that order."""
    order = [names.index(name) for name in _PLACES.findall(pattern)]
    return _PLACES.sub("%s", pattern), itemgetter(*order)


def _cells(keys: Sequence[str], said: Mapping[str, Patterns], spelling: Spelling) -> tuple[list[Drawing], str]:
    """What draws the cells of a row up to the last column that anybody fills, and how the rest of each row ends."""
    shown = columns()
    filled_to = max((number for number, column in enumerate(shown, 1) if column.key in keys), default=0)
    place = {key: OWN + 2 * number for number, key in enumerate(keys)}
    drawing = [
        _cell(column, place.get(column.key), said["cells"][column.shown], said["nothing"][column.shown], spelling)
        for column in shown[:filled_to]
    ]
    return drawing, "".join(said["nothing"][column.shown] for column in shown[filled_to:]) + "</tr>"


def _cell(column: Column, place: int | None, pattern: str, nothing: str, spelling: Spelling) -> Drawing:
    """What draws one cell: a value that nobody knows costs nothing."""
    if place is None:
        return lambda _: nothing
    known, spell, is_count = place, _VALUES[column.shown], column.shown == "count"
    cut, chosen = _compiled(pattern, ("value", "note"))

    def draw(row: Any) -> str:
        value = row[known]
        if value is None or (is_count and not value):
            return nothing
        return str(cut % chosen(spell(value, row[known + 1], spelling)))

    return draw


def _money(value: int, note: str, spelling: Spelling) -> str:
    """An amount in the first currency of a note, and which others there are besides."""
    currency, more, rest = note.partition(" + ")
    return spelling["money"](value, currency) + more + rest


_VALUES: dict[str, Callable[[Any, Any, Spelling], tuple[str, str]]] = {
    "release": lambda value, note, say: (say["spelled"](value), _safe(note)),
    "people": lambda value, _, __: (_safe(value), ""),
    "count": lambda value, _, say: (say["number"](value), ""),
    "streams": lambda value, note, say: (say["number"](value), _safe(note or "")),
    "money": lambda value, note, say: (_safe(_money(value, note, say)), ""),
    "day": lambda value, _, say: (say["spelled"](value), ""),
}
