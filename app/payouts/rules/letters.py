"""Names and texts as banks take them: the characters that every bank of the payments area must carry (EPC217-08)."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

SEPA: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
"""The one set of characters that no bank refuses."""

_LATIN: Final = {
    "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ẞ": "SS", "Æ": "AE", "æ": "ae",
    "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "Å": "A", "å": "a", "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "Þ": "TH",
    "þ": "th", "Ł": "L", "ł": "l", "ı": "i", "İ": "I", "Ħ": "H", "ħ": "h", "Ŋ": "N", "ŋ": "n", "Ŧ": "T", "ŧ": "t",
    "ĸ": "k", "Ə": "E", "ə": "e", "ſ": "s", "&": "+", "@": "(at)", "_": "-", "#": "No.", "€": "EUR", "$": "USD",
    "£": "GBP", "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "“": "'", "”": "'", '"': "'", "«": "'", "»": "'",
    "–": "-", "—": "-", "‐": "-", "‑": "-", "·": ".", "•": ".", "…": "...", "!": ".", ";": ",", "*": ".", "=": "-",
    "[": "(", "]": ")", "{": "(", "}": ")", "<": "(", ">": ")", "|": "/", "\\": "/", "~": "-", "%": ".", "^": ".",
    "،": ",", "؛": ",", "؟": "?", "×": "x",
}  # fmt: skip


def _pairs(signs: str, texts: str) -> dict[str, str]:
    """Signs and what stands for each; an underline stands for nothing."""
    return {sign: text.replace("_", "") for sign, text in zip(signs, texts.split(), strict=True)}


_GREEK: Final = _pairs(
    "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρσςτυφχψω",
    "A V G D E Z I TH I K L M N X O P R S T Y F CH PS O a v g d e z i th i k l m n x o p r s s t y f ch ps o",
)
_CYRILLIC: Final = _pairs(
    "абвгдежзийклмнопрстуфхцчшщъыьэюяёєіїґђјљњћџўқғңөұүһ",
    "a b v g d e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya "
    "e ie i i g dj j lj nj c dz u k g n o u u h",
)
_ARABIC: Final = _pairs(
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىآأإءؤئپچژگکی",
    "a b t th j h kh d dh r z s sh s d t z a gh f q k l m n h w y a a a a i _ w y p ch zh g k y",
)


def _table() -> dict[str, str]:
    capitals = {sign.upper(): text.capitalize() for sign, text in _CYRILLIC.items()}
    return capitals | _CYRILLIC | _ARABIC | _GREEK | _LATIN


_TABLE: Final = _table()
_SLASHES: Final = re.compile(r"/{2,}")
_SPACES: Final = re.compile(r"\s+")


def sepa_text(text: str, most: int = 70) -> str:
    """A text in letters that every bank takes, at most so many; what has no likeness there is a full stop.

    Never begins or ends with a slash and never holds two in a row: to a bank that would be a code (EPC230-15).
    """
    composed = unicodedata.normalize("NFC", text[: most * 8])
    written = "".join(_written(sign) for sign in _SPACES.sub(" ", composed))
    return _SPACES.sub(" ", _SLASHES.sub("/", written)).strip(" /")[:most].strip(" /")


def _written(sign: str) -> str:
    if sign in SEPA:
        return sign
    if (known := _TABLE.get(sign)) is not None:
        return known
    category = unicodedata.category(sign)
    if category in ("Mn", "Me", "Cf", "Lm"):
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    parts = unicodedata.normalize("NFKD", sign)
    if parts == sign:
        return "."
    return "".join("" if unicodedata.combining(part) else _plain(part) for part in parts)


def _plain(sign: str) -> str:
    return sign if sign in SEPA else _TABLE.get(sign, ".")


def is_written(text: str) -> bool:
    """Whether something of a name is left to read: at least two letters or digits."""
    return sum(sign.isalnum() for sign in text) >= 2
