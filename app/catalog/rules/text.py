"""How text itself is made: letters, spaces, marks and encodings."""

from __future__ import annotations

import polars as pl

_INVISIBLE = r"[\p{Cc}\x{200B}\x{2060}\x{FEFF}]"
EXPLICIT_MARK = r"(?i)[(\[]\s*(?:explicit|dirty)(?: version)?\s*[)\]]"
PARENTAL_MARK = r"(?i)\s*[(\[]\s*(?:explicit|clean|dirty)(?: version)?\s*[)\]]"
EMOJI = r"[\x{1F000}-\x{1FAFF}\x{2600}-\x{27BF}\x{FE0F}]"

_TAIL = r"[\x{80}-\x{BF}ŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]"
MOJIBAKE = rf"\x{{FFFD}}|ï¿½|[ÃÂ]{_TAIL}|â€|(?:[ÐÑÎÏ]{_TAIL}){{2,}}|ý{{2,}}"
"""Signs that UTF-8 was read as if it were Windows-1252, or that letters were lost on the way."""


def tidied(text: pl.Expr) -> pl.Expr:
    """Text composed (NFC), with single spaces, none around it, and nothing invisible."""
    plain = text.str.normalize("NFC").str.replace_all(r"[\s\x{A0}]+", " ").str.replace_all(_INVISIBLE, "")
    return plain.str.replace_all(" {2,}", " ").str.strip_chars()


def _misread(letter: str) -> str:
    """How a letter reads whose UTF-8 was taken for Windows-1252; the five bytes it lacks stand for themselves."""
    return "".join(bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in letter.encode())


_READ_AGAIN = {
    _misread(letter): letter for letter in map(chr, [*range(0xA0, 0x800), *range(0x2010, 0x2040), 0x20AC, 0x2122])
}


def read_again(text: pl.Expr) -> pl.Expr:
    """Text as it was before its UTF-8 was taken for Windows-1252."""
    return text.str.replace_many(_READ_AGAIN)
