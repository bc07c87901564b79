"""Whose money an account of the ledger holds."""

from __future__ import annotations

from uuid import UUID, uuid5


def account_of(contract: UUID, payee: UUID) -> UUID:
    """Whose money an account of the ledger holds: a payee's under a contract."""
    return uuid5(contract, str(payee))
