"""How addresses name releases and artists: by what they are called, and by the end of their id, which decides."""

from __future__ import annotations

import re
import unicodedata
from uuid import UUID

_DIGITS = re.compile(r"[0-9a-f]{8}")
_LONGEST_TITLE = 80


def slug(title: str, row_id: UUID | str) -> str:
    """A name for addresses: letters and digits of any script, and the last eight digits of the id."""
    return "-".join(filter(None, (words(title), str(row_id)[-8:])))


def words(title: str) -> str:
    """The letters and digits of a title, accents and case apart, joined by hyphens."""
    bare = "".join(
        letter for letter in unicodedata.normalize("NFKD", title).casefold() if not unicodedata.combining(letter)
    )
    letters = "".join(letter if letter.isalnum() else " " for letter in unicodedata.normalize("NFC", bare))
    return "-".join(letters.split())[:_LONGEST_TITLE].strip("-")


def digits(text: str) -> str | None:
    """The digits that a name ends with, or none."""
    last = text.rpartition("-")[2]
    return last if len(text) <= _LONGEST_TITLE + 9 and _DIGITS.fullmatch(last) else None
