"""Bringing every label's tables to the same revision, and telling when one is not."""

from __future__ import annotations

from tenants.fleet.revisions import is_served

__all__ = ["is_served"]
