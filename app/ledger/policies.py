"""Doors to the books: they are the whole label's, and whoever sees a part of it sees none of them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.errors import OutOfScope
from app.identity.policies import Visitor, require
from app.ledger.errors import AccountUnknown
from app.ledger.models import LedgerAccount


def require_books(visitor: Visitor) -> None:
    """Refuse whoever may not see money, or sees some artists or imprints alone."""
    require(visitor, "royalties.view")
    if not visitor.scope.is_whole:
        raise OutOfScope


def account_to_read(session: Session, visitor: Visitor, account_id: UUID | None) -> LedgerAccount:
    """An account that the visitor may look at."""
    require_books(visitor)
    found = session.get(LedgerAccount, account_id) if account_id else None
    if found is None:
        raise AccountUnknown
    return found
