"""XLSX: a ZIP of XML, looked through before a reader that trusts it opens it."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final

import numpy as np
import polars as pl
from python_calamine import CalamineError, CalamineWorkbook

from app.kernel.sheets.limits import TableLimits
from app.kernel.sheets.refusals import (
    TableEmpty,
    TableOfOtherKind,
    TableRefused,
    TableTooLarge,
    TableUnsafe,
)

_CHUNK: Final = 1 << 16
_PIECE: Final = 1 << 20
_ROWS_AT_ONCE: Final = 4_000
_RATIO_COUNTS_FROM: Final = 1_000_000
_XML: Final = (".xml", ".rels", ".vml")
_ARCHIVES: Final = (".zip", ".xlsx", ".xlsm", ".gz", ".7z", ".rar", ".jar")
_DECLARES = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ELEMENT = re.compile(rb"<[A-Za-z_]")
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d+)"')
_CELL = re.compile(rb'\br="([A-Z]{1,4})(\d{1,9})"')
_SHARED = re.compile(rb'\bt="s"[^>]*>\s*<(?:\w+:)?v>(\d{1,9})<')
_EXACT: Final = 2**53
_BROKEN: Final = (
    CalamineError, zipfile.BadZipFile, zlib.error, struct.error, ValueError, KeyError, OSError, NotImplementedError,
)  # fmt: skip
"""What readers raise at damage: some of it looks to them like a kind of archive that they do not know."""


def read_spreadsheet(raw: bytes, limits: TableLimits) -> pl.DataFrame:
    """The rows of the first sheet that has any, as text; `TableUnsafe` where opening it could hurt."""
    first = next(read_sheets(raw, limits), None)
    if first is None:
        raise TableEmpty
    return first[1]


def read_sheets(raw: bytes, limits: TableLimits) -> Iterator[tuple[str, pl.DataFrame]]:
    """Every sheet that has rows, with its name; columns are called `0`, `1`, …"""
    try:
        _check(raw, limits)
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        for sheet in book.sheets_metadata:
            rows = book.get_sheet_by_name(sheet.name)
            if rows.height:
                yield sheet.name, _frame(rows.iter_rows(), rows.width)
    except _BROKEN as broken:
        raise TableRefused from broken
    except BaseException as panic:  # a Rust library's panic is no Exception
        if type(panic).__name__ != "PanicException":
            raise
        raise TableRefused from None


def _check(raw: bytes, limits: TableLimits) -> None:
    """Refuse what unpacks to too much, leaves its folder, hides entities, or would fill the memory once read."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        entries = archive.infolist()
        names = {entry.filename for entry in entries}
        if "mimetype" in names or "xl/workbook.bin" in names:
            raise TableOfOtherKind
        if len(entries) > limits.workbook_entries or len(names) != len(entries):
            raise TableUnsafe
        if sum(entry.file_size for entry in entries) > limits.workbook_bytes:
            raise TableUnsafe
        for entry in entries:
            _check_entry(entry, limits)
            _check_content(raw, entry)
        _check_cells(archive, limits)


def _check_entry(entry: zipfile.ZipInfo, limits: TableLimits) -> None:
    name = entry.filename
    leaves = name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or ":" in name
    swells = entry.file_size > max(_RATIO_COUNTS_FROM, entry.compress_size * limits.workbook_ratio)
    is_archive = name.lower().endswith(_ARCHIVES)
    is_known = entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    if leaves or swells or is_archive or entry.flag_bits & 1 or not is_known:
        raise TableUnsafe


def _check_content(raw: bytes, entry: zipfile.ZipInfo) -> None:
    """Unpack an entry piece by piece: it must have the size it claims, and XML must declare nothing."""
    size, head = 0, b""
    for piece in _unpacked(raw, entry):
        size += len(piece)
        if size > entry.file_size:
            raise TableUnsafe
        if len(head) < _CHUNK:
            head += piece
    if size != entry.file_size:
        raise TableUnsafe
    if entry.filename.lower().endswith(_XML) and head:
        _check_head(head[:_CHUNK])


