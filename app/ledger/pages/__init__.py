"""The pages of the ledger: the books, and from which amount on two people decide."""

from __future__ import annotations

from app.ledger.pages import books, settings

handlers = [*books.handlers, *settings.handlers]
__all__ = ["handlers"]
