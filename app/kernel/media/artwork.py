"""Pictures for covers: what they are, and small copies for browsers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from app.kernel.media.facts import ArtworkFacts, Fault, Limits, Thumbnail
from app.kernel.media.jobs import Cover, Inspect, Thumbnails
from app.kernel.media.refusal import Unreadable
from app.kernel.media.sandbox import sandbox

SIZES = (96, 320, 640, 1_280)
"""Longest sides in pixels: a row, a card, a page, and a page on a dense screen."""

COVER_SIZE = 1_400
COVER_TYPE = "image/jpeg"


class Looked(NamedTuple):
    """A picture that can be used, and small copies of it."""

    facts: ArtworkFacts
    copies: list[Thumbnail]


def looked_at(raw: bytes, limits: Limits, *, sizes: tuple[int, ...] = SIZES) -> Looked:
    """What is known of a picture, and copies of it; `Unreadable` where it cannot be used."""
    with tempfile.NamedTemporaryFile(prefix="picture-") as kept:
        kept.write(raw)
        kept.flush()
        facts = inspect(Path(kept.name), limits)
        if facts.fault is not None:
            raise Unreadable(facts.fault)
        return Looked(facts, thumbnails(Path(kept.name), limits, sizes=sizes))


def inspect(path: Path, limits: Limits | None = None) -> ArtworkFacts:
    """Everything that is known of a picture; whatever it is, the answer is facts, with a fault where it is unusable."""
    found = sandbox().run(Inspect(str(path.absolute()), limits or Limits()), ArtworkFacts)
    return ArtworkFacts(fault=found, size=path.stat().st_size) if isinstance(found, Fault) else found


def thumbnails(path: Path, limits: Limits | None = None, *, sizes: tuple[int, ...] = SIZES) -> list[Thumbnail]:
    """Copies in AVIF and WebP, each size that is not larger than the picture; `Unreadable` where there is none."""
    found = sandbox().run(Thumbnails(str(path.absolute()), sizes, limits or Limits()), list[Thumbnail])
    if isinstance(found, Fault):
        raise Unreadable(found)
    return found


def cover(path: Path, limits: Limits | None = None, *, size: int = COVER_SIZE) -> bytes:
    """A JPEG (`COVER_TYPE`) for files that people keep; `Unreadable` where there is none."""
    found = sandbox().run(Cover(str(path.absolute()), size, limits or Limits()), bytes)
    if isinstance(found, Fault):
        raise Unreadable(found)
    return found
