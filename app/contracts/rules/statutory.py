"""The rate that the law of the United States sets for a song on a copy, by the day."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from app.contracts.rules.terms import Controlled

DATA: Final = Path(__file__).parents[1] / "data"
CURRENCY: Final = "USD"


class Rate(NamedTuple):
    """What is paid per song and copy, in US dollars, from a day on."""

    valid_from: date
    per_song: Decimal
    per_minute: Decimal
    """Of a song of more than five minutes, for each of its minutes that has begun."""


@cache
def us_rates() -> tuple[Rate, ...]:
    """Every rate there was, the oldest first."""
    read = tomllib.loads((DATA / "us_mechanicals.toml").read_text())
    rows = ((row["valid_from"], Decimal(row["per_song"]), Decimal(row["per_minute"])) for row in read["rate"])
    return tuple(Rate(*row) for row in rows)


def us_rate(on: date) -> Rate:
    """The rate of a day, the last one known until another follows; for days before the first row, the first."""
    counting = [rate for rate in us_rates() if rate.valid_from <= on]
    return counting[-1] if counting else us_rates()[0]


def rate_of(controlled: Controlled, period_end: date) -> Decimal:
    """The rate per song that a clause on controlled compositions counts with in a period."""
    if controlled.statutory is not None:
        return controlled.statutory
    return us_rate(controlled.statutory_on or period_end).per_song


def minutes_of(controlled: Controlled, period_end: date) -> Decimal:
    """The rate per begun minute of the songs of more than five minutes; nought where an amount per song is agreed."""
    is_by_law = controlled.statutory is None
    return us_rate(controlled.statutory_on or period_end).per_minute if is_by_law else Decimal(0)
