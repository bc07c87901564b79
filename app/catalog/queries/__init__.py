"""The catalogue as frames for whole comparisons, and as lists for pages."""

from __future__ import annotations

from app.catalog.queries.files import artwork_of, audio_of, recordings_of_audio
from app.catalog.queries.frames import (
    artist_ids,
    contributor_ids,
    imprint_ids,
    known,
    recordings_by_isrc,
    releases_like,
    tracks_of,
)

__all__ = [
    "artist_ids",
    "artwork_of",
    "audio_of",
    "contributor_ids",
    "imprint_ids",
    "known",
    "recordings_by_isrc",
    "recordings_of_audio",
    "releases_like",
    "tracks_of",
]
