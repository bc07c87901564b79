"""Where a table begins: the row that names its columns, and what stands before it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from app.royalties.rules.layouts import Layout, header_key, recognise
from app.royalties.rules.reading import Table

SUMS_UP: Final = re.compile(r"rev[-_ ]?share|summary|market[-_ ]?share|(?<![a-z])totals?(?![a-z])", re.IGNORECASE)
"""Names of files that only sum up what others say line by line."""

SAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class Head:
    """A table's columns, the rows up to and with them, and what the preamble says."""

    names: tuple[str, ...]
    records: int
    meta: dict[str, str]
    layout: Layout | None
    samples: tuple[tuple[str, ...], ...] = ()


def head_of(table: Table, layouts: Sequence[Layout]) -> Head | None:
    """The head of a table by the layouts that are known; one without a layout where columns seem to be named."""
    likely: Head | None = None
    for records in table.heads():
        for at, record in enumerate(records):
            layout = recognise(record, layouts)
            if layout is not None:
                return _head(records, at, layout)
        likely = likely or _likely(records)
    if likely is not None:
        # What was looked at last is what will be read: look at the likely way again.
        next(iter(table.heads()))
    return likely


def _likely(records: Sequence[Sequence[str]]) -> Head | None:
    """The first of the widest rows, if it holds names rather than numbers and something follows."""
    widths = [sum(1 for cell in record if cell) for record in records]
    most = max(widths, default=0)
    at = next((at for at, width in enumerate(widths) if width == most), 0)
    if most < 2 or at + 1 >= len(records) or not all(_is_name(cell) for cell in records[at] if cell):
        return None
    return _head(records, at, None)


def _is_name(cell: str) -> bool:
    return re.search(r"[^\W\d_]", cell) is not None and len(cell) <= 80


def _head(records: Sequence[Sequence[str]], at: int, layout: Layout | None) -> Head:
    names = list(records[at])
    while names and not names[-1]:
        names.pop()
    samples = tuple(tuple(record) for record in records[at + 1 : at + 1 + SAMPLES])
    return Head(tuple(names), at + 1, meta_of(records[:at]), layout, samples)


def meta_of(records: Sequence[Sequence[str]]) -> dict[str, str]:
    """What a preamble says: rows of a key and a value, and a row of keys above a row of values."""
    found: dict[str, str] = {}
    rows = [[cell for cell in record if cell] for record in records]
    for at, row in enumerate(rows):
        if len(row) == 2 and (at == 0 or len(rows[at - 1]) != 2 or _is_name(row[0])):
            found.setdefault(header_key(row[0].rstrip(":")), row[1])
        elif len(row) == 1 and ":" in row[0]:
            key, _, value = row[0].partition(":")
            found.setdefault(header_key(key), value.strip())
    for keys, values in pairwise(records):
        if len([cell for cell in keys if cell]) > 2 and all(_is_name(cell) for cell in keys if cell):
            found |= {header_key(key): value for key, value in zip(keys, values, strict=False) if key and value}
    return found
