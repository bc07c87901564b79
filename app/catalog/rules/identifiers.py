"""Identifiers of the trade, one value at a time: the form in which each is kept, and whether it can be right."""

from __future__ import annotations

import re
from string import ascii_uppercase

from stdnum import grid, isrc

from app.kernel.codes import bare, ipi_name, is_dpid, is_ipi_name, is_isni

__all__ = [
    "bare", "gtin", "ipi_name", "is_dpid", "is_grid", "is_gtin", "is_ipi_name", "is_isni", "is_isrc",
    "is_iswc", "release_grid",
]  # fmt: skip

LONGEST_CATALOG_NUMBER = 64
GTIN_LENGTHS = (8, 12, 13, 14)
ISRC_FORM = r"^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$"
ISRC_PREFIXES = frozenset(
    first + second
    for first in ascii_uppercase
    for second in ascii_uppercase
    if isrc.is_valid(f"{first}{second}AAA0000000")
)
"""The first two letters that the registry of ISRC gives out: countries, and what it added when those ran short."""


def is_isrc(text: str) -> bool:
    """Whether a recording's code has the form and an allocated prefix (ISO 3901); it has no check digit."""
    code = bare(text)
    return bool(re.match(ISRC_FORM, code)) and bool(isrc.is_valid(code))


def is_gtin(text: str) -> bool:
    """Whether a barcode (UPC, EAN, GTIN) has 8, 12, 13 or 14 digits, and the last one follows from the others (GS1)."""
    digits = bare(text)
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in GTIN_LENGTHS or not digits.strip("0"):
        return False
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits))) % 10 == 0


def gtin(text: str) -> str:
    """A barcode as it is kept and compared: 13 digits, or 14 where the first is not a zero."""
    return bare(text).lstrip("0").zfill(13)


def is_iswc(text: str) -> bool:
    """Whether a work's code has the form and its check digit (ISO 15707)."""
    code = bare(text)
    return bool(re.fullmatch(r"T[0-9]{10}", code)) and _weighted(code[1:10], first=1) == int(code[10])


def _weighted(digits: str, *, first: int) -> int:
    """The check digit of ISWC and IPI base numbers; their letter counts as `first`."""
    return -(first + sum(place * int(digit) for place, digit in enumerate(digits, start=1))) % 10


def release_grid(text: str) -> str:
    """A GRid as it is kept: 18 characters, without its own name before it."""
    return bare(text).removeprefix("GRID:")


def is_grid(text: str) -> bool:
    """Whether a release's GRid has 18 characters, begins with A1, and has its check character (ISO 7064 mod 37,36)."""
    code = release_grid(text)
    return bool(re.fullmatch(r"A1[A-Z0-9]{16}", code)) and bool(grid.is_valid(code))
