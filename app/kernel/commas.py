"""Several values in one field, between the commas of whichever script they are typed in."""

from __future__ import annotations

from typing import Final

_MARKS: Final = str.maketrans(dict.fromkeys("，、､،", ",") | dict.fromkeys("：﹕", ":"))


def with_plain_marks(text: str) -> str:
    """The same with “,” and “:” for commas and colons of full width, for those of lists and for Arabic commas."""
    return text.translate(_MARKS)


def between_commas(text: str) -> list[str]:
    """The values in a text, in their order, without blanks around them and without empty ones."""
    return [value for value in (part.strip() for part in with_plain_marks(text).split(",")) if value]
