"""What amounts are made of, wherever money is shown or asked for."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from app.api.errors import PartOfACoin
from app.kernel.money import exact, is_currency, to_minor
from app.payouts.errors import RailUnknown

Micros = Annotated[
    int, Meta(description="Millionths of the currency's unit; the ledger knows nothing smaller.", examples=[12_340_000])
]
SomeMicros = Annotated[
    int,
    Meta(ge=1, le=10**18, description="Millionths of the currency's unit, in whole cents.", examples=[50_000_000]),
]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="A currency's code (ISO 4217).", examples=["EUR"])]
Exact = Annotated[
    str, Meta(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="A decimal number, not rounded.", examples=["0.004125"])
]
"""Decimals of any length are told as texts: a program's floating point would round them."""


def minor_of(micros: int | None, currency: str) -> int | None:
    """An amount in the currency's smallest coins; None, everything there is, stays None."""
    if not is_currency(currency):
        raise RailUnknown
    if micros is None:
        return None
    minor, rest = to_minor(micros, currency)
    if rest:
        raise PartOfACoin(fields={"amount_micros": PartOfACoin.message})
    return minor


def exactly(number: Decimal | None) -> str | None:
    """A decimal as a program reads it: every digit, and no exponent."""
    if number is None:
        return None
    with exact():
        return f"{number:f}"
