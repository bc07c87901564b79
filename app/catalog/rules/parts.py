"""What a release, a recording or a work has several of, as rows that are typed, compared and kept in history.

An item is a plain map; its `name` is what people read, everything else is what brings it back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.catalog.rules.roles import ARTIST_ROLES, WRITER_ROLES
from app.catalog.rules.vocabulary import LANGUAGES

Item = dict[str, Any]

SCRIPTS = (
    "Latn", "Arab", "Cyrl", "Deva", "Grek", "Hans", "Hant", "Hebr", "Jpan", "Kore", "Thai", "Armn", "Beng", "Ethi",
    "Geor", "Gujr", "Guru", "Khmr", "Knda", "Laoo", "Mlym", "Mong", "Mymr", "Sinh", "Taml", "Telu", "Tibt",
)  # fmt: skip
"""ISO 15924, the ones that titles are written in."""

LONGEST = 500
WHOLE_PPM = 1_000_000
PROBLEM_SENTENCES = {
    "needed": "This is needed.",
    "no main": "Name at least one main artist.",
    "twice": "Something is there twice. Remove one of the two.",
    "role": "Choose one of the values offered.",
    "long": "This is longer than fits here.",
    "language": "One of these is no language. Choose from the list, such as ja or pt-BR.",
    "share": "Write a share as a percentage between 0 and 100.",
    "shares": "The shares add up to more than the whole.",
    "uneven": "Some of this cannot be used as it is.",
}
_TAG = re.compile(r"([a-z]{2,3})(?:-([A-Z][a-z]{3}))?(?:-[A-Z]{2})?")
_SHARE = re.compile(r"(\d{1,3})(?:[.,](\d{1,4}))?")


class Unusable(ValueError):
    """Some items cannot be kept; the argument is the key of the sentence that says why."""


def artist_line(artists: Sequence[Mapping[str, Any]]) -> str:
    """Artists as a cover names them: "A, B & C feat. D"; a remixer stands in the version, not in the line."""
    main, guests = ([row["name"] for row in artists if row["role"] == role] for role in ("main", "featured"))
    return " feat. ".join(filter(None, (_listed(main), _listed(guests))))


def _listed(names: list[str]) -> str:
    return " & ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def checked_artists(items: Sequence[Item]) -> list[Item]:
    """Artists of whom at least one is a main one, each once in a role."""
    if any(row["role"] not in ARTIST_ROLES for row in items):
        raise Unusable("role")
    if any(len(row["name"]) > LONGEST for row in items):
        raise Unusable("long")
    if not any(row["role"] == "main" for row in items):
        raise Unusable("no main")
    _each_once(items, "artist", "role")
    return list(items)


def checked_credits(items: Sequence[Item]) -> list[Item]:
    """People with what they did, each once in a role."""
    if any(not row["role"] or len(row["role"]) > LONGEST for row in items):
        raise Unusable("role")
    _each_once(items, "contributor", "role")
    return list(items)


def checked_writers(items: Sequence[Item]) -> list[Item]:
    """Writers of a work, whose shares make no more than the whole."""
    if any(row["role"] not in WRITER_ROLES for row in items):
        raise Unusable("role")
    _each_once(items, "contributor", "role")
    if sum(row["share_ppm"] or 0 for row in items) > WHOLE_PPM:
        raise Unusable("shares")
    return list(items)


def _each_once(items: Sequence[Item], *keys: str) -> None:
    seen = set()
    for row in items:
        key = tuple(row[name] for name in keys)
        if key in seen:
            raise Unusable("twice")
        seen.add(key)


def checked_titles(items: Sequence[Item]) -> list[Item]:
    """Titles in other languages, one for each language and script."""
    for row in items:
        found = _TAG.fullmatch(row["language"])
        if found is None or found[1] not in LANGUAGES or (found[2] and found[2] not in SCRIPTS):
            raise Unusable("language")
        if max(len(row["name"]), len(row["transliteration"])) > LONGEST:
            raise Unusable("long")
    _each_once(items, "language")
    return list(items)


def tag(language: str, script: str) -> str:
    """A language with the script that it is written in (BCP 47): "sr" and "Latn" are sr-Latn."""
    bare, dash, rest = language.partition("-")
    if not script:
        return language
    kept = rest if len(rest) == len("BR") else ""
    return "-".join(filter(None, (bare, script, kept if dash else "")))


def share_ppm(said: str) -> int | None:
    """A share in parts per million from a percentage; nothing where nothing is said."""
    text = said.strip().removesuffix("%").strip()
    if not text:
        return None
    found = _SHARE.fullmatch(text)
    ppm = int(found[1]) * 10_000 + int((found[2] or "0").ljust(4, "0")) if found else WHOLE_PPM + 1
    if ppm > WHOLE_PPM:
        raise Unusable("share")
    return ppm


def spelled_share(ppm: int | None) -> str:
    """A share as a percentage without needless digits."""
    if ppm is None:
        return ""
    return f"{ppm // 10_000}.{ppm % 10_000:04}".rstrip("0").rstrip(".")


def untagged(said: str) -> tuple[str, str]:
    """A language apart from the script in its tag: sr-Latn is "sr" and "Latn"."""
    parts = said.split("-")
    script = next((part for part in parts[1:] if len(part) == len("Latn")), "")
    return "-".join(part for part in parts if part != script), script
