"""The pages of the catalogue, and what it tells the roster's."""

from __future__ import annotations

from app.catalog.pages import grid, release, releases
from app.catalog.queries import columns

handlers = [*releases.handlers, *grid.handlers, *release.handlers]
__all__ = ["columns", "handlers"]
