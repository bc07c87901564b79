"""The tables in a file of any kind, read piece by piece: memory does not grow with the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.kernel.sheets.quotes import are_regular
from app.kernel.sheets.refusals import TableRefused

DELIMITERS: Final = (",", "\t", ";", "|")
HEAD_BYTES: Final = 1 << 18
HEAD_RECORDS: Final = 60
BLOCK_BYTES: Final = 1 << 22
EVERY: Final = 4_096
"""So many rows lie between two places that are noted: a row is found again by reading no more than that."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows that follow each other: cells as text in columns `0`, `1`, …, and the bytes at which they begin."""

    cells: pl.DataFrame
    starts: NDArray[np.int64] | None = None


class Table(Protocol):
    """A table in a file: its first records can be looked at before it is read."""

    name: str
    facts: dict[str, object]

    def heads(self) -> Iterator[list[list[str]]]:
        """The first records, once for each way in which they can be read."""

    def blocks(self, records: int, width: int) -> Iterator[Block]:
        """What follows so many records, in the way of reading that `heads` gave last."""


@dataclass(slots=True)
class SheetTable:
    """A sheet of a workbook, which is in memory as a whole."""

    name: str
    cells: pl.DataFrame
    facts: dict[str, object] = field(default_factory=dict)

    def heads(self) -> Iterator[list[list[str]]]:
        """The first rows."""
        yield [[cell or "" for cell in row] for row in self.cells.head(HEAD_RECORDS).iter_rows()]

    def blocks(self, records: int, width: int) -> Iterator[Block]:
        """All rows at once."""
        missing = [pl.lit(None, pl.String).alias(str(at)) for at in range(self.cells.width, width)]
        yield Block(self.cells.slice(records).with_columns(missing))


class TextTable:
    """Delimited text as it comes; whether quotation marks are meant as such is found out on the way."""

    def __init__(self, name: str, chunks: Iterator[bytes], facts: dict[str, object]) -> None:
        self.name, self.facts = name, facts
        head = b""
        while len(head) < HEAD_BYTES and (chunk := next(chunks, None)) is not None:
            head += chunk
        self._is_whole = len(head) < HEAD_BYTES
        self._head, self._chunks = head, chain([head], chunks)
        self._delimiter, self._is_quoted, self._ends = ",", True, [0]

    def heads(self) -> Iterator[list[list[str]]]:
        """The first records by each delimiter that cuts them, the likeliest first."""
        lines = (
            self._head.decode("utf-8", "replace").splitlines(keepends=True)
            if b"\n" not in self._head
            else [f"{line}\n" for line in self._head.decode("utf-8", "replace").split("\n")]
        )
        if not self._is_whole:
            lines.pop()
        for delimiter in sorted(DELIMITERS, key=lambda sign: -sum(line.count(sign) for line in lines[:HEAD_RECORDS])):
            for is_quoted in (True, False):
                self._delimiter, self._is_quoted = delimiter, is_quoted
                records, self._ends = _records(lines, delimiter, is_quoted=is_quoted)
                if max(map(len, records), default=0) > 1:
                    yield records
                if not any('"' in line for line in lines[:HEAD_RECORDS]):
                    break

    def blocks(self, records: int, width: int) -> Iterator[Block]:
        """The rows, some megabytes at a time, each block cut where a record ends."""
        self.facts |= {"delimiter": self._delimiter, "is_quoted": self._is_quoted}
        at, rest, skip = self._ends[records], b"", self._ends[records]
        for chunk in _gathered(self._chunks):
            text = rest + chunk
            if skip:
                text, skip = text[skip:], max(0, skip - len(text))
            end = self._end(text)
            if end:
                yield self._block(text[:end], at, width)
                at += end
            rest = text[end:]
        if rest:
            yield self._block(rest if rest.endswith(b"\n") else rest + b"\n", at, width)

    def text(self) -> Iterator[bytes]:
        """All of it, as it is."""
        return self._chunks

    def _end(self, text: bytes) -> int:
        """The byte after the last whole record; a mark that closes nowhere near is taken for a letter."""
        lines, inner = _line_ends(text, is_quoted=self._is_quoted)
        if not inner.size and len(text) > BLOCK_BYTES * 2:
            inner = lines
        return int(inner[-1]) + 1 if inner.size else 0

    def _block(self, body: bytes, at: int, width: int) -> Block:
        lines, inner = _line_ends(body, is_quoted=self._is_quoted)
        is_quoted = self._is_quoted and b'"' in body
        if is_quoted and not _is_regular(body, self._delimiter):
            if self._delimiter != "\t":
                return Block(_patiently(body, self._delimiter, width))
            # Between tabs a mark is rarely more than the inches of a record.
            is_quoted, inner = False, lines
            self.facts["is_quoted"] = False
        frame = pl.read_csv(
            self._delimiter.join(map(str, range(width))).encode() + b"\n" + body,
            separator=self._delimiter,
            quote_char='"' if is_quoted else None,
            infer_schema=False,
            truncate_ragged_lines=True,
        )
        if not is_quoted and b'"' in body:
            frame = frame.with_columns(_unquoted(pl.all()))
        starts = np.concatenate([[0], inner[:-1] + 1]) + at
        return Block(frame, starts if starts.size == frame.height else None)


