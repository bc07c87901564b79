"""What can be asked for, in one place, with everything it needs loaded."""

from __future__ import annotations

from app.kernel.media.inside.encoding import encode
from app.kernel.media.inside.measuring import measure
from app.kernel.media.inside.pictures import cover, inspect, thumbnails
from app.kernel.media.inside.previews import preview
from app.kernel.media.inside.rendering import render

__all__ = ["cover", "encode", "inspect", "measure", "preview", "render", "thumbnails"]
