"""Who orders, and where it goes."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

import msgspec

from app.storefront.rules import addresses
from app.storefront.rules.addresses import Address, AddressUnusable
from app.storefront.rules.refusals import DetailsIncomplete
from app.storefront.rules.taxes import BY_REGION, region_code

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
    wrong = email_problem(details.email)
    if needs_region and not details.region:
        wrong["region"] = DetailsIncomplete.REGION
    if needs_address:
        wrong |= _missing(details.address, details.country) or _elsewhere(details)
    if wrong:
        raise DetailsIncomplete(fields=wrong)


def email_problem(email: str) -> dict[str, str]:
    """What is wrong with the address that an order is confirmed to, by its field; nothing where nothing is."""
    is_fine = len(email) <= LONGEST_EMAIL and EMAIL.fullmatch(email.strip())
    return {} if is_fine else {"email": DetailsIncomplete.EMAIL}


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


def _elsewhere(details: Details) -> dict[str, str]:
    """A parcel is taxed in the state or province to which it goes."""
    if details.address is None or details.country not in BY_REGION:
        return {}
    said, meant = (region_code(details.country, each) for each in (details.region, details.address.region))
    return {} if said == meant else {"region": DetailsIncomplete.REGION}
