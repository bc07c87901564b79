"""Money moves on the days on which banks of its currency do, and by their clocks."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.money import is_currency
from app.payouts.rules.banking_days import (
    PLACES,
    banking_day_from,
    banking_day_until,
    is_banking_day,
    next_banking_day,
    place_of,
    taken_on,
    value_date,
)

DAYS = st.dates(date(2005, 1, 1), date(2060, 12, 31))
SOME = st.sampled_from(("EUR", "USD", "GBP", "AED", "JPY", "KWD", "CHF", "SEK", "XAF"))


@pytest.mark.parametrize(
    ("currency", "open_on", "closed_on"),
    [
        (
            "EUR",
            ["2026-11-02", "2026-12-24", "2026-12-31"],
            "2026-01-01 2026-04-03 2026-04-06 2026-05-01 2026-12-25",
        ),
        ("USD", ["2026-07-03", "2027-12-24", "2026-11-27"], "2026-06-19 2026-11-26 2026-07-04 2027-07-05 2022-06-20"),
        ("GBP", ["2026-03-17", "2026-08-03"], "2026-05-04 2026-08-31 2026-12-28 2022-09-19"),
        ("AED", ["2026-11-27", "2026-11-30"], "2026-12-02 2026-05-27 2026-11-28 2026-11-29"),
        ("KWD", ["2026-11-29", "2026-11-26"], "2026-11-27 2026-11-28 2026-02-25"),
        ("JPY", ["2026-12-30"], "2026-12-31 2027-01-02 2026-05-05"),
        ("CHF", ["2026-12-24"], "2026-05-14 2026-05-25 2026-12-25"),
        ("SEK", ["2026-12-30"], "2026-06-19 2026-12-24 2026-12-31 2026-01-06"),
        ("SAR", ["2026-11-29"], "2026-11-27"),
        ("XAF", ["2026-12-25", "2026-01-01"], "2026-11-28 2026-11-29"),
    ],
)
def test_banks_are_open_and_closed_as_they_are(currency: str, open_on: list[str], closed_on: str):
    assert all(is_banking_day(date.fromisoformat(day), currency) for day in open_on)
    assert not any(is_banking_day(date.fromisoformat(day), currency) for day in closed_on.split())


@pytest.mark.parametrize("currency", sorted(PLACES))
def test_every_place_has_a_year_of_banking_days_a_zone_and_a_currency(currency: str):
    for year in (2026, 2027, 2045):
        first = date(year, 1, 1)
        count = sum(is_banking_day(first + timedelta(days=number), currency) for number in range(365))
        assert 236 <= count <= 262, year
    assert is_currency(currency)
    assert place_of(currency).zone in available_timezones()


@settings(deadline=None)
@given(DAYS, SOME)
def test_days_are_found_forwards_and_backwards(day: date, currency: str):
    after, before = next_banking_day(day, currency), banking_day_until(day - timedelta(days=1), currency)
    assert before < day < after
    assert is_banking_day(after, currency)
    assert is_banking_day(before, currency)
    assert not any(is_banking_day(day + timedelta(days=number), currency) for number in range(1, (after - day).days))
    here = is_banking_day(day, currency)
    assert banking_day_from(day, currency) == (day if here else after)
    assert banking_day_until(day, currency) == (day if here else before)


@pytest.mark.parametrize(
    ("asked_at", "currency", "taken", "there"),
    [
        ("2026-11-24T13:59+01:00", "EUR", "2026-11-24", "2026-11-25"),
        ("2026-11-24T14:00+01:00", "EUR", "2026-11-25", "2026-11-26"),
        ("2026-11-27T13:00+01:00", "EUR", "2026-11-27", "2026-11-30"),
        ("2026-11-27T15:00+01:00", "EUR", "2026-11-30", "2026-12-01"),
        ("2026-11-28T09:00+01:00", "EUR", "2026-11-30", "2026-12-01"),
        ("2026-04-02T10:00+02:00", "EUR", "2026-04-02", "2026-04-07"),
        ("2026-12-31T18:00+01:00", "EUR", "2027-01-04", "2027-01-05"),
        ("2026-11-25T15:59-05:00", "USD", "2026-11-25", "2026-11-27"),
        ("2026-11-25T21:00+00:00", "USD", "2026-11-27", "2026-11-30"),
        ("2026-11-26T08:59+00:00", "AED", "2026-11-26", "2026-11-27"),
        ("2026-12-01T10:00+00:00", "AED", "2026-12-04", "2026-12-07"),
        ("2026-11-26T07:59+00:00", "KWD", "2026-11-26", "2026-11-29"),
        ("2026-11-26T08:00+00:00", "KWD", "2026-11-29", "2026-11-30"),
        ("2026-11-24T15:30+00:00", "JPY", "2026-11-25", "2026-11-26"),
        ("2028-02-28T10:00+01:00", "EUR", "2028-02-28", "2028-02-29"),
    ],
)
def test_money_is_there_on_the_next_banking_day(asked_at: str, currency: str, taken: str, there: str):
    asked = datetime.fromisoformat(asked_at)
    assert taken_on(asked, currency).isoformat() == taken
    assert value_date(asked, currency).isoformat() == there


def test_the_hour_is_the_banks_own_on_both_sides_of_summer_time():
    assert taken_on(datetime(2026, 3, 27, 12, 30, tzinfo=UTC), "EUR") == date(2026, 3, 27)
    assert taken_on(datetime(2026, 3, 30, 12, 30, tzinfo=UTC), "EUR") == date(2026, 3, 31)
    assert taken_on(datetime(2026, 10, 23, 12, 30, tzinfo=UTC), "EUR") == date(2026, 10, 26)
    assert taken_on(datetime(2026, 10, 26, 12, 30, tzinfo=UTC), "EUR") == date(2026, 10, 26)
    twice = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert value_date(twice, "EUR") == value_date(twice.replace(fold=1), "EUR") == date(2026, 10, 27)


@settings(deadline=None)
@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)), st.timedeltas(timedelta(0), timedelta(days=9)), SOME)
def test_who_asks_later_is_never_paid_earlier(asked: datetime, wait: timedelta, currency: str):
    first = asked.replace(tzinfo=UTC)
    assert value_date(first, currency) <= value_date(first + wait, currency)
    assert value_date(first, currency) > first.astimezone(ZoneInfo(place_of(currency).zone)).date()


def test_a_hundred_thousand_questions_cost_nothing():
    is_banking_day(date(2026, 1, 1), "EUR")
    began = time.process_time()
    for number in range(100_000):
        is_banking_day(date(2026, 1 + number % 12, 1 + number % 28), "EUR")
    assert time.process_time() - began < 1
