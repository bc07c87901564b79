"""What one row of sales is worth under a clause: what the database works out for a million of them at once."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import NamedTuple

from app.contracts.rules.terms import Base, Clause
from app.kernel.money import exact


class Sold(NamedTuple):
    """The numbers of a row of sales."""

    quantity: Decimal
    net: Decimal
    gross: Decimal | None = None
    unit_price: Decimal | None = None
    retail_price: Decimal | None = None


def rate_key(base: str, quote: str, on: date | None = None) -> str:
    """What a run calls an exchange rate; one that is not of its period's last day by its day, too."""
    return f"{base}/{quote}@{on.isoformat()}" if on else f"{base}/{quote}"


def base_of(base: Base, sold: Sold) -> Decimal | None:
    """What a rate is of; nothing where the row has no price and the terms no list price."""
    with exact():
        one = _alone(base, sold)
        if base.other is None or base.either is None:
            return one
        two = _alone(base.other, sold)
        both = [each for each in (one, two) if each is not None]
        wants_larger = (base.either == "max") == (sold.quantity >= 0)
        return (max if wants_larger else min)(both) if both else None


def _alone(base: Base, sold: Sold) -> Decimal | None:
    price = {"ppd": sold.unit_price, "retail": sold.retail_price}.get(base.kind)
    if base.kind == "net_receipt":
        amount: Decimal | None = sold.net
    elif base.kind == "net_source":
        amount = sold.net if sold.gross is None else sold.gross
    else:
        price = base.amount if price is None else price
        amount = None if price is None else sold.quantity * price
    return None if amount is None else amount * base.portion


def royalty_of(clause: Clause, sold: Sold, *, factor: Decimal, rate: Decimal) -> Decimal:
    """What a row earns, in the currency of the sale, exactly but for the rounding of one unit where that is agreed."""
    base = base_of(clause.base, sold)
    return Decimal(0) if base is None else rounded(clause, base, sold.quantity, factor=factor, rate=rate)


def rounded(clause: Clause, base: Decimal, quantity: Decimal, *, factor: Decimal, rate: Decimal) -> Decimal:
    """What some units earn: where only whole ones count, of what the factor leaves; each unit's royalty to its places.

    Towards zero rounds down a return, too: it takes back what the sale gave.
    """
    with exact():
        if not quantity or not (clause.whole_units or clause.unit_places is not None):
            return base * factor * rate
        units = (quantity * factor).to_integral_value(ROUND_DOWN) if clause.whole_units else quantity
        own = Decimal(1) if clause.whole_units else factor
        if clause.unit_places is None:
            return base * rate * units / quantity
        way = ROUND_DOWN if clause.rounding == "down" else ROUND_HALF_UP
        # Divided last: 15 % of a third of 10 is 0.50, of 3.333… a little less.
        return (base * own * rate / quantity).quantize(Decimal(1).scaleb(-clause.unit_places), way) * units
