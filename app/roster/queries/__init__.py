"""The roster as lists."""

from __future__ import annotations

from app.roster.queries.roster import counts, roster

__all__ = ["counts", "roster"]
