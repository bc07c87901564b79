"""What a label may put in place of a sentence of ours."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from app.brand.errors import FormsMissing, PlacesMissing, PlacesUnknown, TextEmpty, TextTooLong

TRADE = (
    "Artist", "Artists", "Basket", "Catalogue", "Contracts", "Fan", "Fans", "Label", "Payouts", "Recordings",
    "Release", "Releases", "Roster", "Royalties", "Statement", "Statements", "Store", "Track", "Tracks", "Works",
)  # fmt: skip
"""The words of the trade that stand alone on pages, as titles and names of columns."""

LONGEST = 2_000
SHORTEST_LIMIT = 60
NUMBER = "%(n)s"
GROWTH = 3

_PLACE = re.compile(r"%\([^)]*\)[a-zA-Z]?|%[sd]|\{\w+\}")

_ISOLATES = re.compile("[\u2066-\u2069]")


def most(original: str) -> int:
    """How many characters may stand in place of a sentence: a title that grew to a paragraph would break its page."""
    return min(LONGEST, max(SHORTEST_LIMIT, GROWTH * len(original)))


def places(text: str) -> list[str]:
    """What is filled in when the sentence is said, as it stands there."""
    return sorted(_PLACE.findall(text))


def isolated(text: str) -> str:
    """A text to be read from right to left, in which places keep the order they must be written in."""
    return _PLACE.sub("\u2066\\g<0>\u2069", text)


def tidied(text: str) -> str:
    """A text as a form sends it, with plain line ends, nothing around it, and without what `isolated` put in."""
    return _ISOLATES.sub("", text.replace("\r\n", "\n")).strip()


def check(original: str, text: str) -> None:
    """Refuse a text that loses a place of the original, has one that nothing fills, or is too long."""
    if not text:
        raise TextEmpty
    if len(text) > (limit := most(original)):
        raise TextTooLong(most=limit)
    _check_places(original, text)


def check_forms(one: str, many: str, forms: Sequence[str], *, count: int) -> None:
    """Refuse texts about a number unless each of `count` forms has one that keeps the places of the original.

    A form for exactly one or two things may leave the number out.
    """
    if len(forms) != count or not all(forms):
        raise FormsMissing(count=count)
    for text in forms:
        if len(text) > (limit := most(many)):
            raise TextTooLong(most=limit)
        _check_places(many, text, freely=NUMBER if NUMBER in places(one) + places(many) else "")


def _check_places(original: str, text: str, *, freely: str = "") -> None:
    known, used = Counter(places(original)), Counter(places(text))
    if lost := known - used - Counter({freely: known[freely]}):
        raise PlacesMissing(places=" ".join(sorted(lost)))
    if foreign := used - known:
        raise PlacesUnknown(places=" ".join(sorted(foreign)))
