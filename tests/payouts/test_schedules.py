"""A payee by schedule is paid once a period, on a banking day, in every month and year."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.payouts.rules.banking_days import banking_day_from, banking_day_until, is_banking_day
from app.payouts.rules.refusals import ScheduleUnusable
from app.payouts.rules.schedules import HOLIDAY_RULES, MANUAL, Schedule, anchors, next_due

DAYS = st.dates(date(2010, 1, 1), date(2050, 12, 31))
SOME = st.sampled_from(("EUR", "USD", "GBP", "AED", "JPY", "KWD", "CNY", "XAF"))
RULES = st.sampled_from(HOLIDAY_RULES)
WEEKLY = st.builds(Schedule, st.just("weekly"), st.integers(1, 7), RULES)
MONTHLY = st.builds(Schedule, st.just("monthly"), st.integers(1, 31), RULES)
DAILY = st.builds(Schedule, st.just("daily"), on_holiday=RULES)
BY_ITSELF = st.one_of(DAILY, WEEKLY, MONTHLY)


def due_days(schedule: Schedule, after: date, currency: str, count: int) -> list[date]:
    found = []
    for _ in range(count):
        day = next_due(schedule, after, currency)
        assert day
        found.append(day)
        after = day
    return found


def due(schedule: Schedule, after: str, currency: str = "EUR") -> str:
    found = next_due(schedule, date.fromisoformat(after), currency)
    assert found
    return found.isoformat()


@settings(deadline=None)
@given(BY_ITSELF, DAYS, SOME)
def test_days_are_banking_days_and_go_on_for_ever(schedule: Schedule, after: date, currency: str):
    days = due_days(schedule, after, currency, 8)
    assert all(is_banking_day(day, currency) for day in days)
    assert all(first < second for first, second in pairwise((after, *days)))


@settings(deadline=None)
@given(BY_ITSELF, DAYS, st.integers(0, 40), SOME)
def test_asking_later_never_gives_an_earlier_day_and_skips_none(
    schedule: Schedule, after: date, wait: int, currency: str
):
    later = after + timedelta(days=wait)
    first, second = next_due(schedule, after, currency), next_due(schedule, later, currency)
    assert first
    assert second
    assert first <= second
    assert second == first or first <= later


@settings(deadline=None)
@given(st.one_of(WEEKLY, MONTHLY), DAYS, SOME)
def test_every_anchor_is_paid_exactly_once(schedule: Schedule, start: date, currency: str):
    move = banking_day_until if schedule.on_holiday == "before" else banking_day_from
    wanted = sorted({move(day, currency) for day in islice(anchors(schedule, start), 30)})
    assert due_days(schedule, wanted[0], currency, len(wanted) - 1) == wanted[1:]


@settings(deadline=None)
@given(MONTHLY, st.integers(2012, 2049), SOME)
def test_a_monthly_payee_has_twelve_anchors_a_year_each_in_its_month(schedule: Schedule, year: int, currency: str):
    days = list(islice(anchors(schedule, date(year, 1, 1)), 12))
    assert [(day.year, day.month) for day in days] == [(year, month) for month in range(1, 13)]
    assert all(day.day == min(schedule.anchor, monthrange(year, day.month)[1]) for day in days)
    moved = due_days(schedule, date(year, 1, 1) - timedelta(days=1), currency, 11)
    assert all(20 <= (second - first).days <= 42 for first, second in pairwise(moved))


@settings(deadline=None)
@given(WEEKLY, DAYS)
def test_without_holidays_a_weekly_payee_is_paid_every_seventh_day(schedule: Schedule, after: date):
    days = due_days(schedule, after, "XAF", 6)
    assert {(second - first).days for first, second in pairwise(days)} == {7}
    wanted = schedule.anchor if schedule.anchor <= 5 else {"before": 5, "after": 1}[schedule.on_holiday]
    assert days[0].isoweekday() == wanted


@pytest.mark.parametrize(
    ("anchor", "rule", "after", "wanted"),
    [
        (31, "after", "2026-01-30", "2026-02-02"),
        (31, "before", "2026-01-29", "2026-01-30"),
        (31, "before", "2026-02-01", "2026-02-27"),
        (31, "after", "2026-02-26", "2026-03-02"),
        (30, "before", "2028-02-01", "2028-02-29"),
        (29, "after", "2028-02-28", "2028-02-29"),
        (29, "after", "2027-02-01", "2027-03-01"),
        (1, "after", "2026-12-31", "2027-01-04"),
        (1, "before", "2026-12-30", "2026-12-31"),
        (1, "before", "2026-12-31", "2027-02-01"),
        (25, "after", "2026-12-24", "2026-12-28"),
        (25, "before", "2026-12-23", "2026-12-24"),
        (31, "after", "2026-12-30", "2026-12-31"),
        (15, "after", "2026-11-27", "2026-12-15"),
        (31, "after", "2026-02-01", "2026-02-02"),
    ],
)
def test_months_that_end_early_and_years_that_end_on_a_holiday(anchor: int, rule: str, after: str, wanted: str):
    assert due(Schedule("monthly", anchor, rule), after) == wanted  # type: ignore[arg-type]


def test_a_week_and_a_day_as_people_mean_them():
    assert due(Schedule("weekly", 5), "2026-11-26") == "2026-11-27"
    assert due(Schedule("weekly", 5), "2026-11-27") == "2026-12-04"
    assert due(Schedule("weekly", 5), "2026-12-24") == "2026-12-28"
    assert due(Schedule("weekly", 5, "before"), "2026-12-23") == "2026-12-24"
    assert due(Schedule("weekly", 5), "2026-11-20", "KWD") == "2026-11-22"
    assert due(Schedule("weekly", 7), "2026-04-06") == "2026-04-07"
    assert due(Schedule("daily"), "2026-11-27") == "2026-11-30"
    assert due(Schedule("daily"), "2026-12-24") == "2026-12-28"
    assert next_due(MANUAL, date(2026, 1, 1), "EUR") is None


@pytest.mark.parametrize(
    ("rhythm", "anchor", "rule"),
    [
        ("hourly", 1, "after"),
        ("weekly", 0, "after"),
        ("weekly", 8, "after"),
        ("monthly", 0, "after"),
        ("monthly", 32, "after"),
        ("monthly", 1, "never"),
    ],
)
def test_no_other_rhythm_is_known(rhythm: str, anchor: int, rule: str):
    with pytest.raises(ScheduleUnusable):
        Schedule(rhythm, anchor, rule)  # type: ignore[arg-type]
