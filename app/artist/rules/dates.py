"""Days of releases, of which only the year or the month may be known."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

When = Literal["out", "today", "coming", "unknown"]
DAY_LENGTH: Final = len("2026-01-31")


def when(said: str | None, today: date) -> When:
    """Whether a release is out; where the day is not known, once its month or year is over."""
    if not said:
        return "unknown"
    if said == today.isoformat():
        return "today"
    return "out" if said < today.isoformat()[: len(said)] else "coming"


def days_until(said: str | None, today: date) -> int | None:
    """How many days there are until a release, where its day is known and not over."""
    if not said or len(said) != DAY_LENGTH:
        return None
    left = (date.fromisoformat(said) - today).days
    return left if left >= 0 else None
