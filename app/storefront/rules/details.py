"""Who orders, and where it goes."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

import msgspec

from app.storefront.rules.refusals import DetailsIncomplete

EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
LONGEST_EMAIL: Final = 254
LONGEST: Final = 200
WITHOUT_POSTCODE: Final = frozenset({
    "AE", "AG", "AO", "AW", "BF", "BI", "BJ", "BO", "BS", "BW", "BZ", "CD", "CF", "CG", "CI", "CK", "CM", "DJ", "DM",
    "ER", "FJ", "GA", "GD", "GH", "GM", "GQ", "GY", "HK", "KI", "KM", "KN", "KP", "LY", "ML", "MO", "MR", "MW", "NR",
    "NU", "QA", "RW", "SB", "SC", "SL", "SR", "ST", "SY", "TD", "TG", "TK", "TL", "TO", "TV", "UG", "VU", "YE", "ZW",
})  # fmt: skip
"""Countries whose addresses have none (Universal Postal Union)."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a parcel goes."""

    name: str
    street: str
    city: str
    country: str
    company: str = ""
    street2: str = ""
    region: str = ""
    postcode: str = ""
    phone: str = ""


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """Who orders, where it goes and how, and what they were shown that it costs."""

    email: str
    country: str
    name: str = ""
    region: str | None = None
    address: Address | None = None
    way: str | None = None
    shown_total_micros: int
    fan_id: UUID | None = None
    language: str = "en"


def checked(details: Details, *, needs_address: bool, needs_region: bool) -> None:
    """Refuse details without which nothing can be confirmed, taxed or sent."""
    wrong: dict[str, str] = {}
    if len(details.email) > LONGEST_EMAIL or not EMAIL.fullmatch(details.email.strip()):
        wrong["email"] = DetailsIncomplete.EMAIL
    if needs_region and not details.region:
        wrong["region"] = DetailsIncomplete.REGION
    if needs_address:
        wrong |= _missing(details.address, details.country)
    if wrong:
        raise DetailsIncomplete(fields=wrong)


def _missing(address: Address | None, country: str) -> dict[str, str]:
    if address is None:
        return {"street": DetailsIncomplete.STREET}
    wrong = {
        "name": DetailsIncomplete.NAME, "street": DetailsIncomplete.STREET, "city": DetailsIncomplete.CITY,
        "postcode": DetailsIncomplete.POSTCODE,
    }  # fmt: skip
    said = {field: str(getattr(address, field)).strip() for field in wrong}
    if address.country in WITHOUT_POSTCODE:
        del wrong["postcode"]
    missing = {field: why for field, why in wrong.items() if not 0 < len(said[field]) <= LONGEST}
    if address.country != country:
        missing["country"] = DetailsIncomplete.COUNTRY
    return missing
