"""What a person may change of a release and of a recording, and how each value is typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.catalog.rules import identifiers
from app.catalog.rules.merging import BETWEEN
from app.kernel.commas import between_commas

SENTENCES = {
    "needed": "This is needed.",
    "choice": "Choose one of the values offered.",
    "year": "Write a year with four digits.",
    "date": "Write a date as 2026, 2026-11 or 2026-11-25.",
    "duration": "Write a duration as minutes and seconds, such as 3:45.",
    "isrc": "An ISRC has two letters, three letters or digits and seven digits, such as DE-A01-26-00001.",
    "iswc": "This ISWC has a mistake in it. Compare it with the original.",
    "upc": "This barcode has a mistake in it: its last digit does not follow from the others.",
    "grid": "This GRid has a mistake in it. Compare it with the original.",
    "text": "This is longer than fits here.",
}
LONGEST = 500
YEARS = range(1860, 2200)
_DURATION = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)(?:\.(\d{1,3}))?")


class Unreadable(ValueError):
    """A text is not a value of its field; the argument is the key of the sentence that says why."""


Read = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its column, what it is called (a msgid), how a typed text becomes its value, and what it may be."""

    column: str
    title: str
    read: Read
    choices: tuple[str, ...] = ()
    is_needed: bool = False


def text(said: str) -> str | None:
    """A text on one line; nothing where it is blank."""
    value = " ".join(said.split())
    if len(value) > LONGEST:
        raise Unreadable("text")
    return value or None


def long_text(said: str) -> str | None:
    """A text with lines."""
    if len(said) > LONGEST * 40:
        raise Unreadable("text")
    return said.strip().replace("\r\n", "\n") or None


def texts(said: str) -> list[str]:
    """Values between commas."""
    return between_commas(said.replace(BETWEEN, ","))


def year(said: str) -> int | None:
    """A year."""
    if not said.strip():
        return None
    if not re.fullmatch(r"\d{4}", said.strip()) or int(said) not in YEARS:
        raise Unreadable("year")
    return int(said)


def partial_date(said: str) -> str | None:
    """A date of which only the year or the month may be known."""
    value = said.strip()
    if not value:
        return None
    parts = value.split("-")
    try:
        if not re.fullmatch(r"\d{4}(-\d{2}){0,2}", value):
            raise Unreadable("date")
        date(*([int(part) for part in parts] + [1, 1])[:3])
    except ValueError:
        raise Unreadable("date") from None
    return value


def duration(said: str) -> int | None:
    """Milliseconds from minutes and seconds."""
    value = said.strip()
    if not value:
        return None
    if value.isdigit() and len(value) > len("999"):
        return int(value)  # as history keeps it
    found = _DURATION.fullmatch(value)
    if found is None:
        raise Unreadable("duration")
    hours, minutes, seconds, rest = found.groups()
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return (whole * 1000 + int((rest or "0").ljust(3, "0"))) or None


def isrc(said: str) -> str | None:
    """A recording's code."""
    return _code(said, "isrc", identifiers.is_isrc, identifiers.bare)


def upc(said: str) -> str | None:
    """A release's barcode."""
    return _code(said, "upc", identifiers.is_gtin, identifiers.gtin)


def grid(said: str) -> str | None:
    """A release's GRid."""
    return _code(said, "grid", identifiers.is_grid, identifiers.release_grid)


def _code(said: str, kind: str, fits: Callable[[str], bool], form: Callable[[str], str]) -> str | None:
    if not said.strip():
        return None
    if not fits(said):
        raise Unreadable(kind)
    return form(said)


def iswc(said: str) -> str | None:
    """A work's code."""
    return _code(said, "iswc", identifiers.is_iswc, identifiers.bare)


def yes(said: str) -> bool:
    """Whether something is so."""
    return said.strip().lower() in ("true", "1", "yes", "on")


