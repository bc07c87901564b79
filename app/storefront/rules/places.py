"""Where music may be sold: the territories of a release against a buyer's country."""

from __future__ import annotations

from collections.abc import Collection

WORLDWIDE = "Worldwide"


def is_allowed(country: str | None, territories: Collection[str], excluded: Collection[str]) -> bool:
    """Whether a release may be sold in a country; where nobody has said which, only what is sold everywhere is sure."""
    if country is None:
        return WORLDWIDE in territories
    return country not in excluded and (WORLDWIDE in territories or country in territories)
