"""The pages of the catalogue, and what it tells the roster's."""

from __future__ import annotations

from app.catalog.pages import grid, readiness, release, releases
from app.catalog.queries import columns

handlers = [*releases.handlers, *readiness.handlers, *grid.handlers, *release.handlers]
__all__ = ["columns", "handlers"]
