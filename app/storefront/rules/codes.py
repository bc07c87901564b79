"""Codes on cards: letters and digits that nobody takes for one another, however they are typed."""

from __future__ import annotations

import secrets
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32."""

LENGTH: Final = 12
"""60 random bits: of a million cards, one guess in 10¹² is right."""

_GROUP: Final = 4
_MEANT: Final = str.maketrans("OIL", "011")
_LONGEST: Final = 60


def new_code() -> str:
    """A code as it is kept."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def printed(code: str) -> str:
    """A code as a card shows it, in groups."""
    return "-".join(code[place : place + _GROUP] for place in range(0, len(code), _GROUP))


def typed(text: str) -> str:
    """What somebody typed, as codes are kept; empty where it cannot be one."""
    bare = "".join(sign for sign in text[:_LONGEST].upper() if sign.isascii() and sign.isalnum()).translate(_MEANT)
    return bare if len(bare) == LENGTH and all(sign in ALPHABET for sign in bare) else ""
