"""The pages of the artists' app."""

from __future__ import annotations

from app.artist.pages import contracts, device, home, me, news, releases, splits, statements, team

handlers = [
    *device.handlers,
    *home.handlers,
    *releases.handlers,
    *statements.handlers,
    *contracts.handlers,
    *splits.handlers,
    *team.handlers,
    *news.handlers,
    *me.handlers,
]
__all__ = ["handlers"]
