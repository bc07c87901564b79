"""What is asked of the process inside the sandbox."""

from __future__ import annotations

import msgspec

from app.kernel.media.facts import Limits, Tags, Wanted


class Measure(msgspec.Struct, frozen=True, tag="measure"):
    """Measure a sound file that calls itself `name`."""

    path: str
    name: str
    limits: Limits


class Preview(msgspec.Struct, frozen=True, tag="preview"):
    """Encode a sound for listening in a browser."""

    path: str
    limits: Limits


class Inspect(msgspec.Struct, frozen=True, tag="inspect"):
    """Look at a picture."""

    path: str
    limits: Limits


class Thumbnails(msgspec.Struct, frozen=True, tag="thumbnails"):
    """Make small copies of a picture."""

    path: str
    sizes: tuple[int, ...]
    limits: Limits


class Render(msgspec.Struct, frozen=True, tag="render"):
    """Encode a sound for players, each encoding into a file of its own."""

    path: str
    wanted: tuple[Wanted, ...]
    limits: Limits


class Encode(msgspec.Struct, frozen=True, tag="encode"):
    """Encode a sound for whoever keeps it, with what it is called and its cover, a JPEG."""

    path: str
    format: str
    tags: Tags
    cover: bytes
    limits: Limits


class Cover(msgspec.Struct, frozen=True, tag="cover"):
    """Make a picture that every player shows."""

    path: str
    size: int
    limits: Limits


Job = Measure | Preview | Inspect | Thumbnails | Render | Encode | Cover
