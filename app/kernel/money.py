"""Amounts are whole micros (10^-6 of the currency's unit); shares are parts per million; nothing is ever lost.

Usage lines keep the decimal as reported and are summed under `exact()`. Rounding happens once, half to even, where a
decimal becomes micros.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation, localcontext
from functools import cache, lru_cache
from typing import NamedTuple

from babel.core import get_global
from babel.numbers import format_currency, get_minus_sign_symbol

from app.kernel.errors import Invalid

WHOLE_PPM = 1_000_000
PRECISION = 50
"""Digits of the decimal context: one real sales report sums to 33 decimals."""

_MICRO = Decimal("0.000001")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,24}(\.[0-9]{1,40})?")
_CODE = re.compile(r"[A-Z]{3}")
_NEGATIVE = re.compile(r"-[\d.,]+")


class AmountMalformed(Invalid):
    """The text is not a plain decimal number."""

    message = "“%(text)s” is not an amount. Write digits with at most one decimal point, such as 1234.56."


class CurrencyUnknown(Invalid):
    """No currency has this code."""

    message = "“%(code)s” is not a currency. Use a code of three letters such as EUR."


class SharesUnusable(Invalid):
    """Shares that cannot divide anything."""

    message = "The shares cannot be used: none may be negative and at least one must be above zero."


class Payable(NamedTuple):
    """What a payment can move, in the currency's minor units, and the micros that stay behind."""

    minor: int
    remainder_micros: int


def exact() -> AbstractContextManager[Context]:
    """A decimal context precise enough that sums of usage lines are exact."""
    return localcontext(prec=PRECISION, rounding=ROUND_HALF_EVEN)


def is_currency(code: str) -> bool:
    """Tell whether a code is a currency of ISO 4217, as CLDR lists them."""
    return _CODE.fullmatch(code) is not None and code in get_global("all_currencies")


@cache
def currencies() -> tuple[str, ...]:
    """The currencies that are legal tender somewhere today, as CLDR lists them."""
    used = get_global("territory_currencies").values()
    return tuple(sorted({code for each in used for code, _, end, is_tender in each if is_tender and end is None}))


@cache
def exponent(currency: str) -> int:
    """Decimal places of a currency's minor unit (ISO 4217, as CLDR gives them for payments): JPY 0, EUR 2, KWD 3."""
    if not is_currency(currency):
        raise CurrencyUnknown(code=currency)
    fractions = get_global("currency_fractions")
    return int(_ISO_EXPONENTS.get(currency, fractions.get(currency, fractions["DEFAULT"])[0]))


_ISO_EXPONENTS = {
    # CLDR gives the digits in everyday use; payments count in ISO 4217's minor units.
    "AFN": 2, "ALL": 2, "COP": 2, "CRC": 2, "GYD": 2, "HUF": 2, "IDR": 2, "IQD": 3, "IRR": 2, "KPW": 2, "LAK": 2,
    "LBP": 2, "MGA": 2, "MMK": 2, "MNT": 2, "MRU": 2, "MUR": 2, "PKR": 2, "RSD": 2, "SLE": 2, "SOS": 2, "SYP": 2,
    "TWD": 2, "TZS": 2, "UZS": 2, "YER": 2, "ZMW": 2, "CLF": 4, "UYW": 4, "UYI": 0, "NOK": 2, "SEK": 2, "CZK": 2,
}  # fmt: skip


def parse_decimal(text: str) -> Decimal:
    """Read a plain decimal from outside; no exponent, no NaN, no infinity, at most 24 digits before the point."""
    if _DECIMAL.fullmatch(text) is None:
        raise AmountMalformed(text=text[:40])
    return Decimal(text)


def to_micros(amount: Decimal) -> int:
    """Round a decimal amount to whole micros, half to even: the one rounding an amount ever meets."""
    if not isinstance(amount, Decimal) or not amount.is_finite():
        raise AmountMalformed(text=str(amount)[:40])
    with exact():
        try:
            return int(amount.quantize(_MICRO).scaleb(6))  # multiplying first would round twice
        except InvalidOperation:
            raise AmountMalformed(text=str(amount)[:40]) from None


def from_micros(micros: int) -> Decimal:
    """The decimal amount of some micros, exactly."""
    with exact():
        return Decimal(micros).scaleb(-6)


def to_minor(micros: int, currency: str) -> Payable:
    """What can be paid of an amount, towards zero, and what stays on the payee's account."""
    step = 10 ** (6 - exponent(currency))
    sign = -1 if micros < 0 else 1
    minor, remainder = divmod(abs(micros), step)
    return Payable(sign * minor, sign * remainder)


def from_minor(minor: int, currency: str) -> int:
    """The micros of an amount in minor units."""
    return int(minor * 10 ** (6 - exponent(currency)))


def allocate(total_micros: int, shares: Sequence[int]) -> list[int]:
    """Divide micros by shares so that the parts add up to the total, whatever it is.

    Largest remainder; of equal remainders the larger share comes first, then the earlier place. A negative total is
    divided like its opposite, so that a reversal undoes its posting to the micro.
    """
    whole = sum(shares)
    if whole <= 0 or any(share < 0 for share in shares):
        raise SharesUnusable
    sign, total = (-1, -total_micros) if total_micros < 0 else (1, total_micros)
    parts = [total * share // whole for share in shares]
    by_remainder = sorted(
        range(len(shares)), key=lambda place: (-(total * shares[place] % whole), -shares[place], place)
    )
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return [sign * part for part in parts]


@lru_cache(maxsize=20_000)
def format_money(micros: int, currency: str, locale: str) -> str:
    """An amount as a person of this locale reads it, in the currency's own decimal places."""
    with exact():
        return with_own_minus(format_currency(from_micros(micros), currency, locale=locale), locale)


def with_own_minus(text: str, locale: str) -> str:
    """A spelled amount whose minus stays before its digits, also where text runs from right to left.

    Such a locale's own sign carries a mark for that, which Babel leaves out; an isolate does the same anywhere.
    """
    if "-" not in text or get_minus_sign_symbol(locale) == "-":
        return text
    return _NEGATIVE.sub("\u2066\\g<0>\u2069", text, count=1)
