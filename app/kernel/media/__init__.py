"""Sound and pictures from outside: what they are, whether they are whole, and copies for browsers.

Nothing here knows a label. Whatever opens such a file runs in a process of its own with limits (`sandbox`).
"""

from __future__ import annotations

from app.kernel.media import artwork, audio
from app.kernel.media.facts import ArtworkFacts, AudioFacts, Fault, Limits, Thumbnail
from app.kernel.media.refusal import Unreadable

__all__ = ["ArtworkFacts", "AudioFacts", "Fault", "Limits", "Thumbnail", "Unreadable", "artwork", "audio"]
