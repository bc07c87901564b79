"""Numbers as people type them in their own language, and back."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Final

from babel.core import Locale
from babel.numbers import format_decimal, get_decimal_symbol

from app.kernel.money import exact, parse_decimal

_LEFT_OUT: Final = re.compile(r"[\s%٪'’\u200e\u200f\u061c]")
_GROUPED: Final = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+")


def read_number(text: str, language: str) -> Decimal:
    """What somebody means by a number; `AmountMalformed` where it is none.

    A separator that can only be the decimal one is taken for it, whichever the language's own is: 12.5 in German.
    """
    bare = _LEFT_OUT.sub("", "".join(_digit(char) for char in text)).replace("٫", ".").replace("٬", "")
    own = get_decimal_symbol(Locale.parse(language, sep="-"))
    if "." in bare and "," in bare:
        decimal = "," if bare.rindex(",") > bare.rindex(".") else "."
    elif _GROUPED.fullmatch(bare) and not (own in bare and bare.count(own) == 1):
        decimal = "none"
    else:
        decimal = "," if "," in bare else "."
    for group in ".,":
        if group != decimal:
            bare = bare.replace(group, "")
    return _plain(parse_decimal(bare.replace(",", ".")))


def read_percent(text: str, language: str) -> Decimal:
    """A percentage as a part of one: 12.5 is 0.125."""
    with exact():
        return _plain(read_number(text, language).scaleb(-2))


def shown_number(value: Decimal | int | None, language: str) -> str:
    """A number as it stands in a field, whole and without groups; nothing for none."""
    if value is None:
        return ""
    locale = Locale.parse(language, sep="-")
    return str(format_decimal(_plain(Decimal(value)), locale=locale, decimal_quantization=False, group_separator=False))


def shown_percent(value: Decimal | None, language: str) -> str:
    """A part of one as a percentage in a field."""
    with exact():
        return "" if value is None else shown_number(value.scaleb(2), language)


def _plain(value: Decimal) -> Decimal:
    """The same number without zeros at its end, so that the same terms are the same bytes."""
    with exact():
        return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def _digit(char: str) -> str:
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)
