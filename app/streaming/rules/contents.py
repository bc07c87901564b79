"""What goes into a package, and what the files in it are called."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final, Literal
from uuid import UUID

import msgspec

Format = Literal["mp3_320", "aac_256", "flac", "wav_24"]

EDITION: Final = 1
"""Of the way in which packages are made; another one makes them all anew."""

LONGEST_STEM: Final = 100
_FORBIDDEN: Final = re.compile(r'[<>:"/\\|?*]')
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices."""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One track: the master's hash, what it is called, its place; number 0 where it is kept by itself."""

    recording_id: UUID
    sha256: str
    title: str
    artist: str
    disc: int = 0
    number: int = 0
    isrc: str = ""
    genre: str = ""
    copyright: str = ""
    duration_ms: int = 0


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """A package before it is made."""

    title: str
    artist: str
    date: str = ""
    cover: str = ""
    """The SHA-256 of the artwork; empty without."""
    pieces: tuple[Piece, ...]
    is_release: bool

    @property
    def discs(self) -> int:
        """How many discs there are."""
        return max(piece.disc for piece in self.pieces)

    def tracks(self, disc: int) -> int:
        """How many tracks a disc has."""
        return sum(piece.disc == disc for piece in self.pieces)


def fingerprint(contents: Contents, form: Format) -> str:
    """The same for the same masters under the same names with the same cover, and for nothing else."""
    return hashlib.sha256(msgspec.json.encode([EDITION, form, contents])).hexdigest()


def full_title(title: str, version: str | None) -> str:
    """A title with its version, unless it has it already."""
    if not version or version.casefold() in title.casefold():
        return title
    return f"{title} ({version})"


def copyright_line(p: tuple[int | None, str | None], c: tuple[int | None, str | None]) -> str:
    """Who owns the recording and the rest of it, as sleeves say it."""
    lines = (_owned("℗", *p), _owned("©", *c))
    return " ".join(line for line in lines if line)


def _owned(sign: str, year: int | None, owner: str | None) -> str:
    return " ".join(str(part) for part in (sign, year, owner) if part) if owner else ""


def file_names(contents: Contents, ending: str) -> list[str]:
    """What the tracks are called, in their order: `NN Title.ext`, with the disc before it where there are several."""
    names = []
    for piece in contents.pieces:
        place = f"{piece.disc}-{piece.number:02}" if contents.discs > 1 else f"{piece.number:02}"
        names.append(f"{safe_stem(f'{place} {piece.title}')}.{ending}")
    return _told_apart(names)


def package_name(contents: Contents, ending: str) -> str:
    """What a package is called when it is saved."""
    one = contents if contents.is_release else contents.pieces[0]
    return f"{safe_stem(f'{one.artist} - {one.title}')}.{ending}"


def safe_stem(text: str) -> str:
    """A name without its ending that every system of files takes, at most `LONGEST_STEM` characters."""
    kept = "".join(char for char in unicodedata.normalize("NFC", text) if unicodedata.category(char)[0] != "C")
    kept = re.sub(r"\s+", " ", _FORBIDDEN.sub("_", kept))[:LONGEST_STEM].strip(" .")
    return f"_{kept}" if not kept or _DEVICE.fullmatch(kept) else kept


def _told_apart(names: Iterable[str]) -> list[str]:
    """Names of which no two are the same on a system that does not tell capitals apart."""
    taken: set[str] = set()
    result = []
    for name in names:
        stem, _, ending = name.rpartition(".")
        free, count = name, 1
        while free.casefold() in taken:
            count += 1
            free = f"{stem} ({count}).{ending}"
        taken.add(free.casefold())
        result.append(free)
    return result
