"""The one shape in which rules see the catalogue: a release a row, a track a row, null where nothing is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

Schema = Mapping[str, pl.DataType]

_TEXT, _TEXTS, _YES = pl.String(), pl.List(pl.String()), pl.Boolean()
_U8, _U16, _U32, _F32 = pl.UInt8(), pl.UInt16(), pl.UInt32(), pl.Float32()

RELEASES: Schema = {
    "release": _U32,
    **dict.fromkeys(("title", "version", "kind"), _TEXT),
    **dict.fromkeys(("artists", "featuring"), _TEXTS),
    **dict.fromkeys(("label", "catalog_number", "upc", "grid", "language", "genre", "subgenre"), _TEXT),
    "styles": _TEXTS,
    "p_year": pl.Int16(),
    "p_owner": _TEXT,
    "c_year": pl.Int16(),
    "c_owner": _TEXT,
    "p_line": _TEXT,
    "c_line": _TEXT,
    **dict.fromkeys(("original_release_date", "release_date", "preorder_date", "explicit"), _TEXT),
    **dict.fromkeys(("territories", "excluded_territories"), _TEXTS),
    **dict.fromkeys(("ai_use", "format", "country"), _TEXT),
    "artwork_width": _U32,
    "artwork_height": _U32,
    "artwork_format": _TEXT,
    "artwork_mode": _TEXT,
    "artwork_bytes": pl.UInt64(),
    "artwork_hash": _TEXT,
    "artwork_sharpness": _F32,
}
"""Dates are partial ISO dates: `1999`, `1999-03` or `1999-03-21`. `release` is a key inside the frame, nothing more."""

TRACKS: Schema = {
    "release": _U32,
    "row": _U32,
    "disc": _U16,
    "number": _U16,
    **dict.fromkeys(("position", "title", "version"), _TEXT),
    **dict.fromkeys(("artists", "featuring"), _TEXTS),
    "isrc": _TEXT,
    "iswc": _TEXT,
    "duration_ms": _U32,
    **dict.fromkeys(("language", "lyrics_language", "lyrics", "explicit"), _TEXT),
    **dict.fromkeys(("instrumental", "preorder_only", "instant_grat"), _YES),
    "contributors": pl.List(pl.Struct({"name": pl.String(), "role": pl.String()})),
    **dict.fromkeys(("genre", "ai_use", "file", "audio_codec", "audio_container"), _TEXT),
    "audio_bits": _U8,
    "audio_rate": _U32,
    "audio_channels": _U8,
    **dict.fromkeys(("audio_ms", "audio_lead_ms", "audio_tail_ms", "audio_gap_ms"), _U32),
    "audio_peak_dbtp": _F32,
    "audio_lufs": _F32,
    "audio_clipped": _U32,
    "audio_dc": _F32,
    "audio_md5": _TEXT,
    **dict.fromkeys(("audio_intact", "audio_dual_mono", "audio_upsampled", "audio_lossy"), _YES),
    "audio_fault": _TEXT,
}
"""`row` is the line of a manifest, or the position on the release; together with `release` it names a track."""

PARTIES: Schema = {"row": _U32, **dict.fromkeys(("isni", "ipi_name", "ipi_base", "dpid"), _TEXT)}
"""What identifies an artist, a person or a company outside of the label."""

FINDINGS: Schema = {
    "release": _U32,
    "row": _U32,
    **dict.fromkeys(("rule", "severity", "stage", "field", "value", "suggestion"), _TEXT),
    "safe": _YES,
}
"""`row` is null where a whole release is meant, `release` where a party is; `suggestion` is empty to clear a field."""


def empty(schema: Schema) -> pl.DataFrame:
    """A frame without rows."""
    return pl.DataFrame(schema=dict(schema))


def conform(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """The frame with exactly the columns of a schema: missing ones become null, others are left out."""
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in schema.items()
    )


def _of(*names: str) -> pl.DataFrame:
    known = {**TRACKS, **RELEASES, "name": _TEXT, "stylised": _YES, "duration_ms": _U32, "audio_md5": _TEXT}
    return empty({name: known[name] for name in names})


@dataclass(frozen=True, slots=True)
class Known:
    """What the label's catalogue already holds, apart from the releases being looked at, and the label's day."""

    today: date
    recordings: pl.DataFrame = field(default_factory=lambda: _of("isrc", "duration_ms", "audio_md5"))
    releases: pl.DataFrame = field(default_factory=lambda: _of("upc", "catalog_number", "label", "artwork_hash"))
    artists: pl.DataFrame = field(default_factory=lambda: _of("name", "stylised"))
    imprints: pl.DataFrame = field(default_factory=lambda: _of("name"))
