"""The columns of releases and tracks as a manifest fills them; null where nothing is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

_TEXT, _TEXTS, _YES = pl.String(), pl.List(pl.String()), pl.Boolean()

RELEASES: Final[Mapping[str, pl.DataType]] = {
    "release": pl.UInt32(),
    **dict.fromkeys(("title", "version", "kind"), _TEXT),
    **dict.fromkeys(("artists", "featuring"), _TEXTS),
    **dict.fromkeys(("label", "catalog_number", "upc", "grid", "language", "genre", "subgenre"), _TEXT),
    "styles": _TEXTS,
    "p_year": pl.Int16(), "p_owner": _TEXT, "c_year": pl.Int16(), "c_owner": _TEXT, "p_line": _TEXT, "c_line": _TEXT,
    **dict.fromkeys(("original_release_date", "release_date", "preorder_date", "explicit"), _TEXT),
    **dict.fromkeys(("territories", "excluded_territories"), _TEXTS),
    **dict.fromkeys(("ai_use", "format", "country"), _TEXT),
}  # fmt: skip
"""Dates are partial ISO dates; `release` is a key inside the frame and nothing more."""

TRACKS: Final[Mapping[str, pl.DataType]] = {
    "release": pl.UInt32(), "row": pl.UInt32(), "disc": pl.UInt16(), "number": pl.UInt16(),
    **dict.fromkeys(("position", "title", "version"), _TEXT),
    **dict.fromkeys(("artists", "featuring"), _TEXTS),
    "isrc": _TEXT, "iswc": _TEXT, "duration_ms": pl.UInt32(),
    **dict.fromkeys(("language", "lyrics_language", "lyrics", "explicit"), _TEXT),
    **dict.fromkeys(("instrumental", "preorder_only", "instant_grat"), _YES),
    "contributors": pl.List(pl.Struct({"name": pl.String(), "role": pl.String()})),
    **dict.fromkeys(("genre", "ai_use", "file"), _TEXT),
}  # fmt: skip
"""`row` is the line of a manifest; together with `release` it names a track."""


def conform(frame: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """The frame with exactly the columns of a schema: missing ones become null, others are left out."""
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in schema.items()
    )
