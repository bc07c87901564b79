"""Which periods account for a contract, how old a reserve is by then, and over which of them a guarantee counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from app.contracts.rules.terms import Cadence, Terms

DUE_MONTHS: Final[Mapping[Cadence, Sequence[int]]] = {
    "quarterly": (3, 6, 9, 12),
    "half_yearly": (6, 12),
}
NEAR: Final = timedelta(days=7)
"""A month of weeks (5-4-4) ends less than this before or after the calendar's."""

_DAY: Final = timedelta(days=1)


class Stretch(NamedTuple):
    """From one day to another, both included."""

    starts_on: date
    ends_on: date


def is_due(terms: Terms, period: Stretch) -> bool:
    """Whether a contract is accounted for in a period: in every one, or where its quarter or half year ends in it.

    So a quarterly contract is due once in every quarter, whichever months the label's own quarters begin with.
    """
    if terms.cadence == "monthly":
        return True
    months = DUE_MONTHS[terms.cadence]
    month = _month_end(period.starts_on - _DAY + NEAR) + _DAY
    last = _month_end(period.ends_on + NEAR)
    while month <= last:
        if month.month in months:
            return True
        month = _month_end(month + timedelta(days=31)) + _DAY
    return False


def age(terms: Terms, held: date, before: Sequence[Stretch], period: Stretch) -> int:
    """How many periods accounted for a contract after the one that ended on a day, `period` included."""
    return sum(held < each.ends_on and is_due(terms, each) for each in (*before, period))


def accounted(terms: Terms, before: Sequence[Stretch], period: Stretch) -> Iterator[Stretch]:
    """What each statement of a contract is about, the last being that of `period`; `before` in order of time."""
    starts = min(each.starts_on for each in (*before, period))
    for each in before:
        if is_due(terms, each):
            yield Stretch(starts, each.ends_on)
            starts = each.ends_on + _DAY
    yield Stretch(min(starts, period.starts_on), period.ends_on)


def guaranteed(
    terms: Terms, *, starts_on: date, ends_on: date | None, before: Sequence[Stretch], period: Stretch
) -> date | None:
    """After which day what was earned counts for the guarantee whose span ends with a period; nothing if none ends.

    `starts_on` and `ends_on` are the contract's. None ends in a period that does not account for the contract, though a
    producer's sales may be told there with those of the record.
    """
    if terms.guarantee is None or not is_due(terms, period):
        return None
    *earlier, now = accounted(terms, before, period)
    if terms.guarantee.per == "period":
        return now.starts_on - _DAY
    if terms.guarantee.per == "life":
        return date.min if ends_on and ends_on <= now.ends_on else None
    for year in range(now.starts_on.year, now.ends_on.year + 2):
        last = _anniversary(starts_on, year) - _DAY
        if now.starts_on <= last <= now.ends_on and last >= starts_on:
            begins = _anniversary(starts_on, year - 1) - _DAY
            is_first = begins < starts_on
            counted = (each.ends_on for each in earlier if each.starts_on <= begins <= each.ends_on)
            return begins if is_first else next(counted, begins)
    return None


def _month_end(day: date) -> date:
    """The last end of a month up to a day."""
    following = day + _DAY
    return following.replace(day=1) - _DAY


def _anniversary(day: date, year: int) -> date:
    return day.replace(year=year, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=year)
