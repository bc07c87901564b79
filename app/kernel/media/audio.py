"""Sound files: what they are and how they sound in figures, and a copy to listen to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from app.kernel.media.facts import AudioFacts, Fault, Limits, Rendered, Tags, Wanted
from app.kernel.media.jobs import Encode, Measure, Preview, Render
from app.kernel.media.refusal import Unreadable
from app.kernel.media.sandbox import sandbox

PREVIEW_TYPE = "audio/mp4"
LONGEST_WORK = 3_000
"""Seconds for one file, whatever it is."""

FORMATS = {
    "mp3_320": ("mp3", "audio/mpeg"),
    "aac_256": ("m4a", "audio/mp4"),
    "flac": ("flac", "audio/flac"),
    "wav_24": ("wav", "audio/wav"),
}
"""What people keep, with the ending of its name and its media type. Nothing is deeper or faster than the master."""


def measure(path: Path, limits: Limits | None = None, *, name: str | None = None) -> AudioFacts:
    """Everything that is known of a sound file; whatever it is, the answer is facts, with a fault where it is unusable.

    `name` is what its owner calls it, against which the content is held; without one, what `path` says.
    """
    limits = limits or Limits()
    found = sandbox().run(Measure(str(path.absolute()), path.name if name is None else name, limits), AudioFacts)
    return AudioFacts(fault=found, size=path.stat().st_size) if isinstance(found, Fault) else found


def preview(path: Path, limits: Limits | None = None) -> bytes:
    """The sound in stereo as AAC in MP4 (`PREVIEW_TYPE`), for every browser; `Unreadable` where there is none."""
    found = sandbox().run(Preview(str(path.absolute()), limits or Limits()), bytes)
    if isinstance(found, Fault):
        raise Unreadable(found)
    return found


def render(
    path: Path, wanted: Sequence[Wanted], into: Sequence[BinaryIO], limits: Limits | None = None
) -> list[Rendered]:
    """Encode the sound for players, each of `wanted` into the file of its place; `Unreadable` where that fails."""
    job = Render(str(path.absolute()), tuple(wanted), limits or Limits())
    found = sandbox().run(job, list[Rendered], into)
    if isinstance(found, Fault):
        raise Unreadable(found)
    return found


def encode(
    path: Path, form: str, tags: Tags, into: BinaryIO, limits: Limits | None = None, *, cover: bytes = b""
) -> None:
    """Encode the sound for whoever keeps it, as one of `FORMATS`, with tags and a JPEG; `Unreadable` if that fails."""
    found = sandbox().run(Encode(str(path.absolute()), form, tags, cover, limits or Limits()), bool, [into])
    if isinstance(found, Fault):
        raise Unreadable(found)


def limits_for(duration_ms: int) -> Limits:
    """How much time encoding may take: as long as the sound on the clock, and half of that of a processor, and some."""
    seconds = duration_ms // 1_000
    return Limits(seconds=min(120 + seconds, LONGEST_WORK), processor_seconds=min(90 + seconds // 2, LONGEST_WORK))
