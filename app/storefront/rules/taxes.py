"""Which tax a sale bears: rates of places from dated tables, and whether the label collects them there.

Behind `Taxes`, so that a service that knows every county's rate can take the place of the tables.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, Protocol, get_args

from app.kernel.sentences import sentence

DATA: Final = Path(__file__).parents[1] / "data"
TaxClass = Literal["goods", "digital", "untaxed"]
TAX_CLASSES: Final[tuple[TaxClass, ...]] = get_args(TaxClass)
BY_REGION: Final = frozenset({"US", "CA"})
"""Where a buyer's region decides."""
LEVIES: Final = {
    "VAT": sentence("VAT"),
    "Sales tax": sentence("Sales tax"),
    "Consumption tax": sentence("Consumption tax"),
}
"""Taxes that each language has a word for; all others are called as in their country ("GST") or by the label."""


class Levy(NamedTuple):
    """A tax by name, and its rate in parts per million of the price without tax."""

    name: str
    rate_ppm: int


class Place(NamedTuple):
    """Where a buyer is, ISO 3166-1 and the part of ISO 3166-2 after the hyphen."""

    country: str
    region: str | None = None


def region_code(country: str, region: str | None) -> str | None:
    """A region as tables know it: ISO 3166-2 without the country."""
    return region.strip().upper().removeprefix(f"{country}-") or None if region else None


class Registered(NamedTuple):
    """Where the label collects tax: in a country, in one of its states or provinces, or by the OSS in all of the EU."""

    scheme: str
    country: str
    region: str | None
    starts_on: date
    ends_on: date | None = None

    def counts_on(self, on: date) -> bool:
        """Whether it counts on a day."""
        return self.starts_on <= on and (self.ends_on is None or on <= self.ends_on)


class OwnRate(NamedTuple):
    """A rate that the label set in place of the one in the tables."""

    country: str
    region: str | None
    tax_class: str
    name: str
    rate_ppm: int
    starts_on: date


class Taxes(Protocol):
    """Whoever knows which taxes a sale bears."""

    def levies(self, tax_class: str, to: Place, on: date) -> tuple[Levy, ...]:
        """The taxes that the label collects on a sale of a day; none: nothing is collected."""
        ...


@dataclass(frozen=True)
class Row:
    """A rate of the tables; `digital_ppm` where things without a body are taxed otherwise, 0 where they are not."""

    country: str
    region: str | None
    name: str
    rate_ppm: int
    valid_from: date
    digital_ppm: int | None = None
    valid_to: date | None = None
    under: str | None = None
    """What has to be registered for it, where that is not the country: a region of its own ("QC")."""

    def rate(self, tax_class: str) -> int:
        """The rate for a class of goods."""
        return self.digital_ppm if tax_class == "digital" and self.digital_ppm is not None else self.rate_ppm


class Table(NamedTuple):
    """The rates of one version, and the countries that tax as one."""

    version: str
    union: frozenset[str]
    rows: dict[str, tuple[Row, ...]]

    def rows_for(self, place: Place, on: date) -> list[Row]:
        """What counts at a place on a day."""
        return [
            row
            for row in self.rows.get(place.country, ())
            if row.region in (None, place.region)
            and row.valid_from <= on
            and (row.valid_to is None or on <= row.valid_to)
        ]


@cache
def table() -> Table:
    """The rates that we know."""
    read = tomllib.loads((DATA / "tax_rates.toml").read_text())
    rows: dict[str, list[Row]] = {}
    for said in read["rate"]:
        rows.setdefault(said["country"], []).append(_row(said))
    return Table(read["version"], frozenset(read["union"]), {key: tuple(found) for key, found in rows.items()})


def _row(said: dict[str, Any]) -> Row:
    return Row(**{"region": None, "name": "VAT", "valid_from": date(2000, 1, 1), **said})


@dataclass(frozen=True)
class Tables:
    """Taxes by the tables: what the label is registered for is collected, by its own rates where it has set some."""

    ships_from: str
    registered: Sequence[Registered] = ()
    own: Sequence[OwnRate] = ()

    def levies(self, tax_class: str, to: Place, on: date) -> tuple[Levy, ...]:
        """The taxes that the label collects on a sale of a day."""
        if tax_class == "untaxed":
            return ()
        counting = [each for each in self.registered if each.counts_on(on)]
        if to.country in table().union:
            at = self._in_union(tax_class, to, counting)
            return self._at(at, tax_class, on, None) if at else ()
        return self._at(to, tax_class, on, counting)

    def _in_union(self, tax_class: str, to: Place, counting: Sequence[Registered]) -> Place | None:
        """Where in the EU a sale is taxed (2006/112/EC, 33, 58, 59c): at home, by the OSS there, else at the origin.

        What comes from outside is imported by the buyer; the OSS is then for what has no body only (358a).
        """
        at_home = {each.country for each in counting if each.scheme == "domestic"}
        if to.country in at_home:
            return to
        is_inside = self.ships_from in table().union
        if any(each.scheme == "oss" for each in counting) and (is_inside or tax_class == "digital"):
            return to
        return Place(self.ships_from) if is_inside and self.ships_from in at_home else None

    def _at(self, place: Place, tax_class: str, on: date, counting: Sequence[Registered] | None) -> tuple[Levy, ...]:
        """The levies of a place; of those of a region only what is registered (`counting`; None: all is)."""
        rows = [
            row
            for row in table().rows_for(place, on)
            if counting is None or any(_covers(each, row, place) for each in counting)
        ]
        own = self._own(place, tax_class, on)
        if own is not None and (rows or counting is None or any(_is_at(each, place) for each in counting)):
            return (own,) if own.rate_ppm else ()
        return tuple(Levy(row.name, row.rate(tax_class)) for row in rows if row.rate(tax_class))

    def _own(self, place: Place, tax_class: str, on: date) -> Levy | None:
        """What the label set for a place: for the region before the country, the newest first."""
        found = [
            rate
            for rate in self.own
            if (rate.country, rate.tax_class) == (place.country, tax_class)
            and rate.region in (None, place.region)
            and rate.starts_on <= on
        ]
        newest = max(found, key=lambda rate: (rate.region is not None, rate.starts_on), default=None)
        return Levy(newest.name, newest.rate_ppm) if newest else None


def _is_at(registered: Registered, place: Place) -> bool:
    """Whether a registration is for a place: for its country, or for its region."""
    is_whole = registered.scheme == "domestic" and registered.region is None
    return registered.country == place.country and (
        is_whole or (registered.scheme == "state" and registered.region == place.region)
    )


def _covers(registered: Registered, row: Row, place: Place) -> bool:
    """Whether a registration is for a row: a state's for the state's, a country's for what no region has of its own."""
    if registered.country != place.country or registered.scheme == "oss":
        return False
    region = row.under or (row.region if place.country == "US" else None)
    return registered.region == region if region else registered.scheme == "domestic"
