"""Which of our fields a column of a manifest holds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from typing import Final, Literal

from app.kernel.sentences import sentence
from app.uploads.rules.aliases import ALIASES, BARE, OF_TRACK

Reason = Literal["remembered", "exact", "normalised", "fuzzy", "unknown"]

_CONFIDENCE: Final[dict[Reason, float]] = {"remembered": 1.0, "exact": 1.0, "normalised": 0.95, "unknown": 0.0}
_ALIKE: Final = 0.84
_SHORTEST_FUZZY: Final = 5
_LONGEST_FUZZY: Final = 64
FIELDS: Final = tuple(ALIASES)
"""Every field that a column may hold."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a column seems to hold: one of `FIELDS` or nothing, how sure that is (0 to 1), and why."""

    header: str
    field: str | None
    confidence: float
    reason: Reason


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a mapping cannot be used: a sentence, and the header it is about unless it is about the whole."""

    sentence: str
    header: str | None = None


def propose(headers: Sequence[str], remembered: Mapping[str, str | None] | None = None) -> list[Proposal]:
    """What each column holds, in order. `remembered` is what the sender confirmed before (header → field or nothing).

    A field is given to one column only: the surest, and of equally sure ones the first. What does not say whether it
    is the release's or the track's is the track's, unless another column says that it holds the track's.
    """
    known = remembered or {}
    wished = _told_apart([_wish(header, known) for header in headers])
    taken: set[str] = set()
    settled = list(wished)
    for at in sorted(range(len(wished)), key=lambda index: -wished[index].confidence):
        field = wished[at].field
        if field in taken:
            settled[at] = Proposal(wished[at].header, None, 0.0, "unknown")
        elif field is not None:
            taken.add(field)
    return settled


def _told_apart(wished: list[Proposal]) -> list[Proposal]:
    """Give the release what is called "Title" beside a "Track Title"; where it has a title already, to nobody."""
    for field, names in _bare().items():
        of_track = field.replace("release.", "track.")
        takers = [at for at, wish in enumerate(wished) if wish.field == of_track]
        bare = [at for at in takers if _normalised(wished[at].header) in names and wished[at].reason != "remembered"]
        if not any(_says_track(wished[at].header) for at in takers if at not in bare):
            continue
        is_free = len(bare) == 1 and all(wish.field != field for wish in wished)
        for at in bare:
            given = Proposal(wished[at].header, field, _CONFIDENCE["normalised"], "normalised")
            wished[at] = given if is_free else Proposal(wished[at].header, None, 0.0, "unknown")
    return wished


def check(mapping: Mapping[str, str | None]) -> list[Flaw]:
    """What stands in the way of reading rows by `mapping` (header → field or nothing)."""
    flaws: list[Flaw] = []
    held: set[str] = set()
    for header, field in mapping.items():
        if field is None:
            continue
        if field not in ALIASES:
            flaws.append(Flaw(sentence("There is no field of this name."), header))
        elif field in held:
            flaws.append(Flaw(sentence("Another column holds this already. Choose one of them."), header))
        held.add(field)
    if "track.title" not in held:
        flaws.append(Flaw(sentence("Say which column holds the titles of the tracks.")))
    if held.isdisjoint({"release.upc", "release.id", "release.title", "release.catalog_number"}):
        flaws.append(Flaw(sentence("Say which column tells releases apart: a UPC, an id or the title of the release.")))
    return flaws


def is_known(header: str) -> bool:
    """Whether `header` is a name we know, apart from case, accents and punctuation."""
    return header.strip().casefold() in _exact() or _normalised(header) in _by_normalised()


def _wish(header: str, remembered: Mapping[str, str | None]) -> Proposal:
    if header in remembered and (remembered[header] is None or remembered[header] in ALIASES):
        return Proposal(header, remembered[header], 1.0, "remembered")
    said = header.strip()
    if (field := _exact().get(said.casefold())) is not None:
        return Proposal(header, field, _CONFIDENCE["exact"], "exact")
    if (field := _by_normalised().get(_normalised(said))) is not None:
        return Proposal(header, field, _CONFIDENCE["normalised"], "normalised")
    return _nearest(header)


def _nearest(header: str) -> Proposal:
    name = _normalised(header)
    if not _SHORTEST_FUZZY <= len(name) <= _LONGEST_FUZZY:
        return Proposal(header, None, 0.0, "unknown")
    best, field = 0.0, ""
    for alias, candidate in _by_normalised().items():
        matcher = SequenceMatcher(None, alias, name, autojunk=False)
        if len(alias) >= _SHORTEST_FUZZY and matcher.real_quick_ratio() > max(best, _ALIKE):
            ratio = matcher.ratio()
            if ratio > best:
                best, field = ratio, candidate
    if best < _ALIKE:
        return Proposal(header, None, 0.0, "unknown")
    return Proposal(header, field, round(best * 0.9, 3), "fuzzy")


def _normalised(text: str) -> str:
    """Letters and digits only, without case, accents and width; a mark in brackets such as "(required)" is dropped."""
    bare = re.sub(r"[(\[](?:required|optional|mandatory|pflicht|obligatoire|\*)[)\]]", "", text.casefold())
    letters = unicodedata.normalize("NFKD", bare)
    return "".join(letter for letter in letters if letter.isalnum())


@cache
def _exact() -> dict[str, str]:
    found: dict[str, str] = {}
    for field, names in ALIASES.items():
        for name in names:
            found.setdefault(name.casefold(), field)
    return found


@cache
def _by_normalised() -> dict[str, str]:
    found: dict[str, str] = {}
    for field, names in ALIASES.items():
        for name in names:
            found.setdefault(_normalised(name), field)
    found.pop("", None)
    return found


@cache
def _bare() -> dict[str, frozenset[str]]:
    return {field: frozenset(map(_normalised, names)) for field, names in BARE.items()}


def _says_track(header: str) -> bool:
    name = _normalised(header)
    return any(word in name for word in _track_words())


@cache
def _track_words() -> tuple[str, ...]:
    return tuple(map(_normalised, OF_TRACK))
