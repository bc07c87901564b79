"""The pages of contracts, and what they offer to choosers and tell the roster."""

from __future__ import annotations

from app.contracts.pages import (
    amending,
    bulk,
    calendar,
    certificate,
    contract,
    costs,
    editor,
    listing,
    sending,
    signing,
    splits,
)
from app.contracts.queries import choices, columns, figures

handlers = [
    *listing.handlers,
    *signing.handlers,
    *sending.handlers,
    *certificate.handlers,
    *bulk.handlers,
    *amending.handlers,
    *editor.handlers,
    *contract.handlers,
    *costs.handlers,
    *splits.handlers,
    *calendar.handlers,
]
__all__ = ["choices", "columns", "figures", "handlers"]
