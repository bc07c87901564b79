"""How much there is for the visitor's own artists."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.artist.queries import money
from app.contracts.rules.accounts import account_of
from app.identity.policies import Visitor
from app.ledger import service as ledger
from app.ledger.rules import Kind
from app.payouts.policies import payees_behind
from app.payouts.service.standing import standings


@dataclass(frozen=True, slots=True)
class Standing:
    """What can be paid out in one currency, in micros, and what is still to be earned back before more is."""

    currency: str
    available_micros: int
    unrecouped_micros: int


def standing(session: Session, visitor: Visitor) -> list[Standing]:
    """How the visitor's own artists stand in each currency, the largest amounts first.

    What is available is what the page of payouts says of each payee; of the contracts behind it, those below zero are
    not recouped yet.
    """
    available: Counter[str] = Counter()
    for each in standings(session, payees_behind(session, visitor)):
        if each.lines:
            available[each.currency] += each.available_micros
    behind = _unrecouped(session, visitor)
    told = [Standing(code, available[code], behind[code]) for code in {*available, *behind}]
    return sorted(told, key=lambda each: (-each.available_micros, -each.unrecouped_micros, each.currency))


def _unrecouped(session: Session, visitor: Visitor) -> Counter[str]:
    subjects = [account_of(contract, payee) for contract, payee in money.accounts(session, visitor)]
    found: Counter[str] = Counter()
    for kind in (Kind.PAYABLE, Kind.UNRECOUPED) if subjects else ():
        for account, micros in ledger.balances(session, kind=kind, subjects=subjects).items():
            found[account.currency] += micros if kind is Kind.UNRECOUPED else max(0, -micros)
    return found
