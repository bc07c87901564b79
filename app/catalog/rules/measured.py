"""Sounds and pictures as they were measured, in the columns that rules look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import polars as pl

from app.catalog.rules.frames import RELEASES, TRACKS, Schema

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
"""Column of a track to fact of a sound file (`kernel.media.facts`)."""

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

Facts = Iterable[Mapping[str, Any] | None]


def of_audio(facts: Facts) -> pl.DataFrame:
    """A row a file, as tracks have it; null where there is none."""
    return in_columns(facts, AUDIO, {name: TRACKS[name] for name in AUDIO})


def of_artwork(facts: Facts) -> pl.DataFrame:
    """A row a file, as releases have it; a picture that lets something shine through says so in its mode."""
    return in_columns(map(_with_alpha, facts), ARTWORK, {name: RELEASES[name] for name in ARTWORK})


def _with_alpha(fact: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return {**fact, "mode": f"{fact.get('mode', '')}a"} if fact and fact.get("alpha") else fact


def in_columns(facts: Facts, names: Mapping[str, str], schema: Schema) -> pl.DataFrame:
    """Facts as a frame; what does not fit into its column is not known."""
    rows = [tuple((fact or {}).get(name) for name in names.values()) for fact in facts]
    return pl.DataFrame(rows, schema=dict(schema), orient="row", strict=False)
