"""What a contract's text is written from: the deal as people know it, beside its terms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from app.contracts.rules.terms import Kind, Level, Terms


class Subject(NamedTuple):
    """One thing that a contract is about, by name."""

    level: Level
    name: str = ""
    code: str = ""
    territory: str = ""


class Advance(NamedTuple):
    """What is paid ahead, in the contract's currency, and which part of it is recouped."""

    name: str
    amount: Decimal
    part: Decimal


class Deal(NamedTuple):
    """All that a contract's text is written from."""

    number: str
    title: str
    kind: Kind
    label: str
    party: str
    country: str
    starts_on: date
    ends_on: date | None
    subjects: tuple[Subject, ...]
    advances: tuple[Advance, ...]
    pays_back: tuple[str, ...]
    """Titles of contracts under which its earnings are recouped, too."""

    payees: Mapping[UUID, str]
    titles: Mapping[UUID, str]
    """Of the contracts that the terms name."""

    terms: Terms
    terms_hash: str
