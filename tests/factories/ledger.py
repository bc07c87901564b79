"""What accounts of the ledger hold."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.ledger import service
from app.ledger.rules import Account


def balance(session: Session, account: Account) -> int:
    """The micros that one account holds; nothing where it was never posted to."""
    subjects = None if account.subject is None else [account.subject]
    return service.balances(session, kind=account.kind, subjects=subjects).get(account, 0)
