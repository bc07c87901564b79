"""Barcodes as widths of bars and gaps: Code 128 (ISO/IEC 15417) for texts, EAN and UPC for what is sold in shops."""

from __future__ import annotations

from typing import Final

_TABLE: Final = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 "
    "113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 "
    "212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 "
    "113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 "
    "314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 "
    "241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 "
    "214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 211214 "
    "211232 2331112"
)
_PATTERNS: Final = _TABLE.split()
_START, _STOP, _MODULUS = 104, 106, 103
_FIRST, _LAST = 32, 126
LONGEST: Final = 40


def values(text: str) -> list[int]:
    """The symbols of a text in code set B, from start to stop with the check symbol; what it lacks is left out."""
    plain = [ord(char) - _FIRST for char in text[:LONGEST] if _FIRST <= ord(char) <= _LAST]
    check = (_START + sum(place * value for place, value in enumerate(plain, start=1))) % _MODULUS
    return [_START, *plain, check, _STOP]


def code128(text: str) -> list[int]:
    """Widths in modules, bar and gap in turn, beginning and ending with a bar."""
    return [int(width) for value in values(text) for width in _PATTERNS[value]]


_LEFT: Final = ["3211", "2221", "2122", "1411", "1132", "1231", "1114", "1312", "1213", "3112"]
_PARITY: Final = ["LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL"]
_EDGE, _MIDDLE = "111", "11111"


def retail(code: str) -> tuple[list[int], tuple[str, str, str, str]]:
    """An EAN-13, UPC-A or EAN-8 (ISO/IEC 15420) of digits that check: its widths, and its digits as they stand below.

    Before the first bar, under the left half, under the right, behind the last bar.
    """
    whole = code.zfill(13) if len(code) > 8 else code
    half = len(whole) // 2
    parity = _PARITY[int(whole[0])] if len(whole) == 13 else "LLLL"
    left, right = whole[-2 * half : -half], whole[-half:]
    # The codes of an even parity are those of the right half, which are those of the left, read backwards.
    drawn = "".join(_LEFT[int(digit)][:: 1 if way == "L" else -1] for digit, way in zip(left, parity, strict=True))
    widths = f"{_EDGE}{drawn}{_MIDDLE}{''.join(_LEFT[int(digit)] for digit in right)}{_EDGE}"
    below = ("", left, right, "") if len(whole) == 8 else (whole[0], left, right, "")
    if len(code) == 12:
        below = (code[0], code[1:6], code[6:11], code[11])
    return [int(width) for width in widths], below
