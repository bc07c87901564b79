"""What is in a file: text in whatever letters, packed or not, workbooks, archives of them."""

from __future__ import annotations

import codecs
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import IO, Final

from app.kernel.sheets import encoding
from app.kernel.sheets.limits import TableLimits
from app.kernel.sheets.refusals import TableRefused, TableTooLarge
from app.royalties.rules.reading import SheetTable, Table, TextTable

PIECE: Final = 1 << 20
_LONGEST_LETTER: Final = 4
MOST_BYTES: Final = 64 << 30
MOST_MEMBERS: Final = 1_000
SHEET_LIMITS: Final = TableLimits(rows=1_048_576, cells=24_000_000)
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_OLD_WORKBOOK: Final = b"\xd0\xcf\x11\xe0"
_NOISE: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db")


class Unreadable:
    """A file of an archive that is no table."""

    def __init__(self, name: str) -> None:
        self.name = name


def tables(name: str, chunks: Iterator[bytes], *, depth: int = 0) -> Iterator[Table | Unreadable]:
    """Every table in a file, by turns: each must be read before the next is asked for."""
    head = next(chunks, b"")
    chunks = chain([head], chunks)
    if head.startswith(_OLD_WORKBOOK):
        raise TableRefused
    if head.startswith(_GZIP):
        yield from tables(name.removesuffix(".gz"), _inflated(chunks), depth=depth)
    elif head.startswith(_ZIP):
        yield from _of_zip(name, chunks, depth)
    else:
        facts: dict[str, object] = {}
        yield TextTable(name, as_utf8(chunks, facts), facts)


def _of_zip(name: str, chunks: Iterator[bytes], depth: int) -> Iterator[Table | Unreadable]:
    # A file without a name, of the service's own: it is gone with the process, however that ends.
    with tempfile.TemporaryFile() as spool:
        for chunk in chunks:
            spool.write(chunk)
        spool.seek(0)
        try:
            archive = zipfile.ZipFile(spool)
        except zipfile.BadZipFile as broken:
            raise TableRefused from broken
        if "[Content_Types].xml" in archive.namelist():
            yield from _sheets(name, spool)
        elif depth:
            raise TableRefused
        else:
            yield from _members(archive)


def _sheets(name: str, spool: IO[bytes]) -> Iterator[Table]:
    from app.kernel.sheets.spreadsheet import read_sheets

    spool.seek(0)
    for sheet, cells in read_sheets(spool.read(SHEET_LIMITS.file_bytes + 1), SHEET_LIMITS):
        yield SheetTable(f"{name}: {sheet}", cells)


def _members(archive: zipfile.ZipFile) -> Iterator[Table | Unreadable]:
    members = [info for info in archive.infolist() if not info.is_dir() and not _is_noise(info.filename)]
    if len(members) > MOST_MEMBERS or sum(info.file_size for info in members) > MOST_BYTES:
        raise TableTooLarge
    for info in members:
        try:
            with archive.open(info) as content:
                yield from tables(info.filename, _pieces(content), depth=1)
        except (TableRefused, zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error, EOFError):
            yield Unreadable(info.filename)


def _is_noise(name: str) -> bool:
    return name.startswith(_NOISE) or name.rpartition("/")[2].startswith((".", "Thumbs.db"))


def _pieces(content: IO[bytes]) -> Iterator[bytes]:
    while piece := content.read(PIECE):
        yield piece


def _inflated(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """What gzip packed, member after member."""
    inflate, size = zlib.decompressobj(31), 0
    try:
        for chunk in chunks:
            while chunk:
                piece = inflate.decompress(chunk, PIECE)
                size += len(piece)
                if size > MOST_BYTES:
                    raise TableTooLarge
                if piece:
                    yield piece
                chunk = inflate.unconsumed_tail  # noqa: PLW2901
                if inflate.eof:
                    chunk = inflate.unused_data.lstrip(b"\0")  # noqa: PLW2901
                    inflate = zlib.decompressobj(31)
    except zlib.error as broken:
        raise TableRefused from broken


def as_utf8(chunks: Iterator[bytes], facts: dict[str, object]) -> Iterator[bytes]:
    """The same text in UTF-8 with line feeds; which letters it was in is decided by the first bytes that say so."""
    decoder: codecs.IncrementalDecoder | None = None
    facts["encoding"], only_returns = "ascii", None
    for chunk in chunks:
        if decoder is None and not (chunk.isascii() and b"\0" not in chunk):
            name = _letters(chunk)
            facts["encoding"] = name
            decoder = codecs.getincrementaldecoder(name.removeprefix("damaged "))("replace")
        text = chunk if decoder is None else _encoded(decoder, chunk)
        if only_returns is None:
            only_returns = text.count(b"\n") < text.count(b"\r") // 2
            facts["line_ends"] = "cr" if only_returns else "lf"
        yield text.replace(b"\r", b"\n") if only_returns else text
    if decoder is not None and (last := decoder.decode(b"", final=True)):
        yield last.encode()


def _letters(chunk: bytes) -> str:
    """What a first piece is written in; its end may cut a letter in two."""
    name = encoding.sniff(chunk)
    if name.startswith("utf-"):
        return name
    is_cut = any(encoding.is_utf8(chunk[:-cut]) for cut in range(1, _LONGEST_LETTER))
    return "utf-8" if is_cut else name


def _encoded(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bytes:
    text = decoder.decode(chunk)
    if "\0" in text:
        text = text.replace("\0", encoding.LOST)
    return text.encode("utf-8", "replace").removeprefix(codecs.BOM_UTF8)
