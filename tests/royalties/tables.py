"""Tables, archives and workbooks as they are sent."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ISRC, UPC = "DEAB12600001", "4006381333931"


@dataclass(frozen=True)
class Sent:
    """A file as it comes, the layout that it is to be known by, and what its lines come to."""

    layout: str
    name: str
    body: bytes
    totals: dict[str, str]
    rows: int
    first: dict[str, object]
    """What is to stand in the first line."""


def table(
    names: Sequence[str],
    rows: Iterable[dict[str, str]],
    *,
    sign: str = ",",
    end: str = "\r\n",
    quotes: int = csv.QUOTE_MINIMAL,
) -> str:
    """Rows under these column names; columns that a row does not name are empty."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=sign, lineterminator=end, quoting=quotes)  # type: ignore[arg-type]
    writer.writerow(names)
    for row in rows:
        writer.writerow([row.get(name, "") for name in names])
    return text.getvalue()


def zipped(**members: bytes | str) -> bytes:
    """An archive of these files."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return body.getvalue()


def plain(*rows: dict[str, str], **usual: str) -> str:
    """A report of plain sales lines."""
    names = [*PLAIN, *sorted({name for row in rows for name in row} - set(PLAIN))]
    return table(names, [{**PLAIN, **usual, **row} for row in rows])


PLAIN = {
    "Store": "Spotify", "ISRC": ISRC, "UPC": UPC, "Title": "Tide", "Artist": "Ada", "Channel": "stream",
    "Territory": "DE", "Currency": "EUR", "Quantity": "10", "Net": "0.031", "Sold from": "2026-05-01",
    "Sold until": "2026-05-31",
}  # fmt: skip


def workbook(names: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    """A workbook with one sheet."""
    import xlsxwriter

    body = io.BytesIO()
    with xlsxwriter.Workbook(body) as book:
        sheet = book.add_worksheet("2026_Q1")
        sheet.write_row(0, 0, names)
        for at, row in enumerate(rows, start=1):
            sheet.write_row(at, 0, row)
    return body.getvalue()


def columns(text: str) -> list[str]:
    return [name.strip() for name in text.split("|")]
