"""Until when a statement is due, and until when somebody may object to it, where its contract says so."""

from __future__ import annotations

from calendar import isleap
from datetime import date, timedelta
from typing import NamedTuple

from app.contracts.rules.terms import Terms


class Days(NamedTuple):
    """Both days, included; none where nothing was agreed, or nothing was sent yet."""

    due_on: date | None
    objections_until: date | None


def days_of(terms: Terms, period_end: date, told_on: date | None) -> Days:
    """The days of a statement of a period that was sent on a day."""
    due_on = period_end + timedelta(days=terms.due_days) if terms.due_days else None
    if terms.objection_years is None or told_on is None:
        return Days(due_on, None)
    year = told_on.year + terms.objection_years
    has_no_such_day = (told_on.month, told_on.day) == (2, 29) and not isleap(year)
    return Days(due_on, told_on.replace(year=year, day=28) if has_no_such_day else told_on.replace(year=year))
