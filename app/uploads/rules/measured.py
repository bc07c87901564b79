"""Files as they were measured, in the columns of the frames that rules look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import polars as pl

from app.catalog.rules.frames import RELEASES, TRACKS

AUDIO: Final = {
    "audio_codec": "codec",
    "audio_container": "container",
    "audio_bits": "bits",
    "audio_rate": "rate",
    "audio_channels": "channels",
    "audio_ms": "duration_ms",
    "audio_lead_ms": "lead_ms",
    "audio_tail_ms": "tail_ms",
    "audio_gap_ms": "gap_ms",
    "audio_peak_dbtp": "true_peak_dbtp",
    "audio_lufs": "loudness_lufs",
    "audio_clipped": "clipped",
    "audio_dc": "dc_offset",
    "audio_md5": "md5",
    "audio_intact": "intact",
    "audio_dual_mono": "dual_mono",
    "audio_upsampled": "upsampled",
    "audio_lossy": "lossy_source",
}
"""Column of a track to fact of a sound file."""

ARTWORK: Final = {
    "artwork_width": "width",
    "artwork_height": "height",
    "artwork_format": "format",
    "artwork_mode": "mode",
    "artwork_bytes": "size",
    "artwork_hash": "perceptual_hash",
    "artwork_sharpness": "sharpness",
}
"""Column of a release to fact of a picture."""

TAGS: Final = {"isrc": "isrc", "title": "title", "artist": "artist", "duration_ms": "duration_ms"}
_TAGS: Final = {"isrc": pl.String(), "title": pl.String(), "artist": pl.String(), "duration_ms": pl.UInt32()}


def of_audio(facts: Iterable[Mapping[str, Any] | None]) -> pl.DataFrame:
    """A row a file, as tracks have it."""
    return _frame(facts, AUDIO, {name: TRACKS[name] for name in AUDIO})


def of_artwork(facts: Iterable[Mapping[str, Any] | None]) -> pl.DataFrame:
    """A row a file, as releases have it; a picture that lets something shine through says so in its mode."""
    return _frame(map(_with_alpha, facts), ARTWORK, {name: RELEASES[name] for name in ARTWORK})


def of_tags(facts: Iterable[Mapping[str, Any] | None]) -> pl.DataFrame:
    """A row a file: what it says of itself, null where it says nothing."""
    return _frame(facts, TAGS, _TAGS).with_columns(pl.selectors.string().replace("", None))


def _with_alpha(fact: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return {**fact, "mode": f"{fact.get('mode', '')}a"} if fact and fact.get("alpha") else fact


def _frame(
    facts: Iterable[Mapping[str, Any] | None], names: Mapping[str, str], schema: Mapping[str, pl.DataType]
) -> pl.DataFrame:
    rows = [tuple((fact or {}).get(name) for name in names.values()) for fact in facts]
    return pl.DataFrame(rows, schema=dict(schema), orient="row", strict=False)
