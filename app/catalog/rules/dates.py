"""Partial dates: a year, a month or a day, as ISO text of which the end is left out where nobody knows it."""

from __future__ import annotations

import polars as pl

_ZERO_PARTS = r"(-00){1,2}$"
_FORM = r"^\d{4}(-\d{2}(-\d{2})?)?$"


def tidy(text: pl.Expr) -> pl.Expr:
    """Dates without the zeros that stand for “unknown”: `1999-03-00` is March 1999, `1999-00-00` is 1999."""
    return text.str.strip_chars().str.replace(_ZERO_PARTS, "")


def first_day(text: pl.Expr) -> pl.Expr:
    """The first day that a partial date may mean, null where it is no date of the calendar."""
    whole = pl.when(text.str.contains(_FORM)).then(text + pl.lit("-01-01").str.slice(text.str.len_chars() - 4))
    return whole.str.to_date("%Y-%m-%d", strict=False)


def last_day(text: pl.Expr) -> pl.Expr:
    """The last day that a partial date may mean, null where it is no date of the calendar."""
    first, length = first_day(text), text.str.len_chars()
    until = pl.when(length == 4).then(first.dt.offset_by("1y")).when(length == 7).then(first.dt.offset_by("1mo"))
    return pl.coalesce(until.dt.offset_by("-1d"), first)


def is_partial_date(text: pl.Expr) -> pl.Expr:
    """Whether texts are partial dates, with a day that the calendar has."""
    return pl.when(text.is_not_null()).then(first_day(text).is_not_null())


def is_after(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """Whether one partial date is surely later than another: none of its days could be the other or before."""
    return first_day(one) > last_day(other)
