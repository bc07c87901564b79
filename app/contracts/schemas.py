"""What comes in to contracts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec

from app.contracts.rules.terms import Kind, Level, Terms
from app.kernel.money import WHOLE_PPM


class Scope(NamedTuple):
    """What a contract is about, and where; an empty territory is anywhere."""

    level: Level
    subject_id: UUID
    territory: str = ""


class NewContract(msgspec.Struct, frozen=True, kw_only=True):
    """A deal that is written down."""

    title: str
    kind: Kind
    party_id: UUID
    terms: Terms
    starts_on: date
    scopes: tuple[Scope, ...]
    ends_on: date | None = None
    language: str = "en"


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a contract besides its terms and scopes."""

    title: str
    party_id: UUID
    language: str
    starts_on: date
    ends_on: date | None = None


class NewCost(msgspec.Struct, frozen=True, kw_only=True):
    """An advance or a cost, in the contract's currency; `position` says which is recouped first."""

    kind: str
    name: str
    amount: Decimal
    incurred_on: date
    recoupable_ppm: int = WHOLE_PPM
    position: int = 0
    receipt_id: UUID | None = None
