"""What a shop's front page can be made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from app.kernel.sentences import sentence

SENTENCES: Final = {
    "hero": sentence("The newest release, large"),
    "new": sentence("New releases"),
    "soon": sentence("Coming soon"),
    "merch": sentence("Merch"),
    "artists": sentence("Artists"),
    "journal": sentence("From the journal"),
    "letters": sentence("Sign up for news"),
}
COUNTED: Final = frozenset({"new", "soon", "merch", "artists", "journal"})
"""Of these it can be said how many are shown."""
USUAL: Final = ("hero", "new", "soon", "merch", "artists", "journal", "letters")
USUAL_COUNT: Final = 8
MOST: Final = 24


def usual() -> list[dict[str, Any]]:
    """The sections of a shop whose label has not chosen any."""
    return [{"kind": kind, **({"count": USUAL_COUNT} if kind in COUNTED else {})} for kind in USUAL]


def checked(sections: Sequence[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Sections as they are kept, each kind once; None where one is not a section."""
    found: dict[str, dict[str, Any]] = {}
    for section in sections:
        kind, count = section.get("kind"), section.get("count", USUAL_COUNT)
        if kind not in SENTENCES or kind in found or not isinstance(count, int) or not 1 <= count <= MOST:
            return None
        found[kind] = {"kind": kind, **({"count": count} if kind in COUNTED else {})}
    return list(found.values())
