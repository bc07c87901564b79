"""How much there is for the visitor's own artists."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.artist.queries import money
from app.contracts.rules.accounts import account_of
from app.identity.policies import Visitor
from app.ledger import service as ledger
from app.ledger.rules import Kind


@dataclass(frozen=True, slots=True)
class Standing:
    """What is owed in one currency, in micros, and what is still to be earned back before more is."""

    currency: str
    available_micros: int
    unrecouped_micros: int


def standing(session: Session, visitor: Visitor) -> list[Standing]:
    """How the visitor's own artists stand in each currency, the largest amounts first.

    An account above zero is owed; one below zero is not recouped yet, and takes nothing from the others.
    """
    subjects = [account_of(contract, payee) for contract, payee in money.accounts(session, visitor)]
    owed = ledger.balances(session, kind=Kind.PAYABLE, subjects=subjects) if subjects else {}
    found: dict[str, tuple[int, int]] = {}
    for account, micros in owed.items():
        available, behind = found.get(account.currency, (0, 0))
        found[account.currency] = (available + max(0, micros), behind + max(0, -micros))
    told = [Standing(currency, *sums) for currency, sums in found.items()]
    return sorted(told, key=lambda each: (-each.available_micros, -each.unrecouped_micros, each.currency))
