"""What is asked of the process inside the sandbox."""

from __future__ import annotations

import msgspec

from app.kernel.media.facts import Limits


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


Job = Measure | Preview | Inspect | Thumbnails
