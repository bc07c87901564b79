"""Identifiers of the trade, one value at a time: the form in which each is kept, and whether it can be right."""

from __future__ import annotations

import re
from string import ascii_uppercase

from stdnum import grid, isrc

from app.kernel.codes import bare, ipi_name, is_dpid, is_ipi_name, is_isni

__all__ = [
    "bare", "catalog_number", "gtin", "ipi_name", "is_catalog_number", "is_dpid", "is_grid", "is_gtin", "is_ipi_base",
    "is_ipi_name", "is_isni", "is_isrc", "is_iswc", "iswc", "release_grid", "repaired_gtin",
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

_FLOAT = re.compile(r"^([0-9]+)[.,]0*$")
_SCIENTIFIC = re.compile(r"^([0-9])[.,]([0-9]+)[eE]\+?([0-9]{1,2})$")


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


def repaired_gtin(text: str) -> str | None:
    """The barcode that a spreadsheet made a number of, or None where digits were lost or it is not one.

    `724384960650.0` and `7.24384960650E+11` say every digit; `7.24E+11` does not.
    """
    if found := _FLOAT.match(text.strip()):
        digits = found[1]
    elif (found := _SCIENTIFIC.match(text.strip())) and len(found[2]) >= int(found[3]) >= 7:
        digits, rest = (found[1] + found[2])[: int(found[3]) + 1], found[2][int(found[3]) :]
        if rest.strip("0"):
            return None
    else:
        return None
    # Only a lost zero of a UPC is put back: nine digits and more are no short barcode.
    whole = digits.zfill(12) if len(digits) > 8 else digits
    return gtin(whole) if is_gtin(whole) else None


def iswc(text: str) -> str:
    """A work's code as it is kept: T and ten digits."""
    return bare(text)


def is_iswc(text: str) -> bool:
    """Whether a work's code has the form and its check digit (ISO 15707)."""
    code = bare(text)
    return bool(re.fullmatch(r"T[0-9]{10}", code)) and _weighted(code[1:10], first=1) == int(code[10])


def is_ipi_base(text: str) -> bool:
    """Whether an IPI base number (`I-001068130-6`) has the form and its check digit."""
    code = bare(text)
    return bool(re.fullmatch(r"I[0-9]{10}", code)) and _weighted(code[1:10], first=2) == int(code[10])


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


def catalog_number(text: str) -> str:
    """A catalogue number as it is kept: as the label writes it, with single spaces."""
    return " ".join(text.split())


def is_catalog_number(text: str) -> bool:
    """Whether a catalogue number is there, is not too long, and is not an ISRC or a barcode put in the wrong column."""
    number = catalog_number(text)
    return 0 < len(number) <= LONGEST_CATALOG_NUMBER and not is_isrc(number) and not is_gtin(number)
