"""Which encodings there are of each recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.streaming.rules.rights import Kind


@dataclass(frozen=True, slots=True)
class Encoding:
    """One of them; `bitrate` in kilobits a second, 0 where nothing is lost."""

    kind: Kind
    codec: str
    bitrate: int = 0


AAC: Final = (64, 128, 256)
"""For a weak line, for usual listening, and for whoever cannot tell it from the master."""

ENCODINGS: Final[dict[Kind, tuple[Encoding, ...]]] = {
    "full": (*(Encoding("full", "aac", bitrate) for bitrate in AAC), Encoding("full", "flac")),
    "preview": tuple(Encoding("preview", "aac", bitrate) for bitrate in AAC),
}
"""What is given away for nothing is not lossless."""

CODECS: Final = {"aac": "mp4a.40.2", "flac": "fLaC"}
"""As RFC 6381 names them."""
