"""Which names of ours are like one of theirs: all of both compared at once, as tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import polars as pl

from app.tax.rules.names import SHORT, THRESHOLD, Hit, alike, sound_of, words

_EACH_FURTHER: Final = 0.02
"""What each further word of the longer name takes away."""
_PAIR: Final = ("name", "name_theirs")
_WORDS: Final = 2
_TOKEN_LIKE: Final = 0.75


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
    if len(word) >= SHORT:
        yield from {word[:at] + word[at + 1 :] for at in range(len(word))}
        if len(sound := sound_of(word)) >= SHORT - 1:
            yield f"\0{sound}"
