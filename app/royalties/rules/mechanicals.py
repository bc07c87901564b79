"""Controlled composition: what mechanicals cost a unit, and what of it the artist bears."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.contracts.rules.statutory import minutes_of, rate_of
from app.contracts.rules.terms import Controlled
from app.kernel.money import exact


class Mechanicals(NamedTuple):
    """Per unit sold, in the contract's currency."""

    statutory: Decimal
    """The full rate of one song."""

    per_minute: Decimal
    """The full rate of a begun minute of a song of more than five."""

    due: Decimal
    cap: Decimal
    to_controlled: Decimal
    """What the artist's own songs get after the excess of others was taken from them."""

    charged: Decimal
    """What is left of the excess, and comes off the artist's royalty."""


def mechanicals(controlled: Controlled, period_end: date) -> Mechanicals:
    """Songs under control at the reduced rate, others at the full one; above the cap the artist bears it."""
    statutory, per_minute = rate_of(controlled, period_end), minutes_of(controlled, period_end)
    with exact():
        reduced = statutory * controlled.portion
        own = _all(statutory, per_minute, controlled.controlled_songs, controlled.controlled_minutes)
        own *= controlled.portion
        due = own + _all(statutory, per_minute, controlled.outside_songs, controlled.outside_minutes)
        cap = reduced * controlled.cap_songs
        excess = max(Decimal(0), due - cap)
        to_controlled = max(Decimal(0), own - excess)
        return Mechanicals(statutory, per_minute, due, cap, to_controlled, excess - (own - to_controlled))


def _all(statutory: Decimal, per_minute: Decimal, songs: int, minutes: Sequence[int]) -> Decimal:
    """What so many songs cost at their full rates, the long ones among them by their minutes."""
    return statutory * (songs - len(minutes)) + per_minute * sum(minutes)
