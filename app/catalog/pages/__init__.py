"""The pages of the catalogue."""

from __future__ import annotations

from app.catalog.pages import grid, release, releases

handlers = [*releases.handlers, *grid.handlers, *release.handlers]
__all__ = ["handlers"]