def _line_ends(text: bytes, *, is_quoted: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where lines end, and where those of them end that do not end within quotation marks."""
    data = np.frombuffer(text, np.uint8)
    lines = np.flatnonzero(data == ord("\n"))
    if not is_quoted or b'"' not in text:
        return lines, lines
    quotes = np.flatnonzero(data == ord('"'))
    return lines, lines[np.searchsorted(quotes, lines) % 2 == 0]


def _patiently(body: bytes, delimiter: str, width: int) -> pl.DataFrame:
    """Rows whose quotation marks follow no rule, one after the other."""
    reader = csv.reader(io.StringIO(body.decode("utf-8", "replace"), newline=""), delimiter=delimiter)
    try:
        rows = [[*record, *[""] * width][:width] for record in reader]
    except csv.Error as broken:
        raise TableRefused from broken
    return pl.DataFrame(rows, schema={str(at): pl.String for at in range(width)}, orient="row")


def _unquoted(text: pl.Expr) -> pl.Expr:
    """A cell without the quotation marks around it."""
    inner = text.str.slice(1, text.str.len_chars() - 2).str.replace_all('""', '"', literal=True)
    return pl.when(text.str.contains(r'^".*"$')).then(inner).otherwise(text)


def _is_regular(body: bytes, delimiter: str) -> bool:
    """Whether every quotation mark opens a cell, closes one, or is doubled within one (RFC 4180)."""
    data = np.frombuffer(body, np.uint8)
    return are_regular(data, np.flatnonzero(data == ord('"')), delimiter)


def _gathered(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of a block's size."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= BLOCK_BYTES:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _records(lines: list[str], delimiter: str, *, is_quoted: bool) -> tuple[list[list[str]], list[int]]:
    """The first records of some lines, and the byte after each of them, from that after none."""
    reader = csv.reader(iter(lines), delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if is_quoted else csv.QUOTE_NONE)
    found: list[list[str]] = []
    ends, used = [0], 0
    try:
        for record in reader:
            ends.append(ends[-1] + sum(len(line.encode()) for line in lines[used : reader.line_num]))
            used = reader.line_num
            found.append([cell.strip() for cell in record])
            if len(found) == HEAD_RECORDS:
                break
    except csv.Error:
        pass
    return found, ends


def nth_record(text: Iterator[bytes], number: int, *, is_quoted: bool = True) -> bytes | None:
    """The record of this number, from 0, in text that begins where one begins."""
    held = b""
    for chunk in chain(text, [b"\n"]):
        held += chunk
        _, ends = _line_ends(held, is_quoted=is_quoted)
        if ends.size > number:
            return held[int(ends[number - 1]) + 1 if number else 0 : int(ends[number])].rstrip(b"\r")
    return None


def cells_of(record: bytes, delimiter: str, *, is_quoted: bool = True) -> list[str]:
    """The cells of one record."""
    text = record.decode("utf-8", "replace")
    return next(csv.reader([text], delimiter=delimiter)) if is_quoted else text.split(delimiter)
