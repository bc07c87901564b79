"""Columns of the roster that other slices fill: each has one read model, a row an artist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import Subquery

from app.identity.policies import Visitor
from app.kernel.sentences import sentence

Reading = Callable[[Visitor, date], Subquery]
"""Gives, of what a visitor sees and for the label's day, a row an artist: `artist_id`, `value`, and `note` with it."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it is called (a msgid), how its values are shown, and whether large ones come first."""

    key: str
    title: str
    shown: Literal["release", "count", "day", "money", "streams", "people"]
    large_first: bool = False


COLUMNS = (
    Column("manager", sentence("Manager"), "people"),
    Column("next", sentence("Next release"), "release"),
    Column("tasks", sentence("Open tasks"), "count", large_first=True),
    Column("streams", sentence("28-day streams"), "streams", large_first=True),
    Column("balance", sentence("Balance"), "money", large_first=True),
    Column("contract", sentence("Contract ends"), "day"),
)

_readings: dict[str, Reading] = {}


def fill(key: str) -> Callable[[Reading], Reading]:
    """Register the read model of a column; a column without one is not shown."""

    def registered(read: Reading) -> Reading:
        _readings[key] = read
        return read

    return registered


def columns() -> tuple[Column, ...]:
    """The columns that are shown: those that somebody fills."""
    return tuple(column for column in COLUMNS if column.key in _readings)


def readings() -> dict[str, Reading]:
    """The read models that there are, by column."""
    return {column.key: _readings[column.key] for column in COLUMNS if column.key in _readings}
