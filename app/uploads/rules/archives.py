"""A ZIP of audio and artwork, walked entry by entry: what is safe is given out, what is not is told of."""

from __future__ import annotations

import io
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Final

from app.uploads.rules.limits import ArchiveLimits
from app.uploads.rules.refusals import ArchiveRefused, ArchiveTooLarge

ARCHIVE_SENTENCES = {
    "encrypted": "This file is locked with a password. Pack it without one.",
    "leaves_folder": "The name of this file points outside of the archive.",
    "link": "This is a link to another file. Pack the file itself.",
    "nested": "This is an archive within the archive. Unpack it first.",
    "swells": "This file unpacks to far more than a recording or a picture does.",
    "too_large": "This file is larger than a file may be here.",
    "name_unusable": "The name of this file cannot be used.",
    "name_twice": "There is another file of this name in the archive.",
    "method_unknown": "This file is packed in a way that is not read. Pack it again as an ordinary ZIP.",
}
"""Why an entry of an archive is not taken, by rule."""

_NESTED: Final = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".jar", ".iso", ".cab")
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UTF8_NAME: Final = 0x800
_ENCRYPTED: Final = 0x1 | 0x40
_NOISE: Final = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
_ENTRY_SIZE: Final = 46
_UNICODE_PATH: Final = 0x7075
_DRIVE = re.compile(r"^[A-Za-z]:")
_BROKEN: Final = (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, OSError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an archive: its path with "/" between folders, its size in bytes, and the way to read it."""

    name: str
    size: int
    _archive: zipfile.ZipFile
    _info: zipfile.ZipInfo

    def open(self) -> IO[bytes]:
        """The content; reading raises `ArchiveRefused` where it is damaged, and never gives more than `size` bytes."""
        return io.BufferedReader(_Content(self))


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry that is not taken, and the rule of `ARCHIVE_SENTENCES` that says why."""

    name: str
    rule: str


def walk(source: IO[bytes], limits: ArchiveLimits | None = None) -> Iterator[Entry | Refused]:
    """Every file of a ZIP in its own order, folders and what file managers leave behind skipped.

    `ArchiveRefused` or `ArchiveTooLarge` before the first one where the archive as a whole cannot be taken.
    """
    limits = limits or ArchiveLimits()
    _check_directory(source, limits)
    try:
        archive = zipfile.ZipFile(source)
    except _BROKEN as broken:
        raise ArchiveRefused from broken
    entries = [info for info in archive.infolist() if not info.is_dir()]
    if len(entries) > limits.entries or sum(info.file_size for info in entries) > limits.total_bytes:
        raise ArchiveTooLarge
    _check_overlaps(entries)
    return _entries(archive, entries, limits)


def _check_directory(source: IO[bytes], limits: ArchiveLimits) -> None:
    """Refuse a directory of millions of entries before the library reads it into memory."""
    size = source.seek(0, io.SEEK_END)
    source.seek(max(0, size - 66_000))
    tail = source.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < 22:
        raise ArchiveRefused
    (directory,) = struct.unpack_from("<I", tail, end + 12)
    locator = tail.rfind(b"PK\x06\x06", 0, end)
    if locator >= 0 and len(tail) - locator >= 48:
        (directory,) = struct.unpack_from("<Q", tail, locator + 40)
    if directory > limits.entries * (_ENTRY_SIZE + 2 * limits.name_bytes):
        raise ArchiveTooLarge
    source.seek(0)


def _check_overlaps(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse archives whose entries share their packed bytes: a way to make little unpack to very much."""
    end = 0
    for info in sorted(entries, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise ArchiveRefused
        end = info.header_offset + 30 + info.compress_size


def _entries(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], limits: ArchiveLimits
) -> Iterator[Entry | Refused]:
    seen: set[str] = set()
    for info in entries:
        name = _name(info)
        if any(part in _NOISE or part.startswith("._") for part in PurePosixPath(name).parts):
            continue
        rule = _refusal(info, name, limits)
        key = unicodedata.normalize("NFC", name).casefold()
        if rule is None and key in seen:
            rule = "name_twice"
        seen.add(key)
        yield (
            Refused(_shown(name), rule)
            if rule
            else Entry(unicodedata.normalize("NFC", name), info.file_size, archive, info)
        )


def _refusal(info: zipfile.ZipInfo, name: str, limits: ArchiveLimits) -> str | None:
    """The first rule that an entry breaks."""
    parts = name.split("/")
    unusable = len(name.encode("utf-8", "replace")) > limits.name_bytes or any(
        unicodedata.category(letter) in ("Cc", "Cs") or letter in "\u202e\u202d\u2066\u2067\u2068" for letter in name
    )
    swells = info.file_size > max(limits.ratio_counts_from, info.compress_size * limits.entry_ratio)
    rules = {
        "leaves_folder": name.startswith("/") or ".." in parts or bool(_DRIVE.match(name)),
        "name_unusable": unusable or not parts[-1].strip(" ."),
        "link": stat.S_ISLNK(info.external_attr >> 16),
        "encrypted": bool(info.flag_bits & _ENCRYPTED),
        "nested": name.lower().endswith(_NESTED),
        "method_unknown": info.compress_type not in _METHODS,
        "too_large": info.file_size > limits.entry_bytes,
        "swells": swells,
    }
    return next((rule for rule, is_broken in rules.items() if is_broken), None)


def _name(info: zipfile.ZipInfo) -> str:
    """The name as its packer meant it: in UTF-8, in a field of its own (Info-ZIP), else in the likeliest encoding."""
    original = info.orig_filename
    if not info.flag_bits & _UTF8_NAME:
        raw = original.encode("cp437", errors="replace")
        original = _unicode_path(info.extra, raw) or _decoded(raw)
    return original.replace("\\", "/").removeprefix("./")


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        field = extra[at + 4 : at + 4 + size]
        if kind == _UNICODE_PATH and len(field) > 5 and struct.unpack_from("<I", field, 1)[0] == zlib.crc32(raw):
            return field[5:].decode("utf-8", errors="replace")
        at += 4 + size
    return None


def _decoded(raw: bytes) -> str:
    if raw.isascii():
        return raw.decode("ascii")
    for encoding in ("utf-8", "cp932", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        # A western name may decode as a stray ideograph; names in those scripts are mostly made of them.
        if encoding == "utf-8" or sum(letter > "\u2fff" for letter in text) * 3 >= sum(map(str.isalpha, text)):
            return text
    return raw.decode("cp437")


def _shown(name: str) -> str:
    """A refused name as a person may see it, without what would turn or break the line."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)[:200]


class _Content(io.RawIOBase):
    """The unpacked bytes of an entry, not one more than it claims."""

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self._left = entry.size
        try:
            self._source = entry._archive.open(entry._info)  # noqa: SLF001 one of ours
        except (*_BROKEN, RuntimeError) as broken:
            raise ArchiveRefused from broken

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        try:
            piece = self._source.read(min(len(target), self._left) or 1)
        except _BROKEN as broken:
            raise ArchiveRefused from broken
        if len(piece) > self._left or (not piece and self._left):
            raise ArchiveRefused
        target[: len(piece)] = piece
        self._left -= len(piece)
        return len(piece)

    def close(self) -> None:
        self._source.close()
        super().close()
