"""Names made comparable across alphabets, spellings and word order, and how alike two of them are."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

import polars as pl

from app.tax.rules.tables import DATA

THRESHOLD: Final = 0.85
"""From this likeness on a payee becomes a case: a letter or two, another spelling or a middle name still reach it."""

_TOKEN_LIKE: Final = 0.75
_SOUNDS_LIKE: Final = 0.9
_EACH_FURTHER: Final = 0.02
"""What each further word of the longer name takes away."""

LONGEST_NAME, MOST_TOKENS = 300, 12
_PAIR: Final = ("name", "name_theirs")
_WORDS: Final = 2
_SHORT: Final = 4
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
def _sound(word: str) -> str:
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
    sound = _sound(one)
    same = sound == _sound(other) and len(sound) >= _SHORT - 1
    return max(by_letters, _SOUNDS_LIKE if same else 0.0)


def distance(one: str, other: str) -> int:
    """How many letters must be put in, left out or changed to make one word of the other."""
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        before, row[0] = row[0], place
        for at, against in enumerate(other, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (letter != against))
    return row[-1]


def hits(ours: Iterable[str], theirs: Iterable[str], *, threshold: float = THRESHOLD) -> list[Hit]:
    """The names of ours that are like one of theirs: all of both compared at once.

    Names have at least two words in common, or one where the shorter is a single word and so is the other.
    """
    one, other = _tokens(ours), _tokens(theirs)
    pairs = _similar(set(one["token"]), set(other["token"]))
    if pairs.is_empty():
        return []
    back = pairs.rename({"ours": "theirs", "theirs": "ours"})
    near = pl.concat([
        _led(one, other, pairs, threshold).filter(pl.col("count") <= pl.col("count_theirs")).select(_PAIR),
        _led(other, one, back, threshold)
        .filter(pl.col("count") < pl.col("count_theirs"))
        .select(name="name_theirs", name_theirs="name"),
    ]).unique()  # fmt: skip
    scored = _scored(near, one, other, pairs)
    enough = (pl.col("shared") >= _WORDS) | ((pl.col("fewer") == 1) & (pl.col("further") == 0))
    kept = scored.filter(enough & (pl.col("likeness") >= threshold)).sort(_PAIR)
    return [Hit(*row) for row in kept.select(*_PAIR, "likeness").iter_rows()]


def _led(one: pl.DataFrame, other: pl.DataFrame, pairs: pl.DataFrame, threshold: float) -> pl.DataFrame:
    """Which names may be alike where those of `one` are the shorter: they share its rarest word that cannot be missing.

    A word that is more of a name's letters than likeness may lack has to be there; most names have one that is rare.
    """
    often = other.group_by("token").len()
    met = pairs.join(often, left_on="theirs", right_on="token").group_by("ours").agg(pl.col("len").sum().alias("often"))
    words_met = one.join(met, left_on="token", right_on="ours", how="left").with_columns(pl.col("often").fill_null(0))
    needed = words_met.filter(pl.col("length") > (1 - threshold) * pl.col("letters"))
    lead = needed.sort("often", "place").group_by("name", maintain_order=True).first()
    others = words_met.join(lead.select("name"), on="name", how="anti")
    leads = pl.concat([lead.select(words_met.columns), others]).filter(pl.col("often") > 0)
    joined = leads.join(pairs, left_on="token", right_on="ours")
    return joined.join(other, left_on="theirs", right_on="token", suffix="_theirs")


def _scored(near: pl.DataFrame, one: pl.DataFrame, other: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """How alike the names of each pair are, by all of their words."""
    met = (
        near.join(one, on="name")
        .join(pairs, left_on="token", right_on="ours")
        .join(other, left_on=["name_theirs", "theirs"], right_on=["name", "token"], suffix="_theirs")
        .with_columns(weight=pl.col("like") * pl.col("length"), weight_theirs=pl.col("like") * pl.col("length_theirs"))
    )
    sizes = ("count", "letters", "count_theirs", "letters_theirs")
    mine = met.group_by([*_PAIR, "place", *sizes]).agg(pl.col("weight").max())
    mine = mine.group_by([*_PAIR, *sizes]).agg(pl.col("weight").sum(), pl.len())
    yours = met.group_by([*_PAIR, "place_theirs"]).agg(pl.col("weight_theirs").max())
    yours = yours.group_by(_PAIR).agg(pl.col("weight_theirs").sum(), pl.len().alias("len_theirs"))
    return (
        mine.join(yours, on=_PAIR)
        .with_columns(
            shared=pl.min_horizontal("len", "len_theirs"),
            fewer=pl.min_horizontal("count", "count_theirs"),
            further=(pl.col("count") - pl.col("count_theirs")).abs(),
            part=_part(),
        )
        .with_columns(likeness=pl.col("part").clip(upper_bound=1.0) - _EACH_FURTHER * pl.col("further"))
    )


def _part() -> pl.Expr:
    """The part of the shorter name's letters that the other has, too."""
    own = pl.col("weight") / pl.col("letters")
    is_shorter = pl.col("count") <= pl.col("count_theirs")
    return pl.when(is_shorter).then(own).otherwise(pl.col("weight_theirs") / pl.col("letters_theirs"))


def _tokens(names: Iterable[str]) -> pl.DataFrame:
    """Every word of every name, with its length, and how many words and letters the name has."""
    rows = [
        (number, place, word, len(word), len(said), sum(map(len, said)))
        for number, said in enumerate(map(words, names))
        for place, word in enumerate(said)
    ]
    whole = dict.fromkeys(("length", "count", "letters"), pl.Int64)
    return pl.DataFrame(rows, schema={"name": pl.Int64, "place": pl.Int64, "token": pl.String, **whole}, orient="row")


def _similar(ours: set[str], theirs: set[str]) -> pl.DataFrame:
    """Which words are alike: only those are compared that share a spelling with one letter less, or a sound."""
    spelled: dict[str, set[str]] = defaultdict(set)
    for word in theirs:
        for key in _keys(word):
            spelled[key].add(word)
    rows = [
        (word, other, like)
        for word in ours
        for other in set().union(*(spelled.get(key, ()) for key in _keys(word)))
        if (like := alike(word, other)) >= _TOKEN_LIKE
    ]
    return pl.DataFrame(rows, schema={"ours": pl.String, "theirs": pl.String, "like": pl.Float64}, orient="row")


def _keys(word: str) -> Iterator[str]:
    yield word
    if len(word) >= _SHORT:
        yield from {word[:at] + word[at + 1 :] for at in range(len(word))}
        if len(sound := _sound(word)) >= _SHORT - 1:
            yield f"\0{sound}"
