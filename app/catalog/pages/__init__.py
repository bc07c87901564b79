"""The pages of the catalogue, and what it tells the roster's."""

from __future__ import annotations

from app.catalog.pages import (
    contributors,
    covers,
    grid,
    names,
    places,
    readiness,
    recording,
    release,
    releases,
    tracks,
    work,
)
from app.catalog.queries import columns, figures

handlers = [
    *releases.handlers,
    *readiness.handlers,
    *tracks.handlers,
    *grid.handlers,
    *release.handlers,
    *places.handlers,
    *covers.handlers,
    *recording.handlers,
    *work.handlers,
    *contributors.handlers,
    *names.handlers,
]
__all__ = ["columns", "figures", "handlers"]
