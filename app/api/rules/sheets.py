"""Rows of a list as bytes of a file: JSON lines, CSV, or Parquet.

What writes Parquet has threads of its own, so it is imported by those who write it: a worker must not have begun it
before it forks.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

from app.kernel.sheets.cells import harmless

MEDIA: Final = {
    "jsonl": "application/jsonl",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}


def encoded(form: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]], *, is_first: bool) -> bytes:
    """A piece of a file; its first says what the columns are called."""
    if form == "jsonl":
        return _lines(columns, rows)
    return _csv(columns, rows, is_first=is_first) if form == "csv" else _parquet(columns, rows)


def joined_parquet(pieces: Sequence[Path], target: Path) -> None:
    """Several pieces as one file, in bounded memory."""
    import polars as pl

    pl.scan_parquet([str(piece) for piece in pieces]).sink_parquet(str(target))


def _lines(columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> bytes:
    forms = list(columns.items())
    return b"".join(
        msgspec.json.encode({name: _plain(value, form) for (name, form), value in zip(forms, row, strict=True)}) + b"\n"
        for row in rows
    )


def _csv(columns: Mapping[str, str], rows: Sequence[Sequence[Any]], *, is_first: bool) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    if is_first:
        writer.writerow(columns)
    forms = list(columns.values())
    writer.writerows([_cell(value, form) for value, form in zip(row, forms, strict=True)] for row in rows)
    return out.getvalue().encode()


def _parquet(columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> bytes:
    import polars as pl

    types: Mapping[str, Any] = {
        "text": pl.String,
        "int": pl.Int64,
        "flag": pl.Boolean,
        "moment": pl.Datetime("us", "UTC"),
        "day": pl.Date,
        "list": pl.List(pl.String),
        "exact": pl.String,
    }
    forms = list(columns.values())
    schema = {name: types[form] for name, form in columns.items()}
    said = [[_typed(value, form) for value, form in zip(row, forms, strict=True)] for row in rows]
    out = io.BytesIO()
    pl.DataFrame(said, schema=schema, orient="row").write_parquet(out)
    return out.getvalue()


def _typed(value: Any, form: str) -> Any:
    return value if value is None or form in ("int", "flag", "moment", "day", "list") else _text(value)


def _plain(value: Any, form: str) -> Any:
    return _text(value) if value is not None and form in ("text", "exact", "moment", "day") else value


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _cell(value: Any, form: str) -> str:
    """A value as text; words that a spreadsheet would take for a formula begin with an apostrophe."""
    if value is None:
        return ""
    if form == "flag":
        return "true" if value else "false"
    text = ";".join(value) if form == "list" else _text(value)
    return harmless(text) if form in ("text", "list") else text
