"""Records of delimited text: a quick way for files that follow RFC 4180, a patient one for the others."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.kernel.sheets.limits import TableLimits
from app.kernel.sheets.quotes import are_regular
from app.kernel.sheets.refusals import TableRefused, TableTooLarge
from app.uploads.rules.problems import problem

DELIMITERS: Final = (",", ";", "\t", "|")
_SAMPLE: Final = 65_536
_SAMPLED_RECORDS: Final = 50
_SENTINEL: Final = "\n"
_LINES_IN_A_RECORD: Final = 200
_BYTES_A_CHARACTER: Final = 4
_CHUNK: Final = 1 << 22
_DECLARED = re.compile(rb"\Asep=(.)\r?\n", re.IGNORECASE)
_WRAPPED = re.compile(rb'(?m)(?:(?<=[,;\t|])|^)="([^"\r\n]*)"(?=[,;\t|\r\n]|\Z)')


@dataclass(slots=True)
class Records:
    """Every record of a text: cells in columns `0`, `1`, … (null where there is none), and what is wrong."""

    cells: pl.DataFrame
    problems: list[dict[str, object]] = field(default_factory=list)


def read_records(body: bytes, limits: TableLimits) -> tuple[Records, str]:
    """The records of UTF-8 text, and the delimiter between their cells."""
    body, delimiter = _declared(body)
    if b'="' in body:
        body = _WRAPPED.sub(rb'"\1"', body)  # Excel's way to say that digits are text
    if b"\r" in body and body.count(b"\n") < body.count(b"\r") // 2:
        body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    delimiter = delimiter or sniff_delimiter(body)
    layout = _Layout.of(body, delimiter, limits)
    records = None if layout is None else layout.read()
    return records or _patiently(body, delimiter, limits), delimiter


def _declared(body: bytes) -> tuple[bytes, str | None]:
    """Without Excel's first line `sep=;`, and what it says."""
    said = _DECLARED.match(body)
    if said is None:
        return body, None
    # A blank line stays in its place, so that rows keep the numbers that people see.
    return b"\n" + body[said.end() :], said[1].decode()


def sniff_delimiter(body: bytes) -> str:
    """The character that cuts the first records into the most, and most evenly, many cells."""
    text = body[:_SAMPLE].decode("utf-8", errors="ignore")
    return max(DELIMITERS, key=lambda delimiter: _evenness(text, delimiter))


def _evenness(text: str, delimiter: str) -> float:
    counts: Counter[int] = Counter()
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for _, record in zip(range(_SAMPLED_RECORDS), reader, strict=False):
            counts[len(record)] += 1
    except csv.Error:
        return 0.0
    wide = {width: count for width, count in counts.items() if width > 1}
    if not wide:
        return 0.0
    width, agreeing = max(wide.items(), key=lambda item: (item[1], item[0]))
    return agreeing / counts.total() + width / 1_000


@dataclass(slots=True)
class _Layout:
    """Where the cells and records of a text that follows RFC 4180 end, as offsets in bytes."""

    body: bytes
    delimiter: str
    record_ends: NDArray[np.int64]
    widths: NDArray[np.int64]
    too_long: list[tuple[int, int, int, int]]
    """Cells above the limit: first byte, byte after the last, record, column."""

    @classmethod
    def of(cls, body: bytes, delimiter: str, limits: TableLimits) -> _Layout | None:
        """The layout, or None where quotation marks stand where they should not."""
        data = np.frombuffer(body, np.uint8)
        quotes = _positions(data, b'"')
        if not are_regular(data, quotes, delimiter):
            return None
        commas, lines = (
            found[np.searchsorted(quotes, found) % 2 == 0] if quotes.size else found
            for found in (_positions(data, delimiter.encode()), _positions(data, b"\n"))
        )
        if not lines.size or lines[-1] != data.size - 1:
            lines = np.append(lines, data.size)
        if lines.size > limits.rows + 100:
            raise TableTooLarge
        if commas.size > limits.cells * 2:
            raise TableTooLarge
        widths = np.diff(np.searchsorted(commas, lines), prepend=0) + 1
        too_long = _too_long(lines, commas, limits.cell_characters * _BYTES_A_CHARACTER)
        return cls(body, delimiter, lines, widths, too_long)

    def read(self) -> Records | None:
        """All records, too long cells left out; None where the quick reader sees other records than the layout."""
        problems = [problem("cell_too_long", row, column=str(column)) for _, _, row, column in self.too_long]
        body = self._shortened()
        try:
            cells = pl.read_csv(
                body,
                has_header=False,
                separator=self.delimiter,
                infer_schema=False,
                schema={str(column): pl.String for column in range(int(self.widths.max()))},
                truncate_ragged_lines=True,
            )
        except pl.exceptions.PolarsError:
            return None
        return Records(cells, problems) if cells.height == self.record_ends.size else None

    def _shortened(self) -> bytes:
        if not self.too_long:
            return self.body
        view, start, kept = memoryview(self.body), 0, []
        for first, after, _, _ in self.too_long:
            kept.append(view[start:first])
            start = after
        return b"".join([*kept, view[start:]])


