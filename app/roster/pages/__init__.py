"""The pages of the roster."""

from __future__ import annotations

from app.roster.pages import artist, bands, choices, dashboard, first, grants, imprints, parties, presenting

handlers = [
    handler
    for part in (dashboard, first, imprints, artist, bands, grants, presenting, parties, choices)
    for handler in part.handlers
]
__all__ = ["handlers"]
