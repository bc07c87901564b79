"""Who orders, and where it goes."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

import msgspec

from app.storefront.rules import addresses
from app.storefront.rules.addresses import Address, AddressUnusable
from app.storefront.rules.refusals import DetailsIncomplete

EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
LONGEST_EMAIL: Final = 254


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
    if address.country != country:
        return {"country": DetailsIncomplete.COUNTRY}
    try:
        addresses.check(address)
    except AddressUnusable as refusal:
        return refusal.fields
    return {}
