"""How a language writes the numbers, days and names of a contract."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final

from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent

from app.kernel.web.languages import say

_MARKUP = re.compile(r"(##?|-)(\s|$)")
_JOINER: Final = "\u2060"
"""Is no space, and nothing is seen of it."""


class Speller:
    """How one language writes numbers, days and places; and its sentences."""

    def __init__(self, language: str, currency: str) -> None:
        self.language, self.locale, self.currency = language, language.replace("-", "_"), currency

    def say(self, msgid: str, **places: object) -> str:
        """A sentence, its places filled with text that breaks no line."""
        return say(msgid, self.language, **{name: one_line(str(value)) for name, value in places.items()})

    def percent(self, part: Decimal) -> str:
        """A part of one as a percentage, every digit of it."""
        return str(format_percent(part.normalize(), locale=self.locale, decimal_quantization=False))

    def number(self, value: Decimal | int) -> str:
        """A plain number."""
        return str(format_decimal(value, locale=self.locale, decimal_quantization=False))

    def money(self, amount: Decimal) -> str:
        """An amount in the contract's currency."""
        return str(format_currency(amount, self.currency, locale=self.locale, decimal_quantization=False))

    def day(self, on: date) -> str:
        """A day, its month by name."""
        return str(format_date(on, "long", locale=self.locale))

    def listed(self, words: Iterable[str]) -> str:
        """Several words in one sentence."""
        return format_list(list(words), locale=self.locale)


def one_line(text: str) -> str:
    """Text of somebody's that cannot be taken for markup: an artist may be called # or -."""
    line = " ".join(text.split())
    return f"{_JOINER}{line}" if _MARKUP.match(line) else line
