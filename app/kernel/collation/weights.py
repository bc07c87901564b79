"""The tables: what each letter counts as in a language, and where Chinese characters and Korean syllables stand."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).parent / "data"
HAN: Final = (0x4E00, 0x9FFF)
HANGUL: Final = (0xAC00, 0xD7A3)
KANA: Final = (0x3041, 0x3096)
ARABIC: Final = (0x0621, 0x064A)
BEHIND: Final = 0xF0000
"""Where characters go whose own code would not put them in order: behind those of every script."""

PUNCTUATION: Final = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
PLACES: Final = "".join(map(chr, range(2, 2 + len(PUNCTUATION))))
"""CLDR's order of signs, all before digits; what ties is behind the sign 1."""

_LIKE: Final = {
    "’": "'", "‘": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "‐": "-",
    "¿": "?", "¡": "!", "·": ".", "•": "&", "、": ",", "。": ".", "「": "[", "」": "]", "・": "-", "×": "+",
}  # fmt: skip
_PLAIN: Final = {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ß": "ss", "æ": "ae", "œ": "oe"}
_LETTERS: Final = ((0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x1E00, 0x1EFF))
_OWN: Final = {"pl": "ąćęłńóśźż", "es": "ñ"}
"""Letters that stand behind their plain ones in an alphabet, in their order."""

_ARABIC: Final = (
    dict.fromkeys("ءأؤإئ", "ا") | {"ة": "ت", "ى": "ي", "ی": "ي", "آ": "اا"}
    | {"پ": "ب\ufffd", "چ": "ج\ufffd", "ڤ": "ف\ufffd", "ک": "ك\ufffd", "گ": "ك\ufffe"}
)  # fmt: skip
_SMALL: Final = dict(zip("ぁぃぅぇぉゕゖっゃゅょゎ", "あいうえおかけつやゆよわ", strict=True))
VOWELS: Final = {
    "あ": "あかがさざただなはばぱまやらわぁゃゎ",
    "い": "いきぎしじちぢにひびぴみりぃ",
    "う": "うくぐすずつづぬふぶぷむゆるぅゅゔっ",
    "え": "えけげせぜてでねへべぺめれぇ",
    "お": "おこごそぞとどのほぼぽもよろをぉょ",
}
"""The syllables that a prolonging mark lengthens by each vowel."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A language's order: what letters count as; where characters stand (two bytes each) and what is before them."""

    letters: dict[str, str]
    han: bytes
    mark: str
    hangul: int
    hangul_mark: str


@cache
def weights_of(language: str) -> Weights:
    """The order of a language."""
    name = language.partition("-")[0]
    ranks = _RANKS.get(name, _by_pinyin)()
    places = b"".join(ranks[chr(code)].to_bytes(2) for code in range(HAN[0], HAN[1] + 1))
    mark = {"zh": "@", "ko": "@", "ja": "{"}.get(name, "")
    korean = name == "ko"
    return Weights(_letters(name), places, mark, BEHIND if korean else HANGUL[0], "@" if korean else "")


def _letters(name: str) -> dict[str, str]:
    found = {sign: _counted(sign) for sign in _LIKE}
    for first, last in _LETTERS:
        found |= {chr(code): _counted(chr(code)) for code in range(first, last + 1)}
    for place, letter in enumerate(_OWN.get(name, "")):
        own = f"{_counted(letter)}{chr(BEHIND + place)}"
        found |= {letter: own, letter.upper(): own}
    found |= dict.fromkeys(map(chr, range(0x64B, 0x660)), "") | {"\u0640": "", "\u0670": ""}
    if name == "ar":
        found |= {chr(code): f"@{_ARABIC.get(chr(code), chr(code))}" for code in range(ARABIC[0], ARABIC[1] + 1)}
        found |= {letter: "".join(f"@{each}" for each in counts) for letter, counts in _ARABIC.items()}
    return {letter: counts for letter, counts in (found | _kana(name)).items() if letter != counts}


def _counted(letter: str) -> str:
    """What a letter counts as: without case and accents, a sign as the one of ASCII that it stands with."""
    small = letter.lower()
    small = _PLAIN.get(small, small)
    bare = "".join(each for each in unicodedata.normalize("NFKD", small) if not unicodedata.combining(each))
    if bare in _LIKE or (bare and unicodedata.category(bare[0])[0] not in "LMN"):
        bare = PLACES[PUNCTUATION.index(_LIKE.get(bare, bare if bare in PUNCTUATION else "~"))]
    return bare


def _kana(name: str) -> dict[str, str]:
    """Hiragana and katakana alike, voiced, small and plain; behind other scripts or, in Japan, before them."""
    found = {"ー": "", "ゝ": "", "ゞ": "", "ヽ": "", "ヾ": "", "\u3099": "", "\u309a": ""}
    for code in range(KANA[0], KANA[1] + 1):
        plain = unicodedata.normalize("NFD", _SMALL.get(chr(code), chr(code)))[0]
        counts = f"{{{plain}" if name == "ja" else chr(BEHIND - 0x2000 + ord(plain) - KANA[0])
        found |= {chr(code): counts, chr(code + 0x60): counts}
    return found


def _by_pinyin() -> dict[str, int]:
    return {letter: place for place, letter in enumerate((DATA / "pinyin.txt").read_text().replace("\n", ""))}


def _by_jis() -> dict[str, int]:
    """Japan's: those of JIS X 0208, then the others by their codes."""
    letters = map(chr, range(HAN[0], HAN[1] + 1))
    return {letter: place for place, letter in enumerate(sorted(letters, key=lambda each: (_in_jis(each), each)))}


def _in_jis(letter: str) -> bytes:
    row = letter.encode("euc_jp", "ignore")
    return row if len(row) == 2 and row[0] >= 0xB0 else b"\xff"


def _by_reading() -> dict[str, int]:
    """Korea's: those with a reading stand with its syllable, the others behind all syllables."""
    read: dict[str, int] = {}
    for line in (DATA / "hanja.txt").read_text().splitlines():
        read |= dict.fromkeys(line[1:], ord(line[0]) - HANGUL[0])
    others = (letter for letter in map(chr, range(HAN[0], HAN[1] + 1)) if letter not in read)
    return read | {letter: HANGUL[1] - HANGUL[0] + 1 + place for place, letter in enumerate(others)}


_RANKS = {"ja": _by_jis, "ko": _by_reading}
