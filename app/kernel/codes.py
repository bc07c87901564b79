"""Codes of people and parties: the form in which each is kept, and whether it can be right."""

from __future__ import annotations

import re

from stdnum import isni
from stdnum.iso7064 import mod_37_36

_PUNCTUATION = re.compile(r"[\s.\-]")


def bare(text: str) -> str:
    """An identifier in capitals, without the spaces, dots and hyphens that people put in to read it."""
    return _PUNCTUATION.sub("", text).upper()


def ipi_name(text: str) -> str:
    """An IPI name number as it is kept: 11 digits; the CAE numbers before it had nine."""
    digits = bare(text)
    return digits.zfill(11) if len(digits) >= 9 else digits


def is_ipi_name(text: str) -> bool:
    """Whether an IPI name number has 11 digits, of which the last two follow from the others (modulo 101)."""
    digits = ipi_name(text)
    if not re.fullmatch(r"[0-9]{11}", digits) or not digits.strip("0"):
        return False
    rest = sum(int(digit) * (10 - place) for place, digit in enumerate(digits[:9])) % 101
    return int(digits[9:]) == ((101 - rest) % 100 if rest else 0)


def is_isni(text: str) -> bool:
    """Whether a name's code has 16 characters and its check character (ISO 27729, ISO 7064 mod 11-2)."""
    code = bare(text)
    return bool(re.fullmatch(r"[0-9]{15}[0-9X]", code)) and bool(isni.is_valid(code))


def is_dpid(text: str) -> bool:
    """Whether a DDEX party's code is PADPIDA, ten digits and letters, and its check character (ISO 7064 mod 37,36)."""
    code = bare(text)
    return bool(re.fullmatch(r"PADPIDA[A-Z0-9]{11}", code)) and bool(mod_37_36.is_valid(code))
