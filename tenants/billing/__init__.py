"""What a label's plan includes, what it uses, and which unfinished features it may see."""

from __future__ import annotations

from tenants.billing.rules import FLAGS, PLANS, has, require, shows, smallest_with

__all__ = ["FLAGS", "PLANS", "has", "require", "shows", "smallest_with"]
