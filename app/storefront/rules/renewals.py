"""When a membership is paid for again."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Final

MONTHS: Final = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


def next_on(day: date, interval: str) -> date:
    """The same day of the month after an interval; where that month is too short, its last day."""
    months = day.year * 12 + day.month - 1 + MONTHS.get(interval, 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
