"""What streaming records, in words."""

from __future__ import annotations

from app.kernel.activity.meanings import tell
from app.kernel.sentences import sentence

tell("preview.chosen", sentence("Another part of a recording was chosen as its preview"))
tell(
    "recording.not_rendered",
    sentence("A recording could not be prepared for listening"),
    hears="catalog.edit",
)
tell("package.failed", sentence("A download could not be prepared"), hears="catalog.edit", asks=True)
