"""What can be asked for, in one place, with everything it needs loaded."""

from __future__ import annotations

from app.kernel.media.inside.measuring import measure
from app.kernel.media.inside.pictures import inspect, thumbnails
from app.kernel.media.inside.previews import preview

__all__ = ["inspect", "measure", "preview", "thumbnails"]
