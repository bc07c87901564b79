"""The roster as lists."""

from __future__ import annotations

from app.roster.queries import grants
from app.roster.queries.roster import counted, counts, roster

__all__ = ["counted", "counts", "grants", "roster"]
