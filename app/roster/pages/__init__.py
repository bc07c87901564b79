"""The pages of the roster."""

from __future__ import annotations

from app.roster.pages import artist, dashboard, grants, imprints, presenting

handlers = [*dashboard.handlers, *imprints.handlers, *artist.handlers, *grants.handlers, *presenting.handlers]
__all__ = ["handlers"]
