"""How identifiers are made from a range."""

from __future__ import annotations

ISRC_NUMBERS = 99_999
UPC_DIGITS = 11
"""Before the check digit (GS1 General Specifications §7.9)."""


def isrc_of(prefix: str, year: int, number: int) -> str:
    """An ISRC: prefix, two digits of the year of reference, five of the designation (ISO 3901)."""
    return f"{prefix}{year % 100:02}{number:05}"


def upc_numbers(prefix: str) -> int:
    """How many item references a company prefix leaves room for."""
    return int(10 ** (UPC_DIGITS - len(prefix)))


def upc_of(prefix: str, number: int) -> str:
    """A UPC, as the 13 digits it is kept in: company prefix, item reference, check digit."""
    digits = prefix + (f"{number:0{UPC_DIGITS - len(prefix)}}" if len(prefix) < UPC_DIGITS else "")
    odd, even = sum(map(int, digits[::2])), sum(map(int, digits[1::2]))
    return f"0{digits}{-(odd * 3 + even) % 10}"