def _unpacked(raw: bytes, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    # The standard library stops at the size that the directory claims; a reader in another language may not.
    name_size, extra_size = struct.unpack_from("<HH", raw, entry.header_offset + 26)
    start = entry.header_offset + 30 + name_size + extra_size
    packed = memoryview(raw)[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        yield bytes(packed)
        return
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    yield inflate.decompress(packed, _CHUNK)
    while inflate.unconsumed_tail:
        yield inflate.decompress(inflate.unconsumed_tail, _CHUNK)
    yield inflate.flush()


def _check_head(head: bytes) -> None:
    """A document type stands before the first element, in whatever encoding: none may be there."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in head[:8]:
        raise TableUnsafe
    element = _ELEMENT.search(head)
    if element is None or _DECLARES.search(head):
        raise TableUnsafe


def _check_cells(archive: zipfile.ZipFile, limits: TableLimits) -> None:
    """Refuse sheets whose far corner would make a table that no memory holds, or whose cells repeat a huge text."""
    texts = _lengths_of_texts(archive)
    for name in archive.namelist():
        if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", name, re.IGNORECASE):
            continue
        width = height = cells = said = 0
        for xml in _pieces(archive, name):
            found = _CELL.findall(xml)
            width = max([width, *map(_column, {letters for letters, _ in found})])
            height = max([height, *map(int, {row for _, row in found}), *map(int, _ROW.findall(xml))])
            cells += xml.count(b"<c")
            if texts.max(initial=0) * limits.cells <= limits.workbook_bytes:
                continue  # however often the longest is said, it is not too much
            used = np.array(_SHARED.findall(xml), dtype=np.int64)
            said += int(texts[used[used < texts.size]].sum())
            if said > limits.workbook_bytes:
                raise TableUnsafe
        if width > limits.columns * 4 or height > limits.rows + 100:
            raise TableTooLarge
        if width * height > limits.cells or cells > limits.cells * 2:
            raise TableTooLarge


def _pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """The XML of a sheet, cut before a cell, so that no pattern for a cell is cut through."""
    with archive.open(name) as source:
        rest = b""
        while piece := source.read(_PIECE):
            xml = rest + piece
            cut = xml.rfind(b"<c")
            cut = cut if cut > 0 else len(xml)
            yield xml[:cut]
            rest = xml[cut:]
        yield rest


def _lengths_of_texts(archive: zipfile.ZipFile) -> Any:
    """How long each shared text is, in bytes of XML."""
    name = next((name for name in archive.namelist() if name.lower() == "xl/sharedstrings.xml"), None)
    if name is None:
        return np.zeros(0, np.int64)
    return np.array([len(text) for text in re.split(rb"</(?:\w+:)?si>", archive.read(name))], dtype=np.int64)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _frame(rows: Iterator[list[Any]], width: int) -> pl.DataFrame:
    schema = dict.fromkeys(map(str, range(width)), pl.String)
    parts = [pl.DataFrame(schema=schema)]
    while chunk := list(islice(rows, _ROWS_AT_ONCE)):
        columns = dict(zip(schema, zip(*chunk, strict=True), strict=True))
        parts.append(
            pl.DataFrame(
                {
                    name: [cell if isinstance(cell, str) else _text(cell) for cell in cells]
                    for name, cells in columns.items()
                },
                schema=schema,
            )
        )
    return pl.concat(parts)


def _text(cell: Any) -> str:
    """What a cell shows, without the digits that a float would lose or add."""
    for kind, written in _WRITTEN:
        if isinstance(cell, kind):
            return written(cell)
    return str(cell)


def _number(cell: float) -> str:
    return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else repr(cell)


def _moment(cell: datetime) -> str:
    return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")


def _clock(seconds: int) -> str:
    """A time of day as the duration it was meant to be: a spreadsheet takes "4:45" for a quarter to five."""
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hours}:{minutes:02}" if hours and not seconds else f"{hours}:{minutes:02}:{seconds:02}"


_WRITTEN: Final[tuple[tuple[type, Callable[[Any], str]], ...]] = (
    (bool, lambda cell: "true" if cell else "false"),
    (float, _number),
    (datetime, _moment),
    (date, date.isoformat),
    (time, lambda cell: _clock(cell.hour * 3600 + cell.minute * 60 + cell.second)),
    (timedelta, lambda cell: _clock(int(cell.total_seconds()))),
)
