"""What a label may put in place of a sentence of ours."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from app.brand.errors import PlacesMissing, PlacesUnknown, TextEmpty, TextTooLong

TRADE = (
    "Artist", "Artists", "Cart", "Catalogue", "Contracts", "Fan", "Fans", "Label", "Payouts", "Recordings",
    "Release", "Releases", "Roster", "Royalties", "Statement", "Statements", "Store", "Track", "Tracks", "Works",
)  # fmt: skip
"""The words of the trade that stand alone on pages, as titles and names of columns."""

LONGEST = 2_000
SHORTEST_LIMIT = 60
GROWTH = 3

_PLACE = re.compile(r"%\([^)]*\)[a-zA-Z]?|%[sd]|\{\w+\}")

_ISOLATES = re.compile("[\u2066-\u2069]")


def title(term: str) -> str:
    """The sentence that a term is when it stands alone."""
    return term.capitalize()


def titles(terms: Mapping[str, str]) -> dict[str, str]:
    """A label's terms as sentences: what it calls a roster is said wherever “Roster” stands alone."""
    return {title(term): text for term, text in terms.items()}


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
    known, used = Counter(places(original)), Counter(places(text))
    if lost := known - used:
        raise PlacesMissing(places=" ".join(sorted(lost)))
    if foreign := used - known:
        raise PlacesUnknown(places=" ".join(sorted(foreign)))
