"""The rows that need correcting as a workbook, each cell beside what is wrong with it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Final

import polars as pl
import xlsxwriter

from app.uploads.rules.manifest import Manifest

ROW_HEADER: Final = "Row of the upload"
"""The column that says which row of the first manifest a row of a workbook corrects."""

_FILLS: Final = {"block": "#ffc7ce", "warn": "#ffeb9c", "info": "#ddebf7"}
_GRAVITY: Final = {"block": 0, "warn": 1, "info": 2}
_WIDTH: Final = 22
_LONGEST_CELL: Final = 32_767
_LONGEST_COMMENT: Final = 2_000


def write_workbook(manifest: Manifest, findings: pl.DataFrame, *, rows: pl.Series, said: Callable[[str], str]) -> bytes:
    """Give an XLSX of the rows with these numbers, every cell text, and cells with findings coloured and commented.

    `findings` has `row`, `column` (a header; null for the whole row), `severity`, `rule`, `value` and
    `suggestion`; `said` gives the sentence of a rule in the reader's language.
    """
    target = io.BytesIO()
    # Comments need the whole sheet in memory; only rows with findings are in it, which keeps that small.
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("Corrections")
    headers = [ROW_HEADER, *manifest.headers]
    bold = book.add_format({"bold": True, "num_format": "@"})
    plain = book.add_format({"num_format": "@"})
    fills = {severity: book.add_format({"bg_color": fill, "num_format": "@"}) for severity, fill in _FILLS.items()}
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, len(headers) - 1, _WIDTH, plain)
    for column, header in enumerate(headers):
        sheet.write_string(0, column, header[:_LONGEST_CELL], bold)
    notes = _notes(findings, headers, said)
    chosen = manifest.cells.with_columns(manifest.rows.alias("\0row")).filter(pl.col("\0row").is_in(rows.implode()))
    for line, cells in enumerate(chosen.select("\0row", *manifest.headers).iter_rows(), start=1):
        for column, cell in enumerate(cells):
            severity, note = notes.get((cells[0], column), ("", ""))
            _write(sheet, (line, column), "" if cell is None else str(cell), fills.get(severity, plain))
            if note:
                sheet.write_comment(line, column, note[:_LONGEST_COMMENT], {"x_scale": 2})
    book.close()
    return target.getvalue()


def _write(sheet: Any, place: tuple[int, int], text: str, style: Any) -> None:
    """Write a cell as text, so that nothing in it is a formula and no digit is lost."""
    if text:
        sheet.write_string(*place, text[:_LONGEST_CELL], style)
    else:
        sheet.write_blank(*place, None, style)


def _notes(
    findings: pl.DataFrame, headers: list[str], said: Callable[[str], str]
) -> dict[tuple[int, int], tuple[str, str]]:
    """The gravest severity and all sentences, by row and column."""
    at = {header: column for column, header in enumerate(headers)}
    notes: dict[tuple[int, int], tuple[str, str]] = {}
    ordered = findings.sort(pl.col("severity").replace_strict(_GRAVITY, default=3), maintain_order=True)
    for found in ordered.filter(pl.col("row").is_not_null()).iter_rows(named=True):
        place = (found["row"], at.get(found["column"], 0))
        severity, before = notes.get(place, (found["severity"], ""))
        suggestion = f" → {found['suggestion']}" if found["suggestion"] else ""
        notes[place] = (severity, f"{before}\n{said(found['rule'])}{suggestion}".strip())
    return notes


def corrections(manifest: Manifest) -> tuple[Manifest, dict[str, str]] | None:
    """Give a corrected workbook as a manifest whose rows have their first numbers; None where it is no such workbook.

    Beside it: rows that name no such number, by where they stand, with what they say instead.
    """
    if ROW_HEADER not in manifest.headers:
        return None
    numbers = manifest.cells[ROW_HEADER].str.extract(r"^(\d+)(?:\.0)?$").cast(pl.UInt32, strict=False)
    known = numbers.is_not_null()
    lost = manifest.cells.filter(~known)[ROW_HEADER].fill_null("")
    headers = [header for header in manifest.headers if header != ROW_HEADER]
    corrected = Manifest(
        headers=headers,
        cells=manifest.cells.filter(known).select(headers),
        rows=numbers.filter(known).rename("row"),
        problems=manifest.problems,
        encoding=manifest.encoding,
        delimiter=manifest.delimiter,
    )
    return corrected, dict(zip(map(str, manifest.rows.filter(~known)), lost, strict=True))
