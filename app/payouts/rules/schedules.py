"""When a payee is paid without asking: every day, every week or every month, and what a holiday does to it."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Final, Literal

from app.payouts.rules.banking_days import banking_day_from, banking_day_until, next_banking_day
from app.payouts.rules.refusals import ScheduleUnusable

Rhythm = Literal["manual", "daily", "weekly", "monthly"]
HolidayRule = Literal["before", "after"]
RHYTHMS: Final[tuple[Rhythm, ...]] = ("manual", "daily", "weekly", "monthly")
HOLIDAY_RULES: Final[tuple[HolidayRule, ...]] = ("before", "after")

_LOOK_BACK: Final = timedelta(days=35)
"""How far a holiday can have moved a day: an anchor before it cannot be due any more."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A rhythm of payouts. `anchor` is the ISO weekday (1 Monday to 7 Sunday) or the day of the month (1 to 31).

    A month without that day is paid on its last one. A day on which banks are closed moves by the holiday rule.
    """

    rhythm: Rhythm
    anchor: int = 0
    on_holiday: HolidayRule = "after"

    def __post_init__(self) -> None:
        if self.rhythm not in RHYTHMS or self.on_holiday not in HOLIDAY_RULES:
            raise ScheduleUnusable
        if self.rhythm == "weekly" and not 1 <= self.anchor <= 7:
            raise ScheduleUnusable(ScheduleUnusable.WEEKDAY)
        if self.rhythm == "monthly" and not 1 <= self.anchor <= 31:
            raise ScheduleUnusable(ScheduleUnusable.MONTH_DAY)


MANUAL: Final = Schedule("manual")


def next_due(schedule: Schedule, after: date, currency: str) -> date | None:
    """The first day after this one on which the payee is paid, always a banking day; None where only asking helps.

    Two anchors that a long holiday moves to one day are paid at once.
    """
    if schedule.rhythm == "manual":
        return None
    if schedule.rhythm == "daily":
        return next_banking_day(after, currency)
    # Moving keeps the order of days, so the first that is late enough is the earliest.
    return next(day for day in _due_days(schedule, after - _LOOK_BACK, currency) if day > after)


def _due_days(schedule: Schedule, start: date, currency: str) -> Iterator[date]:
    move = banking_day_until if schedule.on_holiday == "before" else banking_day_from
    return (move(day, currency) for day in anchors(schedule, start))


def anchors(schedule: Schedule, start: date) -> Iterator[date]:
    """The days of a weekly or monthly schedule as the calendar has them, from this day's week or month on."""
    if schedule.rhythm == "weekly":
        first = start + timedelta(days=schedule.anchor - start.isoweekday())
        return (first + timedelta(weeks=number) for number in count())
    return (_in_month(start.year, start.month + number, schedule.anchor) for number in count())


def _in_month(year: int, month: int, anchor: int) -> date:
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(anchor, monthrange(year, month)[1]))
