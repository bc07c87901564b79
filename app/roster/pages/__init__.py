"""The pages of the roster, and what it tells the ledger's."""

from __future__ import annotations

from app.roster.pages import artist, bands, choices, dashboard, grants, imprints, parties, presenting
from app.roster.queries import payees

handlers = [
    handler
    for part in (dashboard, imprints, artist, bands, grants, presenting, parties, choices)
    for handler in part.handlers
]
__all__ = ["handlers", "payees"]
