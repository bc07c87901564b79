"""What comes in to tax, and what goes out to others."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from uuid import UUID

import msgspec

from app.kernel.actor import Actor


class Payment(NamedTuple):
    """Money that left for a payee, as payouts tell of it; amounts in micros of the currency."""

    payee_id: UUID
    party_id: UUID
    paid_on: date
    gross_micros: int
    withheld_micros: int
    currency: str
    rate_ppm: int
    fee_micros: int = 0


class Filler(NamedTuple):
    """Who fills a form in: a payee's own member, or whoever got the link that was sent to the payee."""

    actor: Actor
    name: str
    email: str
    language: str
    member_id: UUID | None = None
    invitation_id: UUID | None = None


class Came(NamedTuple):
    """From where a signature comes."""

    address: str
    agent: str


class PayerForm(msgspec.Struct, forbid_unknown_fields=True):
    """The label as the tax office knows it; an empty number leaves the one that is kept."""

    match: str
    country: str = ""
    name: str = ""
    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    phone: str = ""
    tin: str = ""


class SignatureForm(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody sends who signs: their name, what they saw, that they agree, and as what they sign."""

    name: str = ""
    seen: str = ""
    agrees: str = ""
    capacity: str = ""


class DecisionForm(msgspec.Struct, forbid_unknown_fields=True):
    """What becomes of a case, and why."""

    state: str = ""
    reason: str = ""
