"""Ways of sending: which lead to a country with a weight, and what they cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Rate(NamedTuple):
    """A rate of a market, in micros; no countries: all of the market's."""

    key: str
    name: str
    countries: tuple[str, ...]
    most_grams: int | None
    price_micros: int
    free_from_micros: int | None
    days_from: int
    days_until: int
    own: str = ""
    """What the label calls it; `name` is for its reader, `names` are for all others."""
    names: Mapping[str, str] = {}


def ways(rates: Iterable[Rate], *, country: str | None, grams: int) -> list[Rate]:
    """The rates by which so much can be sent to a country, in their order; of one name the first that fits.

    A country nobody has said yet is any: what leads everywhere in the market.
    """
    found: dict[str, Rate] = {}
    for rate in rates:
        leads_there = not rate.countries or (country is not None and country in rate.countries)
        if leads_there and (rate.most_grams is None or grams <= rate.most_grams):
            found.setdefault(rate.name, rate)
    return list(found.values())
