"""Text in a table of text: whatever a spreadsheet would take for a formula is text to it as well."""

from __future__ import annotations

from typing import Final

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def harmless(text: str) -> str:
    """A text that begins with an apostrophe where it began like a formula (OWASP)."""
    return f"'{text}" if text.startswith(FORMULA) else text
