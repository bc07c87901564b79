"""Sound files: what they are and how they sound in figures, and a copy to listen to."""

from __future__ import annotations

from pathlib import Path

from app.kernel.media.facts import AudioFacts, Fault, Limits
from app.kernel.media.jobs import Measure, Preview
from app.kernel.media.refusal import Unreadable
from app.kernel.media.sandbox import sandbox

PREVIEW_TYPE = "audio/mp4"


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
