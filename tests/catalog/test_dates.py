"""Partial dates."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.rules import dates

DAYS = st.dates(min_value=date(1877, 1, 1), max_value=date(2100, 1, 1))
LENGTHS = st.sampled_from([4, 7, 10])


def _ask(function, *values):
    frame = pl.DataFrame({str(place): [value] for place, value in enumerate(values)}, schema_overrides={"0": pl.String})
    return frame.select(function(*(pl.col(name) for name in frame.columns))).item()


@pytest.mark.parametrize(
    ("written", "kept"),
    [("1999-03-00", "1999-03"), ("1999-00-00", "1999"), (" 1999-03-04 ", "1999-03-04"), ("1999", "1999")],
)
def test_zeros_for_unknown_parts_go(written, kept):
    assert _ask(dates.tidy, written) == kept


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("1999", True),
        ("2024-02-29", True),
        ("2023-02-29", False),
        ("1999-13", False),
        ("1999-3", False),
        ("March", False),
    ],
)
def test_a_date_is_of_the_calendar(text, valid):
    assert _ask(dates.is_partial_date, text) is valid


def test_nothing_said_is_no_wrong_date():
    assert _ask(dates.is_partial_date, None) is None


@pytest.mark.parametrize(
    ("one", "other", "after"),
    [
        ("2000", "1999-12-31", True),
        ("1999-03", "1999", False),
        ("1999", "1999-03", False),
        ("1999-04", "1999-03-31", True),
    ],
)
def test_only_what_is_surely_later_is_after(one, other, after):
    assert _ask(dates.is_after, one, other) is after


@given(DAYS, LENGTHS)
def test_a_day_lies_between_the_first_and_last_of_its_partial_date(day, length):
    text = day.isoformat()[:length]
    first, last = _ask(dates.first_day, text), _ask(dates.last_day, text)
    assert first <= day <= last
    assert (last + timedelta(days=1)).isoformat()[:length] != text
    assert first.isoformat()[:length] == text == last.isoformat()[:length]


@given(DAYS, LENGTHS, DAYS, LENGTHS)
def test_two_partial_dates_are_never_both_after_each_other(one, short, other, long):
    a, b = one.isoformat()[:short], other.isoformat()[:long]
    assert not (_ask(dates.is_after, a, b) and _ask(dates.is_after, b, a))