KINDS = ("album", "ep", "single", "compilation", "dj_mix")
PARENTAL = ("none", "explicit", "clean")
AI_USE = ("none", "partial", "full")
CHOICE_SENTENCES = {
    "album": "Album", "ep": "EP", "single": "Single", "compilation": "Compilation", "dj_mix": "DJ mix",
    "none": "None", "explicit": "Explicit", "clean": "Clean version", "partial": "In part", "full": "Fully",
}  # fmt: skip
FIELD_SENTENCES = {
    "title": "Title", "version_title": "Version", "edition": "Edition", "kind": "Kind",
    "catalog_number": "Catalogue number", "upc": "UPC", "grid": "GRid", "language": "Language", "genre": "Genre",
    "subgenre": "Subgenre", "styles": "Styles", "parental": "Parental warning", "ai_use": "AI use",
    "p_year": "℗ year", "p_owner": "℗ owner", "c_year": "© year", "c_owner": "© owner",
    "original_release_date": "First released", "release_date": "Release date", "preorder_date": "Pre-order from",
    "territories": "Territories", "excluded_territories": "Except in", "format": "Format", "country": "Country",
    "isrc": "ISRC", "duration_ms": "Duration", "lyrics_language": "Language of the lyrics", "lyrics": "Lyrics",
    "is_instrumental": "Instrumental", "artist_line": "Artists", "iswc": "ISWC", "artists": "Artists",
    "titles": "Titles in other languages", "imprint": "Imprint", "tracks": "Tracks", "credits": "Credits",
    "works": "Works", "writers": "Writers", "artwork": "Artwork",
}  # fmt: skip


def _fields(reads: Mapping[str, Read], choices: Mapping[str, tuple[str, ...]]) -> dict[str, Field]:
    return {
        name: Field(name, FIELD_SENTENCES[name], read, choices.get(name, ()), is_needed=name in ("title", *choices))
        for name, read in reads.items()
    }


RELEASE = _fields(
    {
        "title": text, "version_title": text, "edition": text, "kind": text, "release_date": partial_date,
        "original_release_date": partial_date, "preorder_date": partial_date, "catalog_number": text, "upc": upc,
        "grid": grid, "language": text, "genre": text, "subgenre": text, "styles": texts, "parental": text,
        "ai_use": text, "p_year": year, "p_owner": text, "c_year": year, "c_owner": text, "territories": texts,
        "excluded_territories": texts, "format": text, "country": text,
    },
    {"kind": KINDS, "parental": PARENTAL, "ai_use": AI_USE},
)  # fmt: skip
RECORDING = _fields(
    {
        "title": text, "version_title": text, "isrc": isrc, "duration_ms": duration, "language": text,
        "lyrics_language": text, "genre": text, "parental": text, "is_instrumental": yes, "ai_use": text,
        "p_year": year, "p_owner": text, "lyrics": long_text,
    },
    {"parental": PARENTAL, "ai_use": AI_USE},
)  # fmt: skip
WORK = _fields({"title": text, "iswc": iswc, "language": text}, {})


def values(fields: Mapping[str, Field], typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """What was typed as values, and for what cannot be read the sentence that says why."""
    found: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, said in typed.items():
        field = fields[name]
        try:
            value = field.read(said)
        except Unreadable as why:
            problems[name] = SENTENCES[str(why)]
            continue
        if field.is_needed and value is None:
            problems[name] = SENTENCES["needed"]
        elif field.choices and value not in field.choices:
            problems[name] = SENTENCES["choice"]
        else:
            found[name] = value
    return found, problems


def shown(name: str, value: Any) -> str:
    """A value as it is typed."""
    if value is None:
        return ""
    if name == "duration_ms":
        return spelled_duration(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(value) if isinstance(value, list) else str(value)


def told(value: Any) -> str | None:
    """A value as history keeps it, the way whole loads do."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return BETWEEN.join(value) or None
    return None if value is None else str(value)


def spelled_duration(ms: int) -> str:
    """Milliseconds as minutes and seconds, hours only where there are any."""
    minutes, seconds = divmod(round(ms / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
