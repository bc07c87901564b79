"""Names made comparable across alphabets, spellings and word order, and how alike two of them are."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from app.tax.rules.tables import DATA

THRESHOLD: Final = 0.85
"""From this likeness on a payee becomes a case: a letter or two, another spelling or a middle name still reach it."""

_SOUNDS_LIKE: Final = 0.9

LONGEST_NAME, MOST_TOKENS = 300, 12
SHORT: Final = 4
"""Words of fewer letters are compared as they are spelled alone."""
_SOUNDS: Final = (
    ("sch", "s"), ("sh", "s"), ("kh", "k"), ("gh", "g"), ("ph", "f"), ("th", "t"), ("dh", "d"), ("zh", "z"),
    ("ck", "k"), ("ch", "k"), ("ts", "s"), ("x", "ks"), ("q", "k"), ("c", "k"), ("w", "v"), ("z", "s"), ("j", "y"),
)  # fmt: skip

_FIRST: Final = {"u": "v", "i": "y"}
"""First letters that stand for a vowel in one spelling and for a consonant in another."""

_ARTICLE = re.compile(r"\bال(?=\w{3})")
"""The Arabic article, which Latin spellings write apart and leave out."""

_VOWELS, _TWICE = re.compile(r"[aeiouy]"), re.compile(r"(.)\1+")


class Hit(NamedTuple):
    """A name of ours that is like one of theirs, by their places, and how much (0 to 1)."""

    ours: int
    theirs: int
    likeness: float


@cache
def _letters() -> dict[int, str]:
    letters: dict[str, str] = _told()["letters"]
    return str.maketrans(letters)


@cache
def _no_names() -> frozenset[str]:
    return frozenset(_told()["no_names"])


@cache
def _told() -> dict[str, Any]:
    return tomllib.loads((DATA / "names.toml").read_text())


def words(name: str) -> tuple[str, ...]:
    """The words of a name in Latin letters without case, marks, titles and legal forms, in alphabetical order."""
    plain = _ARTICLE.sub("", unicodedata.normalize("NFKD", name[:LONGEST_NAME].casefold()))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter)).translate(_letters())
    found = [word for word in re.split(r"[^\w]+|_", re.sub(r"['’`´ʼ]", "", bare)) if word]
    kept = [word for word in found if word not in _no_names()] or found
    return tuple(sorted(set(kept))[:MOST_TOKENS])


def compared(name: str) -> str:
    """A name as it is compared, as one text."""
    return " ".join(words(name))


@lru_cache(maxsize=100_000)
def sound_of(word: str) -> str:
    """The consonants of a word by their sound, its first letter kept: spellings of one foreign name share it."""
    for spelled, sound in _SOUNDS:
        word = word.replace(spelled, sound)
    first = _FIRST.get(word[:1], word[:1])
    return _TWICE.sub(r"\1", first + _VOWELS.sub("", word[1:]))


def alike(one: str, other: str) -> float:
    """How alike two words are: by the letters to change, or the sound of their consonants."""
    if one == other:
        return 1.0
    by_letters = 1 - distance(one, other) / max(len(one), len(other))
    sound = sound_of(one)
    same = sound == sound_of(other) and len(sound) >= SHORT - 1
    return max(by_letters, _SOUNDS_LIKE if same else 0.0)


def distance(one: str, other: str) -> int:
    """How many letters must be put in, left out or changed to make one word of the other."""
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        before, row[0] = row[0], place
        for at, against in enumerate(other, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (letter != against))
    return row[-1]
