"""What was measured of sounds and pictures, in the columns that rules look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Facts = Mapping[str, Any]
"""What the database keeps of `kernel.media.facts`."""


def audio_columns(facts: Facts | None) -> dict[str, Any]:
    """A sound's columns; what could not be found out is null, and all of them are where there is no sound."""
    facts = facts or {}
    named = {
        "audio_codec": facts.get("codec") or None,
        "audio_container": facts.get("container") or None,
        "audio_bits": facts.get("bits") or None,
        "audio_rate": facts.get("rate") or None,
        "audio_channels": facts.get("channels") or None,
        "audio_ms": facts.get("duration_ms") or None,
        "audio_lead_ms": facts.get("lead_ms"),
        "audio_tail_ms": facts.get("tail_ms"),
        "audio_gap_ms": facts.get("gap_ms"),
        "audio_peak_dbtp": facts.get("true_peak_dbtp"),
        "audio_lufs": facts.get("loudness_lufs"),
        "audio_clipped": facts.get("clipped"),
        "audio_dc": facts.get("dc_offset"),
        "audio_md5": facts.get("md5") or None,
        "audio_intact": facts.get("intact"),
        "audio_dual_mono": facts.get("dual_mono"),
        "audio_upsampled": facts.get("upsampled"),
        "audio_lossy": facts.get("lossy_source"),
    }
    return named | {"audio_fault": facts.get("fault")}


def artwork_columns(facts: Facts | None) -> dict[str, Any]:
    """A picture's columns, null where there is none; transparency is part of its mode."""
    facts = facts or {}
    mode = facts.get("mode") or None
    return {
        "artwork_width": facts.get("width") or None,
        "artwork_height": facts.get("height") or None,
        "artwork_format": facts.get("format") or None,
        "artwork_mode": f"{mode}a" if mode and facts.get("alpha") else mode,
        "artwork_bytes": facts.get("size") or None,
        "artwork_hash": facts.get("perceptual_hash") or None,
        "artwork_sharpness": facts.get("sharpness") if facts else None,
    }
