"""Controlled composition: what mechanicals cost a unit, and what of it the artist bears."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.contracts.rules.statutory import rate_of
from app.contracts.rules.terms import Controlled
from app.kernel.money import exact


class Mechanicals(NamedTuple):
    """Per unit sold, in the contract's currency."""

    statutory: Decimal
    """The full rate of one song."""

    due: Decimal
    cap: Decimal
    to_controlled: Decimal
    """What the artist's own songs get after the excess of others was taken from them."""

    charged: Decimal
    """What is left of the excess, and comes off the artist's royalty."""


def mechanicals(controlled: Controlled, period_end: date) -> Mechanicals:
    """Songs under control at the reduced rate, others at the full one; above the cap the artist bears it."""
    statutory = rate_of(controlled, period_end)
    with exact():
        reduced = statutory * controlled.portion
        own = reduced * controlled.controlled_songs
        due = own + statutory * controlled.outside_songs
        cap = reduced * controlled.cap_songs
        excess = max(Decimal(0), due - cap)
        to_controlled = max(Decimal(0), own - excess)
        return Mechanicals(statutory, due, cap, to_controlled, excess - (own - to_controlled))
