"""To which imprints and artists a member is narrowed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """The keys of imprints and artists that can be seen; None where all of them can."""

    imprints: frozenset[str] | None = None
    artists: frozenset[str] | None = None

    @staticmethod
    def of(imprints: Iterable[str], artists: Iterable[str], *, is_narrow: bool = False) -> Scope:
        """The scope that kept keys mean: no keys narrow nothing, except for a narrow role, which then sees nobody."""
        some, acts = frozenset(imprints), frozenset(artists)
        return Scope(some or None, acts if acts or is_narrow else None)

    def holds(self, *, imprint: str | None, artist: str | None) -> bool:
        """Tell whether something of this imprint and this artist lies within; what is not named is not asked."""
        return (imprint is None or self.imprints is None or imprint in self.imprints) and (
            artist is None or self.artists is None or artist in self.artists
        )

    def contains(self, other: Scope) -> bool:
        """Tell whether everything that `other` sees can be seen from here."""
        return _contains(self.imprints, other.imprints) and _contains(self.artists, other.artists)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is narrowed."""
        return self.imprints is None and self.artists is None


def _contains(mine: frozenset[str] | None, theirs: frozenset[str] | None) -> bool:
    return mine is None or (theirs is not None and theirs <= mine)
