"""What a shop's front page can be made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from app.kernel.sentences import sentence

SENTENCES: Final = {
    "hero": sentence("The newest release, large"),
    "releases": sentence("New releases"),
    "merch": sentence("Merch"),
    "artists": sentence("Artists"),
    "journal": sentence("From the journal"),
    "text": sentence("A text of your own"),
}
COUNTS: Final = {"releases": 8, "merch": 4, "artists": 4, "journal": 3}
"""How many of each are shown where nobody says another number."""
USUAL: Final = ("hero", "releases", "merch", "artists", "journal")
MOST: Final = 12


def usual() -> list[dict[str, Any]]:
    """The sections of a shop whose label has not chosen any."""
    return [_section(kind, COUNTS.get(kind)) for kind in USUAL]


def checked(sections: Sequence[dict[str, Any]], held: Sequence[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Sections as they are kept, each kind once, with what they had beside; None where one is not a section."""
    before = {section.get("kind"): section for section in held}
    found: dict[str, dict[str, Any]] = {}
    for section in sections:
        kind, count = str(section.get("kind")), section.get("count", 1)
        if kind not in SENTENCES or kind in found or not isinstance(count, int) or not 1 <= count <= MOST:
            return None
        found[kind] = {**before.get(kind, {}), **_section(kind, count)}
    return list(found.values())


def _section(kind: str, count: int | None) -> dict[str, Any]:
    return {"kind": kind, "count": count} if kind in COUNTS else {"kind": kind}