def _too_long(lines: NDArray[np.int64], commas: NDArray[np.int64], most: int) -> list[tuple[int, int, int, int]]:
    if np.diff(lines, prepend=-1).max() <= most:
        return []  # no record is that long, so no cell is
    ends = np.sort(np.concatenate([commas, lines]))
    lengths = np.diff(ends, prepend=-1) - 1
    return [
        (int(ends[cell] - lengths[cell]), int(ends[cell]), *_place(int(ends[cell]), lines, commas))
        for cell in np.flatnonzero(lengths > most)
    ]


def _place(end: int, lines: NDArray[np.int64], commas: NDArray[np.int64]) -> tuple[int, int]:
    """Record (from 1) and column (from 0) of the cell that ends at a byte."""
    record = int(np.searchsorted(lines, end))
    before = int(lines[record - 1]) if record else -1
    return record + 1, int(np.searchsorted(commas, end) - np.searchsorted(commas, before))


def _positions(data: NDArray[np.uint8], character: bytes) -> NDArray[np.int64]:
    """Where a byte stands, found in pieces: a mask of the whole would be as large as the file."""
    found = [
        np.flatnonzero(data[start : start + _CHUNK] == character[0]) + start for start in range(0, data.size, _CHUNK)
    ]
    return np.concatenate(found) if found else np.empty(0, np.int64)


def _patiently(body: bytes, delimiter: str, limits: TableLimits) -> Records:
    """Records read one after the other; one that cannot be read costs itself and no other."""
    rows: list[list[str]] = []
    problems: list[dict[str, object]] = []
    longest = min(limits.cell_characters, csv.field_size_limit())
    for record, rule in _each(body.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n"), delimiter, longest):
        rows.append(record)
        if rule:
            problems.append(problem(rule, len(rows)))
        if len(problems) > limits.unreadable_rows:
            raise TableRefused
        if len(rows) > limits.rows + 100:
            raise TableTooLarge
    width = max(map(len, rows), default=0)
    if width > limits.columns * 4 or width * len(rows) > limits.cells * 2:
        raise TableTooLarge
    columns = {str(column): [row[column] if column < len(row) else None for row in rows] for column in range(width)}
    return Records(pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)), problems)


def _each(text: str, delimiter: str, longest: int) -> Iterator[tuple[list[str], str | None]]:
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    at = 0
    while at < len(lines):
        record, used, rule = _one(lines, at, delimiter, longest)
        yield record, rule
        at += used


def _one(lines: list[str], at: int, delimiter: str, longest: int) -> tuple[list[str], int, str | None]:
    """The record that begins at a line, how many lines it takes, and what is wrong with it.

    A record that does not end within its limit of lines has an open quotation mark: it is given up as one line.
    """
    if '"' not in lines[at]:
        return lines[at].split(delimiter), 1, None
    if len(lines[at]) > longest:
        return [], 1, "cell_too_long"
    piece = lines[at : at + _LINES_IN_A_RECORD]
    reader = csv.reader((f"{line}\n" for line in piece), delimiter=delimiter, strict=True)
    try:
        return next(reader), reader.line_num, None
    except csv.Error:
        # Within a line a stray mark is taken as it stands; over several it would swallow other rows.
        loose = csv.reader([f"{lines[at]}\n", _SENTINEL], delimiter=delimiter)
        record = next(loose)
        return (record, 1, None) if loose.line_num == 1 else ([], 1, "row_unreadable")
