"""Short names of products for addresses of the shop."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final

LONGEST: Final = 60
FORM: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LATIN: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i"}
)
_REST: Final = re.compile(r"[^a-z0-9]+")


def slug(title: str) -> str:
    """A title in small Latin letters, digits and hyphens; empty where it has none of them."""
    plain = unicodedata.normalize("NFKD", title.lower().translate(_LATIN)).encode("ascii", "ignore").decode()
    return _REST.sub("-", plain)[:LONGEST].strip("-")


def told_apart(wanted: str, taken: Collection[str]) -> str:
    """A short name that nobody has: as wanted, else with the first number from 2 on that is free."""
    number, free = 2, wanted
    while free in taken:
        free, number = f"{wanted}-{number}", number + 1
    return free
