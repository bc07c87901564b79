"""Countries by their two letters (ISO 3166-1)."""

from __future__ import annotations

from functools import cache

from babel.core import Locale

from app.kernel.collation import sort_key

_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
"""Two letters too, but of groups and of nowhere."""


def _codes() -> frozenset[str]:
    known = [str(code) for code in Locale("en").territories]
    return frozenset(code for code in known if len(code) == 2 and code.isalpha()) - _NO_COUNTRIES


COUNTRIES = _codes()


@cache
def country_names(language: str) -> list[tuple[str, str]]:
    """Every country with what it is called in a language, in the order of the names."""
    named = Locale.parse(language, sep="-").territories
    return sorted(
        ((code, str(named.get(code, code))) for code in COUNTRIES), key=lambda each: sort_key(each[1], language)
    )
