"""A number for each row of a report that is the same in every file that says the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

_WORD: Final = 8
_FIRST, _SECOND, _GOLDEN = (
    np.uint64(0xBF58476D1CE4E5B9),
    np.uint64(0x94D049BB133111EB),
    np.uint64(0x9E3779B97F4A7C15),
)

Words = NDArray[np.uint64]


def of_rows(asset: pl.Series, context: pl.Series, texts: pl.Series) -> NDArray[np.int64]:
    """The fingerprint of rows: by those of their assets and circumstances, and the text of all else they say."""
    with np.errstate(over="ignore"):
        found = _mixed(asset.to_numpy().astype(np.uint64))
        found = _mixed(found ^ context.to_numpy().astype(np.uint64))
        for word, is_there in _words(texts):
            found = np.where(is_there, _mixed(found ^ word), found)
    return found.view(np.int64)


def _mixed(value: Words) -> Words:
    """Steele, Lea and Flood's finaliser ("Fast splittable pseudorandom number generators", 2014)."""
    value = value + _GOLDEN
    value = (value ^ (value >> np.uint64(30))) * _FIRST
    value = (value ^ (value >> np.uint64(27))) * _SECOND
    mixed: Words = value ^ (value >> np.uint64(31))
    return mixed


def _words(texts: pl.Series) -> Iterator[tuple[Words, NDArray[np.bool_]]]:
    """Texts as numbers of eight bytes each, the last filled up with spaces, and which texts reach so far."""
    text = pl.col("t")
    plain = pl.when(text.str.len_bytes() == text.str.len_chars()).then(text).otherwise(text.str.encode("hex"))
    plain_texts = texts.alias("t").to_frame().select(plain).to_series()
    lengths = plain_texts.str.len_bytes().to_numpy()
    width = -(-int(lengths.max(initial=0)) // _WORD) * _WORD
    padded = plain_texts.str.pad_end(width, " ").cast(pl.Binary).to_frame("t")
    for at in range(0, width, _WORD):
        word = pl.col("t").bin.slice(at, _WORD).bin.reinterpret(dtype=pl.UInt64, endianness="little")
        yield padded.select(word).to_series().to_numpy(), lengths > at
