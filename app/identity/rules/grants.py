"""What artists may let a manager do for them, and what of that a giver can pass on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.identity.rules.permissions import Permission

Granted = Mapping[str, frozenset[Permission]]
"""By the key of an artist: what may be done for them."""

NOTHING: frozenset[Permission] = frozenset()
SEEN: frozenset[Permission] = frozenset({"catalog.view"})
"""What comes with any right: nobody looks after what they cannot see."""

RIGHTS: dict[str, frozenset[Permission]] = {
    "money": frozenset({"royalties.view", "payouts.view"}),
    "releases": frozenset({"catalog.edit", "uploads.create"}),
    "page": frozenset({"artists.page"}),
}


def opened_by(rights: Iterable[str], giver: frozenset[Permission]) -> frozenset[Permission]:
    """What rights open: never more than whoever gave them may do themselves."""
    wanted = SEEN.union(*(RIGHTS[right] for right in rights if right in RIGHTS))
    return wanted & giver


def can_give(right: str, giver: frozenset[Permission]) -> bool:
    """Whether a right from this giver would open anything."""
    return bool(RIGHTS.get(right, NOTHING) & giver)


def merged(parts: Iterable[tuple[str, frozenset[Permission]]]) -> dict[str, frozenset[Permission]]:
    """Several grants as one; what opens nothing is none."""
    found: dict[str, frozenset[Permission]] = {}
    for artist, opened in parts:
        if opened:
            found[artist] = found.get(artist, NOTHING) | opened
    return found
