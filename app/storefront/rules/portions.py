"""Parts of money: what a line bears of a fee, and what goes back when a part of a line is given back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

from app.kernel.money import allocate


class Sale(NamedTuple):
    """A line's money in micros: what the buyer gave for it, and what of that is tax, fee, making; the rest is net."""

    gross: int
    tax: int
    fee: int
    cost: int

    @property
    def net(self) -> int:
        """What contracts divide; below zero where something was sold for less than it cost."""
        return self.gross - self.tax - self.fee - self.cost

    def minus(self, other: Self) -> Sale:
        """What is left of it."""
        return Sale(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))


def fees(fee_micros: int, grosses: Sequence[int]) -> list[int]:
    """The gateway's fee divided among amounts in their proportion; where all are nothing, in equal parts."""
    if not grosses:
        return []
    return allocate(fee_micros, list(grosses) if any(grosses) else [1] * len(grosses))


def portion(micros: int, *, given: int, whole: int) -> int:
    """What belongs to `given` of `whole`: rounded half up, and all of it to the whole."""
    sign = -1 if micros < 0 else 1
    return sign * ((abs(micros) * given * 2 + whole) // (whole * 2))


def given_back(sale: Sale, *, before: int, now: int, whole: int) -> Sale:
    """The part of a sale that goes with `now` of `whole` after `before` were given back already.

    `whole` is the sale's price, or, of what cost nothing, its quantity. The part is the difference of two running sums,
    so that parts add up: who gives back the last of a line gives back exactly what is left of it.
    """
    return _until(sale, before + now, whole).minus(_until(sale, before, whole))


def _until(sale: Sale, given: int, whole: int) -> Sale:
    return Sale(*(portion(each, given=given, whole=whole) for each in sale))
