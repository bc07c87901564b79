"""Postal addresses: what each holds, and what it needs to arrive."""

from __future__ import annotations

from functools import cache
from typing import Final

import msgspec
from babel import Locale

from app.fans.errors import FanDetailsUnusable
from app.kernel.collation import sort_key
from app.kernel.sentences import sentence

LONGEST: Final = 200
NEEDED: Final = sentence("This is needed.")
TOO_LONG: Final = sentence("This is longer than 200 characters.")
NO_COUNTRY: Final = sentence("Choose a country.")
WITHOUT_POSTCODE: Final = frozenset({"AE", "HK", "QA", "KW", "BH", "OM", "PA", "IE", "AO", "ZW", "GH", "UG", "FJ"})
"""Where addresses usually have no postcode (Universal Postal Union)."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where something is sent; `country` is ISO 3166-1 alpha-2."""

    name: str
    street: str
    city: str
    country: str
    company: str = ""
    street2: str = ""
    region: str = ""
    postcode: str = ""
    phone: str = ""


def countries(language: str) -> list[tuple[str, str]]:
    """Every country by its code and its name in a language, in that language's order."""
    names = Locale.parse(language.replace("-", "_")).territories
    found = [(str(code), str(name)) for code, name in names.items() if is_country(str(code))]
    return sorted(found, key=lambda pair: sort_key(pair[1], language))


def is_country(code: str) -> bool:
    """Whether two letters are a country's."""
    return code in _codes()


@cache
def _codes() -> frozenset[str]:
    known = (str(code) for code in Locale("en").territories)
    return frozenset(code for code in known if len(code) == 2 and code.isalpha()) - {
        "EU",
        "EZ",
        "UN",
        "QO",
        "XA",
        "XB",
        "ZZ",
    }


def checked(address: Address) -> Address:
    """An address with its white space in order, or a refusal that names each field that cannot be used."""
    parts = {name: " ".join(str(value).split()) for name, value in msgspec.structs.asdict(address).items()}
    parts["country"] = parts["country"].upper()
    problems = {name: TOO_LONG for name, value in parts.items() if len(value) > LONGEST}
    needed = ["name", "street", "city", *([] if parts["country"] in WITHOUT_POSTCODE else ["postcode"])]
    problems |= {name: NEEDED for name in needed if not parts[name]}
    if not is_country(parts["country"]):
        problems["country"] = NO_COUNTRY
    if problems:
        raise FanDetailsUnusable(fields=problems)
    return Address(**parts)
