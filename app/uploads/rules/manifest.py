"""A manifest: the table that a sender wrote, as text, whatever program it came from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from app.kernel.sheets.encoding import LOST, sniff, to_utf8
from app.kernel.sheets.limits import TableLimits
from app.kernel.sheets.refusals import (
    TableEmpty,
    TableOfOtherKind,
    TableTooLarge,
    TableTooLong,
    TableWithoutRows,
)
from app.uploads.rules.delimited import Records, read_records
from app.uploads.rules.headers import is_known
from app.uploads.rules.problems import PROBLEMS, as_frame, problem, select_problems

_ZIP: Final = b"PK\x03\x04"
_OTHER_KINDS: Final = (b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"PK\x05\x06", b"{\\rtf")
_PREAMBLE: Final = 20
"""A header stands at most so many records below the top."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A table of text, with what could not be read of it.

    `cells` has a column for each of `headers`, of trimmed text, null where nothing stands; `rows` are the numbers of
    its rows as a spreadsheet shows them.
    """

    headers: list[str]
    cells: pl.DataFrame
    rows: pl.Series
    problems: pl.DataFrame
    encoding: str | None
    delimiter: str | None


def read_manifest(source: bytes | Path, limits: TableLimits | None = None) -> Manifest:
    """The table in a CSV, TSV or XLSX file; `TableRefused` where there is none that can be read."""
    limits = limits or TableLimits()
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > limits.file_bytes:
        raise TableTooLarge
    raw = source if isinstance(source, bytes) else source.read_bytes()
    if raw.startswith(_OTHER_KINDS):
        raise TableOfOtherKind
    if raw.startswith(_ZIP):
        from app.kernel.sheets.spreadsheet import read_spreadsheet

        return _manifest(Records(read_spreadsheet(raw, limits)), limits, encoding=None, delimiter=None)
    encoding = sniff(raw)
    body = to_utf8(raw, encoding)
    del raw, source
    if not body.strip():
        raise TableEmpty
    records, delimiter = read_records(body, limits)
    return _manifest(records, limits, encoding=encoding, delimiter=delimiter)


def _manifest(records: Records, limits: TableLimits, *, encoding: str | None, delimiter: str | None) -> Manifest:
    cells = records.cells.select(pl.all().str.strip_chars().replace("", None))
    top = _header_record(cells.head(_PREAMBLE))
    names = [name or "" for name in cells.row(top)]
    body = cells.with_row_index("row", offset=1).slice(top + 1)
    width = _width(names, body)
    headers, twice = _unique(names[:width])
    if width > limits.columns:
        raise TableTooLarge
    if body.height > limits.rows:
        raise TableTooLong(rows=limits.rows)
    if body.height * width > limits.cells:
        raise TableTooLarge
    named = {str(column): header for column, header in enumerate(headers)}
    spilled = [column for column in cells.columns if column not in named]
    body = body.filter(pl.any_horizontal(pl.exclude("row").is_not_null()))
    if body.is_empty():
        raise TableWithoutRows
    problems = [
        as_frame([problem("header_twice", top + 1, column=name) for name in twice]),
        as_frame([_named(found, headers) for found in records.problems]),
        _ragged(body, spilled),
        *_lost(body, named, limits),
    ]
    # A row that spilled has its cells in the wrong columns: none of it can be trusted.
    whole = body.filter(pl.all_horizontal(pl.col(spilled).is_null())) if spilled else body
    kept = whole.select(_shortened(column, limits).alias(header) for column, header in named.items())
    return Manifest(
        headers=headers,
        cells=kept,
        rows=whole["row"],
        problems=pl.concat(problems).sort("row", maintain_order=True),
        encoding=encoding,
        delimiter=delimiter,
    )


def _width(names: list[str], body: pl.DataFrame) -> int:
    """How many columns there are: up to the last that has a name or, nameless, a value in most rows."""
    named = max((column + 1 for column, name in enumerate(names) if name), default=0)
    filled = [column for column in range(named, len(names)) if body[str(column)].count() * 2 > body.height]
    return max([named, *(column + 1 for column in filled)])


def _header_record(top: pl.DataFrame) -> int:
    """Which of the first records names the columns: the one with most names we know, else the first wide one."""
    records = top.rows()
    known = [sum(map(is_known, filter(None, record))) for record in records]
    filled = [sum(cell is not None for cell in record) for record in records]
    widest = max(filled, default=0)
    if not widest:
        raise TableEmpty
    best = max(range(len(known)), key=known.__getitem__)
    if known[best] >= 2 or 0 < known[best] == filled[best]:
        return best
    return next(index for index, count in enumerate(filled) if count * 5 >= widest * 3)


def _unique(names: list[str]) -> tuple[list[str], list[str]]:
    """Headers that differ from each other, and those that were there more than once; a nameless one is numbered."""
    seen: Counter[str] = Counter()
    headers: list[str] = []
    for column, name in enumerate(names, start=1):
        candidate = name or f"#{column}"
        while candidate in seen:
            seen[name] += 1
            candidate = f"{name} ({seen[name]})"
        seen[candidate] += 1
        headers.append(candidate)
    counts = Counter(filter(None, names))
    return headers, [name for name, count in counts.items() if count > 1]


def _named(found: dict[str, object], headers: list[str]) -> dict[str, object]:
    """A problem of a reader, which counts columns, with the column's name."""
    column = found["column"]
    at = int(str(column)) if column is not None else len(headers)
    return found | {"column": headers[at] if at < len(headers) else None}


def _ragged(body: pl.DataFrame, spilled: list[str]) -> pl.DataFrame:
    if not spilled:
        return pl.DataFrame(schema=PROBLEMS)
    return select_problems(
        body,
        pl.any_horizontal(pl.col(spilled).is_not_null()),
        "row_ragged",
        value=pl.concat_str(spilled, separator=" | ", ignore_nulls=True).str.slice(0, 200),
    )


def _lost(body: pl.DataFrame, named: dict[str, str], limits: TableLimits) -> list[pl.DataFrame]:
    found = []
    doubtful = body.select((_is_lost(column) | _is_long(column, limits)).any().alias(column) for column in named)
    for column, header in named.items():
        if not doubtful[column][0]:
            continue
        value = pl.col(column).str.slice(0, 200)
        found.append(select_problems(body, _is_lost(column), "characters_lost", value=value, column=header))
        found.append(select_problems(body, _is_long(column, limits), "cell_too_long", value=value, column=header))
    return found


def _is_lost(column: str) -> pl.Expr:
    return pl.col(column).str.contains(LOST, literal=True)


def _is_long(column: str, limits: TableLimits) -> pl.Expr:
    # Bytes are counted where they are; characters only where there are enough bytes to be too many.
    most = limits.cell_characters
    return (pl.col(column).str.len_bytes() > most) & (pl.col(column).str.len_chars() > most)


def _shortened(column: str, limits: TableLimits) -> pl.Expr:
    return pl.when(~_is_long(column, limits)).then(pl.col(column))
