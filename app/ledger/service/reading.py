"""What accounts hold, each counted on the side on which it grows."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from app.ledger import queries
from app.ledger.models import LedgerAccount
from app.ledger.rules import Account, Kind


class TrialBalance(NamedTuple):
    """The accounts of one kind in one currency; over a currency the debits equal the credits."""

    currency: str
    kind: Kind
    accounts: int
    debit_micros: int
    credit_micros: int


def balances(
    session: Session, *, kind: Kind | None = None, subjects: Collection[UUID] | None = None
) -> dict[Account, int]:
    """The micros that accounts hold; those that were never posted to are left out."""
    kinds, found = {each.value: each for each in Kind}, session.execute(queries.held(kind=kind, subjects=subjects))
    accounts = ((Account(kinds[of], subject, currency), micros) for of, subject, currency, micros in found)
    return {account: account.own_side(micros) for account, micros in accounts}


def currencies(session: Session, kind: Kind) -> list[str]:
    """In which currencies accounts of a kind were ever posted to."""
    return list(session.scalars(queries.currencies(kind)))


def by_value(row: LedgerAccount) -> Account:
    """What a row of the accounts stands for."""
    return Account(Kind(row.kind), row.subject, row.currency)


def trial_balance(session: Session) -> dict[str, list[TrialBalance]]:
    """Every currency's accounts, kind by kind in the order in which kinds are listed."""
    found: dict[str, list[TrialBalance]] = {}
    for currency, kind, accounts, debit, credit in session.execute(queries.trial_balance()):
        found.setdefault(currency, []).append(TrialBalance(currency, Kind(kind), accounts, int(debit), int(credit)))
    order = list(Kind)
    return {currency: sorted(lines, key=lambda line: order.index(line.kind)) for currency, lines in found.items()}
