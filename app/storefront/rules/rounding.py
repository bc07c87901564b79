"""How amounts become prices: whole minor units, and those that a market likes its prices to end in."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal, get_args

from app.kernel.money import exact, exponent

Rounding = Literal["none", "whole", "five", "nine", "ninety_nine"]
ROUNDINGS: Final[tuple[Rounding, ...]] = get_args(Rounding)

_FEWEST: Final = 2
"""A currency without minor units is rounded by the hundred, where others are by the unit."""


def minor_step(currency: str) -> int:
    """The micros of one minor unit."""
    return int(10 ** (6 - exponent(currency)))


def half_up(numerator: int, denominator: int) -> int:
    """A fraction as a whole number, half away from zero: how taxes are rounded."""
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def whole_minor(micros: int, currency: str) -> int:
    """Micros as whole minor units, half up, still counted in micros."""
    step = minor_step(currency)
    return half_up(micros, step) * step


def is_whole_minor(micros: int, currency: str) -> bool:
    """Whether an amount can be paid as it is."""
    return micros % minor_step(currency) == 0


def converted(micros: int, rate: Decimal, currency: str) -> int:
    """An amount in another currency, as whole minor units of it, half up; `rate` is what one unit is worth there."""
    with exact():
        top, bottom = rate.as_integer_ratio()
    return half_up(micros * top, bottom * minor_step(currency)) * minor_step(currency)


def rounded(micros: int, currency: str, rounding: str) -> int:
    """A converted price as a market likes it: the nearest that ends so, the higher of two, never nothing for something.

    In units of the currency (by the hundred where it has no minor units): whole 13, five 12.95, nine 12.90,
    ninety_nine 12.99.
    """
    price = whole_minor(micros, currency)
    if rounding == "none" or micros <= 0:
        return price
    unit = int(minor_step(currency) * 10 ** max(exponent(currency), _FEWEST))
    if rounding == "five":
        return _nearest(price, unit // 20, 0)
    return _nearest(price, unit, {"whole": 0, "nine": unit // 10, "ninety_nine": unit // 100}[rounding])


def _nearest(price: int, step: int, below: int) -> int:
    """The multiple of a step, less something, that is nearest to a price; at least the first one."""
    return max(1, half_up(price + below, step)) * step - below
