"""Files as they were measured, in the columns of the frames that rules look at, and what they say of themselves."""

from __future__ import annotations

from typing import Final

import polars as pl

from app.catalog.rules.measured import ARTWORK, AUDIO, Facts, in_columns, of_artwork, of_audio

__all__ = ["ARTWORK", "AUDIO", "TAGS", "of_artwork", "of_audio", "of_tags"]

TAGS: Final = {"isrc": "isrc", "title": "title", "artist": "artist", "duration_ms": "duration_ms"}
_TAGS: Final = {"isrc": pl.String(), "title": pl.String(), "artist": pl.String(), "duration_ms": pl.UInt32()}


def of_tags(facts: Facts) -> pl.DataFrame:
    """A row a file: what it says of itself, null where it says nothing."""
    return in_columns(facts, TAGS, _TAGS).with_columns(pl.selectors.string().replace("", None))
