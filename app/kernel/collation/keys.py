"""What a text is sorted by."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from app.kernel.collation.weights import BEHIND, HAN, HANGUL, PLACES, PUNCTUATION, VOWELS, Weights, weights_of

SIGNS: Final = str.maketrans(PUNCTUATION, PLACES)
SIGN: Final = PLACES[PUNCTUATION.index("~")]
LENGTHENED: Final = {
    vowel: "".join((line, *(chr(ord(each) + 0x60) for each in line))) for vowel, line in VOWELS.items()
}
SIGN_SPANS: Final = ((0x2010, 0x2BFF), (0x1F000, 0x1FFFF))
"""Where signs and pictures stand, beside those that are like one of ASCII."""


def sort_key(text: str, language: str) -> tuple[str, str]:
    """What a text is sorted by in a language; how it is written decides between texts that count as the same."""
    order = weights_of(language)
    spelled = unicodedata.normalize("NFKC", text)
    for vowel, line in LENGTHENED.items():
        spelled = re.sub(f"([{line}])ー", rf"\1{vowel}", spelled)
    return "".join(_counts(letter, order) for letter in spelled.lower().translate(SIGNS)), text


def _counts(letter: str, order: Weights) -> str:
    code = ord(letter)
    if HAN[0] <= code <= HAN[1]:
        at = 2 * (code - HAN[0])
        return order.mark + chr(BEHIND + int.from_bytes(order.han[at : at + 2]))
    if HANGUL[0] <= code <= HANGUL[1]:
        return order.hangul_mark + chr(order.hangul + code - HANGUL[0])
    is_sign = any(first <= code <= last for first, last in SIGN_SPANS)
    return order.letters.get(letter, SIGN if is_sign else letter)
