"""Where something was sold: two letters, three letters or a name, made into ISO 3166-1's two letters."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

from babel.core import Locale, get_global

from app.catalog.rules.vocabulary import TERRITORIES

NAMED_IN: Final = ("en", "de", "fr", "es", "pt", "it", "nl", "pl", "ru", "ja", "ko", "zh", "ar")
_ALSO: Final = {
    "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "usa": "US", "u.s.": "US", "u.s.a.": "US",
    "united states of america": "US", "korea, republic of": "KR", "korea": "KR", "republic of korea": "KR",
    "south korea": "KR", "russian federation": "RU", "viet nam": "VN", "czech republic": "CZ", "holland": "NL",
    "the netherlands": "NL", "macedonia": "MK", "turkey": "TR", "taiwan, province of china": "TW", "hong kong": "HK",
    "macao": "MO", "macau": "MO", "iran, islamic republic of": "IR", "bolivia, plurinational state of": "BO",
    "venezuela, bolivarian republic of": "VE", "moldova, republic of": "MD", "tanzania, united republic of": "TZ",
    "ivory coast": "CI", "cape verde": "CV", "swaziland": "SZ",
    "brunei darussalam": "BN", "palestine": "PS", "el": "GR",
    "congo, the democratic republic of the": "CD", "lao people's democratic republic": "LA",
    "syrian arab republic": "SY",
    "micronesia, federated states of": "FM", "republic of ireland": "IE", "burma": "MM", "rom": "RO", "xk": "XK",
    "kosovo": "XK",
}  # fmt: skip
_WORLD: Final = frozenset({"ww", "world", "worldwide", "global", "all", "zz", "row", "rest of world", "various", "00"})
WORLD: Final = "ZZ"
"""Nowhere in particular: the sender sums countries up."""


@cache
def territory(text: str) -> str | None:
    """The two letters of a country; `ZZ` for the world, None where no country is meant."""
    said = _folded(text)
    if not said:
        return None
    if said in _WORLD:
        return WORLD
    return _names().get(said)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("’", "'").strip().strip(".").casefold()


@cache
def _names() -> dict[str, str]:
    known = {code.casefold(): code for code in TERRITORIES}
    for language in NAMED_IN:
        for code, name in Locale(language).territories.items():
            if code in TERRITORIES:
                known.setdefault(_folded(name), code)
    for alias, (code, *_) in get_global("territory_aliases").items():
        if len(alias) == 3 and alias.isalpha() and code in TERRITORIES:  # ISO 3166-1 alpha-3
            known.setdefault(alias.casefold(), code)
    return {**known, **_ALSO}
