"""Tables that people take along: CSV and XLSX in which no value is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from litestar import Response

from app.kernel.files.rules import content_disposition
from app.kernel.sheets.cells import harmless

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def table(name: str, kind: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response[bytes]:
    """A table as a download, `kind` being csv (also for what is not known) or xlsx."""
    kind = kind if kind in KINDS else "csv"
    body = _xlsx(heads, rows) if kind == "xlsx" else _csv(heads, rows)
    disposition = content_disposition(f"{name}.{kind}", KINDS[kind], attachment=True)
    return Response(body, media_type=KINDS[kind], headers={"content-disposition": disposition})


def cell(value: Any) -> str:
    """A value as text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    text = value.isoformat() if isinstance(value, date | datetime) else str(value)
    return harmless(text) if isinstance(value, str) else text


def _csv(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Texts are written as texts, whatever they begin with."""
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "constant_memory": False, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for column, head in enumerate(heads):
            sheet.write_string(0, column, head, bold)
        for line, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, int | float) and not isinstance(value, bool):
                    sheet.write_number(line, column, value)
                elif value is not None:
                    sheet.write_string(line, column, str(value))
        sheet.autofit()
    return out.getvalue()
