"""The one place that tells the time, and the label's own days."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

_frozen: datetime | None = None
_ahead: ContextVar[timedelta] = ContextVar("ahead", default=timedelta())


def now() -> datetime:
    """The present moment in UTC, or the one a test has set for the whole process."""
    return (_frozen or datetime.now(UTC)) + _ahead.get()


def frozen() -> datetime | None:
    """The moment that a test has set for the whole process, if one has."""
    return _frozen


def ahead() -> timedelta:
    """How far the time of what is being done runs ahead of everybody's: more than nothing in a trial alone."""
    return _ahead.get()


@contextmanager
def running_ahead(by: timedelta) -> Iterator[None]:
    """Let time run ahead for what is done inside, and for nothing else in this process."""
    before = _ahead.set(by)
    try:
        yield
    finally:
        _ahead.reset(before)


def monotonic() -> float:
    """Seconds that never run backwards, for measuring and for time limits."""
    return time.monotonic()


@contextmanager
def frozen_at(moment: datetime) -> Iterator[None]:
    """Stop the clock of this process, all threads of it, at `moment`."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    global _frozen  # noqa: PLW0603 the process has one clock
    before, _frozen = _frozen, moment.astimezone(UTC)
    try:
        yield
    finally:
        _frozen = before


def day_in(zone: str, at: datetime | None = None) -> date:
    """The day that clocks in `zone` show at a moment, or now."""
    return (at or now()).astimezone(ZoneInfo(zone)).date()


def next_local(after: datetime, at: time_of_day, zone: str) -> datetime:
    """The next moment, strictly after `after`, at which clocks in `zone` show `at`; every local day has exactly one.

    A time that the day skips (spring) counts as the moment of the jump; of a time that the day shows twice (autumn) the
    first counts.
    """
    tz = ZoneInfo(zone)
    day = after.astimezone(tz).date() - timedelta(days=1)
    while (moment := local_moment(day, at, tz)) <= after:
        day += timedelta(days=1)
    return moment


def local_moment(day: date, at: time_of_day, tz: ZoneInfo) -> datetime:
    """The one moment of `day` in `tz` that stands for the clock time `at`, in UTC."""
    wanted = datetime.combine(day, at, tzinfo=tz).replace(fold=0)
    moment = wanted.astimezone(UTC)
    if moment.astimezone(tz).replace(tzinfo=None) == wanted.replace(tzinfo=None):
        return moment
    # The wall clock never shows this time: read with the offset of before the gap (fold 0) it lies after the jump, read
    # with the one of after it lies before.
    return _jump_between(wanted.replace(fold=1).astimezone(UTC), moment, tz)


def _jump_between(low: datetime, high: datetime, tz: ZoneInfo) -> datetime:
    offset = low.astimezone(tz).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(tz).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
