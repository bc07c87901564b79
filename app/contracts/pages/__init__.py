"""The pages of contracts, and what they offer to choosers."""

from __future__ import annotations

from app.contracts.pages import calendar, contract, costs, editor, listing, splits
from app.contracts.queries import choices, columns

handlers = [
    *listing.handlers,
    *editor.handlers,
    *contract.handlers,
    *costs.handlers,
    *splits.handlers,
    *calendar.handlers,
]
__all__ = ["choices", "columns", "handlers"]
