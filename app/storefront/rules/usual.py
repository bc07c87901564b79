"""The shop that a label starts with: markets, ways of sending, and where it is at home."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel.core import Locale, get_global

from app.kernel.money import exponent
from app.kernel.web.languages import LANGUAGES, SOURCE
from app.storefront.rules.rounding import converted, minor_step

DATA: Final = Path(__file__).parents[1] / "data"
WORLD: Final = "world"


@dataclass(frozen=True)
class Sent:
    """A way of sending with its price in micros, free from a sum on."""

    name: str
    names: dict[str, str]
    price_micros: int
    free_from_micros: int | None
    days: tuple[int, int]


@dataclass(frozen=True)
class UsualMarket:
    """A market as a new shop has it."""

    key: str
    name: str
    names: dict[str, str]
    currency: str
    countries: tuple[str, ...]
    languages: tuple[str, ...]
    tax_shown: str
    rounding: str
    sent: tuple[Sent, ...] = ()


def home_of(currency: str, time_zone: str) -> str:
    """The country in which a label seems to be: that of its clocks, else the first in which its money is spent."""
    country = str(get_global("zone_territories").get(time_zone, ""))
    if is_country(country):
        return country
    usual = {"EUR": "DE", "USD": "US"}
    spent = get_global("territory_currencies")
    spenders = [
        key for key, used in sorted(spent.items()) if any(code == currency and end is None for code, _, end, _ in used)
    ]
    return usual.get(currency) or next(iter(spenders), "US")


def is_country(code: str) -> bool:
    """Whether it is a country's code (ISO 3166-1); "ZZ" and "001" are nowhere and everywhere."""
    return code in get_global("territory_currencies") and code != "ZZ"


def usual_markets(currency: str, country: str) -> list[UsualMarket]:
    """The markets of a label that keeps its books in a currency and sends from a country; its own comes first.

    Where none of the usual ones has its country in its currency, it gets one of its own.
    """
    read = _read()
    found = [_market(said, currency, country, read) for said in read["market"]]
    home = next((each for each in found if country in each.countries and each.currency == currency), None)
    if home is None:
        home = _own(country, found)
        found = [replace(each, countries=tuple(key for key in each.countries if key != country)) for each in found]
        found = [each for each in found if each.countries or each.key == WORLD]
    return [home, *(each for each in found if each.key != home.key)]


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads((DATA / "markets.toml").read_text())


def _market(said: dict[str, Any], currency: str, country: str, read: dict[str, Any]) -> UsualMarket:
    is_near = country in said["countries"]
    code = said["currency"] or currency
    worth = Decimal(1) if said["currency"] else Decimal(str(read["worth"].get(currency, 1)))
    price = _micros(said["near" if is_near else "far"], worth, code)
    free_from = _micros(said["free_from"], worth, code) or None
    return UsualMarket(
        said["key"], said["name"], _names(said), code, tuple(said["countries"]), tuple(said["languages"]),
        said["tax_shown"], said["rounding"], _ways(read["way"], price, free_from, is_near=is_near),
    )  # fmt: skip


def _names(said: dict[str, Any]) -> dict[str, str]:
    """The market's name in each of our languages, by CLDR where it is called after a country or a union of them."""
    return names_of(said["territory"]) if "territory" in said else dict(said["names"])


def names_of(territory: str) -> dict[str, str]:
    """What a territory is called in each of our languages."""
    return {key: str(Locale.parse(key, sep="-").territories.get(territory, territory)) for key in LANGUAGES}


def _own(country: str, found: Sequence[UsualMarket]) -> UsualMarket:
    world = next(each for each in found if each.key == WORLD)
    names = names_of(country)
    return replace(world, key=country.lower(), name=names[SOURCE], names=names, countries=(country,), rounding="none")


def _ways(ways: Sequence[dict[str, Any]], price: int, free_from: int | None, *, is_near: bool) -> tuple[Sent, ...]:
    return tuple(
        Sent(
            way["name"], dict(way["names"]), price * way["times"], free_from if way["is_free"] else None,
            tuple(way["near_days" if is_near else "far_days"]),
        )
        for way in ways
    )  # fmt: skip


def _micros(units: float, worth: Decimal, currency: str) -> int:
    """Units as micros; what is converted is rounded to whole units, or to tens where there are no minor ones."""
    if worth == 1:
        return int(Decimal(str(units)) * 1_000_000)
    micros = converted(int(Decimal(str(units)) * 1_000_000), worth, currency)
    step = minor_step(currency) * 10 ** max(exponent(currency), 2)
    return max(1, (micros + step // 2) // step) * step if micros else 0


def usual_price(euros: float, currency: str) -> int:
    """What something that costs so many euros usually costs in a currency, in micros."""
    return _micros(euros, Decimal(str(_read()["worth"].get(currency, 1))), currency)
