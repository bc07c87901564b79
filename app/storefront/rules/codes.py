"""Codes on cards, however they are typed."""

from __future__ import annotations

from typing import Final

LETTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""None that is taken for another: no I, L, O, no 0 and 1."""

LENGTH: Final = 12
_GROUP: Final = 4
_LONGEST: Final = 60


def typed(text: str) -> str:
    """What somebody typed, as codes are kept: three groups of four; empty where it cannot be one."""
    bare = "".join(sign for sign in text[:_LONGEST].upper() if sign.isascii() and sign.isalnum())
    if len(bare) != LENGTH or not all(sign in LETTERS for sign in bare):
        return ""
    return "-".join(bare[place : place + _GROUP] for place in range(0, LENGTH, _GROUP))
