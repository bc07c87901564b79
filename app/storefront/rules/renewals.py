"""When a membership is paid for again, and how much may be charged then."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Final

MONTHS: Final = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
RETRIES: Final = (1, 3, 7)
"""So many days after the first try it is tried again."""

NOTICE: Final = timedelta(days=14)
"""So long before it is charged a higher price is announced."""

ANNOUNCED_FROM: Final = timedelta(days=21)
"""Earlier than this nobody is told what the next period costs: it may change again."""


def next_on(day: date, interval: str, anchor: int | None = None) -> date:
    """The day of the month on which it began, after an interval; where that month is too short, its last day."""
    months = day.year * 12 + day.month - 1 + MONTHS.get(interval, 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(anchor or day.day, monthrange(year, month + 1)[1]))


def next_try(first: date, tries: int) -> date | None:
    """When it is tried again after so many tries, the first of them on a day; None: no more."""
    return first + timedelta(days=RETRIES[tries - 1]) if tries <= len(RETRIES) else None


def is_to_announce(announced_on: date | None, renews_on: date, today: date) -> bool:
    """Whether a fan is to be told now that the next period costs more; once for each period."""
    is_told = announced_on is not None and announced_on >= renews_on - ANNOUNCED_FROM
    return not is_told and renews_on - ANNOUNCED_FROM <= today <= renews_on - NOTICE


def is_announced(announced_on: date | None, renews_on: date, on: date) -> bool:
    """Whether what was announced may be charged on a day: it was said for this period, and long enough before."""
    return announced_on is not None and renews_on - ANNOUNCED_FROM <= announced_on <= on - NOTICE


def price_due(price: int, agreed: int | None, announced: int | None) -> int | None:
    """What may be charged: the price, and no more than was agreed or announced in time; None: nothing yet."""
    limits = [each for each in (agreed, announced) if each is not None]
    return min(price, max(limits)) if limits else None
