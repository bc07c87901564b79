"""Earnings as a picture, and what changed since the period before."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from babel.dates import format_interval, format_skeleton
from babel.numbers import get_decimal_symbol

WIDTH: Final = 320
HEIGHT: Final = 112
GAP: Final = 0.36
WIDE_GAP: Final = 0.6
FEW: Final = 3
"""Of a column, this part is left free: more where there are few of them."""
LEAST: Final = 2
"""So many units high is the smallest amount that is not nothing."""
HUNDRED: Final = 100
MARKS: Final = dict.fromkeys(map(ord, "\u200e\u200f\u061c\u2066\u2069"))


@dataclass(frozen=True, slots=True)
class Span:
    """A period, and what was earned in it, in micros."""

    starts_on: date
    ends_on: date
    micros: int


@dataclass(frozen=True, slots=True)
class Column:
    """One period of the picture: a box in a drawing of `WIDTH` × `HEIGHT`."""

    span: Span
    x: float
    y: float
    width: float
    height: float
    is_newest: bool


@dataclass(frozen=True, slots=True)
class Change:
    """How a period differs from the one before; `percent` where that was more than nothing, `store` made most of it."""

    micros: int
    percent: int | None
    store: str | None


def columns(spans: Sequence[Span]) -> list[Column]:
    """The picture, the oldest first; amounts below zero hang from the line on which the others stand."""
    if not spans:
        return []
    top = max(0, *(span.micros for span in spans))
    low = min(0, *(span.micros for span in spans))
    reach = (top - low) or 1
    base = HEIGHT * top / reach
    wide, gap = WIDTH / len(spans), WIDE_GAP if len(spans) <= FEW else GAP
    drawn = []
    for place, span in enumerate(spans):
        height = max(HEIGHT * abs(span.micros) / reach, LEAST if span.micros else 0)
        y = min(base, HEIGHT - height) if span.micros < 0 else max(base - height, 0)
        x, width = round(wide * (place + gap / 2), 2), round(wide * (1 - gap), 2)
        drawn.append(Column(span, x, round(y, 2), width, round(height, 2), is_newest=place == len(spans) - 1))
    return drawn


def changed(now: int, before: int, *, stores: Mapping[str, int], earlier: Mapping[str, int]) -> Change:
    """What changed between two periods, and in which store most of it: the one that moved furthest the same way."""
    difference = now - before
    moves = {name: stores.get(name, 0) - earlier.get(name, 0) for name in {*stores, *earlier}}
    same = {name: move for name, move in moves.items() if move * difference > 0}
    store = max(same, key=lambda name: (abs(same[name]), name)) if same else None
    percent = round(HUNDRED * difference / before) if before > 0 else None
    return Change(difference, percent, store)


def span_name(starts_on: date, ends_on: date, locale: str) -> str:
    """A period as people call it: a month, or its first and last month with the year."""
    if (starts_on.year, starts_on.month) == (ends_on.year, ends_on.month):
        return str(format_skeleton("yMMM", starts_on, locale=locale))
    return str(format_interval(starts_on, ends_on, "yMMM", locale=locale))


def short_name(starts_on: date, ends_on: date, locale: str) -> tuple[str, str]:
    """The same in two short lines, under a column: months, and the year in which it ends."""
    same = (starts_on.year, starts_on.month) == (ends_on.year, ends_on.month)
    months = format_skeleton("MMM", starts_on, locale=locale)
    if not same:
        months = format_interval(starts_on, ends_on, "MMM", locale=locale)
    return str(months), str(format_skeleton("y", ends_on, locale=locale))


def parted(amount: str, locale: str) -> tuple[str, str, str]:
    """An amount as it is spelled, with its minor units apart: what stands before, they themselves, what comes after."""
    sign = re.escape(get_decimal_symbol(locale))
    found = re.search(rf"{sign}\d+", amount)
    if found is None:
        return amount, "", ""
    return amount[: found.start()], found.group(), amount[found.end() :]


def isolated(text: str) -> str:
    """A number in a sentence, which a sentence from right to left must not turn over (Unicode UAX 9, LRI and PDI)."""
    return f"\u2066{text}\u2069"


def unmarked(text: str) -> str:
    """A percentage without the marks that some languages write into it: from left to right they turn its sign over.

    An amount keeps them: its sign stands apart already, and without them its currency is on the other side.
    """
    return text.translate(MARKS)
