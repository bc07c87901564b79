"""What a payee has: four numbers that add up to all that is owed, each line with its reason and the day it moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contracts.models import Contract
from app.contracts.rules.accounts import account_of
from app.kernel.sentences import sentence
from app.ledger import service as ledger
from app.ledger.rules import Account, Kind
from app.payouts.models import Payout, PayoutHold
from app.payouts.rules.states import LIVE
from app.payouts.rules.states import SENTENCES as STATE_SENTENCES
from app.payouts.service.books import Source
from app.roster.models import Payee
from app.royalties.models import RoyaltyPeriod, Statement

Place = Literal["available", "pending", "reserved", "held"]
PLACES: tuple[Place, ...] = ("available", "pending", "reserved", "held")
SENTENCES = {
    "available": sentence("Available"),
    "pending": sentence("Pending"),
    "reserved": sentence("On its way"),
    "held": sentence("Held"),
    "earned": sentence("Earned under a contract"),
    "overpaid": sentence("More was paid than was earned"),
    "reserve": sentence("Kept back for returns"),
    "deferred": sentence("Earned, due with the next statement"),
    "contested": sentence("A share that is contested"),
}
_OF = {
    Kind.PAYABLE: ("available", "earned"),
    Kind.RESERVE: ("pending", "reserve"),
    Kind.DEFERRED: ("pending", "deferred"),
    Kind.CONTESTED: ("held", "contested"),
}


class Line(NamedTuple):
    """One part of a number: why it is there, of what, and the day on which it moves where that is known."""

    place: Place
    reason: str
    micros: int
    about: str = ""
    on: date | None = None
    payout: UUID | None = None
    hold: UUID | None = None


@dataclass(slots=True)
class Standing:
    """What a payee has in one currency, in micros."""

    payee: Payee
    currency: str
    lines: list[Line] = field(default_factory=list)
    total_micros: int = 0
    """What the ledger owes in all: the four numbers add up to it."""

    def micros(self, place: Place) -> int:
        """One of the four numbers."""
        return sum(line.micros for line in self.lines if line.place == place)

    @property
    def available_micros(self) -> int:
        """What can be paid out now."""
        return max(0, self.micros("available"))


def contracts_of(session: Session, payees: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The contracts under which payees were ever told something."""
    query = select(Statement.payee_id, Statement.contract_id).where(Statement.payee_id.in_(payees)).distinct()
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for payee, contract in session.execute(query):
        found[payee].append(contract)
    return found


def sources_of(session: Session, payees: Collection[UUID]) -> dict[tuple[UUID, str], list[Source]]:
    """What is owed to payees in each currency, account by account, the largest first; below zero where overpaid."""
    whose = {account_of(key, payee): payee for payee, keys in contracts_of(session, payees).items() for key in keys}
    found: dict[tuple[UUID, str], list[Source]] = defaultdict(list)
    for account, micros in ledger.balances(session, kind=Kind.PAYABLE, subjects=list(whose)).items():
        if account.subject is not None and micros:
            found[whose[account.subject], account.currency].append(Source(account.subject, micros))
    for sources in found.values():
        sources.sort(key=lambda source: (-source.micros, source.subject))
    return found


def available_of(sources: Collection[Source]) -> int:
    """What can be had of accounts: what was overpaid under one contract comes off what is owed under others."""
    return max(0, sum(source.micros for source in sources))


def standings(session: Session, payees: Collection[Payee]) -> list[Standing]:
    """What payees have, by payee and currency; a payee who never had anything stands at zero in their own currency."""
    by_id = {payee.id: payee for payee in payees}
    found = {(payee.id, payee.currency): Standing(payee, payee.currency) for payee in payees}
    told = contracts_of(session, by_id)
    whose = {account_of(key, payee): (payee, key) for payee, keys in told.items() for key in keys}
    titles = _titles(session, {key for keys in told.values() for key in keys})
    due = _next_statement(session)
    for account, micros in ledger.balances(session, subjects=[*whose, *by_id]).items():
        if account.subject is None or not micros:
            continue
        payee, contract = whose.get(account.subject, (account.subject, None))
        standing = found.setdefault((payee, account.currency), Standing(by_id[payee], account.currency))
        if account.kind in (*_OF, Kind.PAYOUT, Kind.HELD):
            standing.total_micros += micros
        if account.kind in _OF:
            standing.lines.append(_line(account, micros, titles.get(contract, "") if contract else "", due))
    for key, line in (*_payouts(session, by_id), *_holds(session, by_id)):
        found[key].lines.append(line)
    return list(found.values())


def _line(account: Account, micros: int, title: str, due: date | None) -> Line:
    place, reason = _OF[account.kind]
    told: Place = "available" if place == "available" else "held" if place == "held" else "pending"
    if micros < 0:
        reason = "overpaid"
    return Line(told, SENTENCES[reason], micros, title, due if told == "pending" else None)


def _titles(session: Session, contracts: Collection[UUID]) -> dict[UUID, str]:
    query = select(Contract.id, Contract.title).where(Contract.id.in_(contracts))
    return {key: title for key, title in session.execute(query)}  # noqa: C416


def _next_statement(session: Session) -> date | None:
    """When the period ends that runs: with it comes the next statement."""
    query = select(RoyaltyPeriod.ends_on).where(RoyaltyPeriod.closed_at.is_(None)).order_by(RoyaltyPeriod.ends_on)
    return session.scalars(query.limit(1)).first()


def _payouts(session: Session, payees: Collection[UUID]) -> Iterator[tuple[tuple[UUID, str], Line]]:
    live = select(Payout).where(Payout.payee_id.in_(payees), Payout.state.in_(LIVE)).order_by(Payout.asked_at)
    for payout in session.scalars(live):
        micros = payout.gross_micros - (payout.fee_micros if payout.fee_returned_at else 0)
        about, reason = f"#{payout.number}", STATE_SENTENCES[payout.state]
        line = Line("reserved", reason, micros, about, payout.arrives_on, payout=payout.id)
        yield (payout.payee_id, payout.currency), line


def _holds(session: Session, payees: Collection[UUID]) -> Iterator[tuple[tuple[UUID, str], Line]]:
    held = select(PayoutHold).where(PayoutHold.payee_id.in_(payees), PayoutHold.released_at.is_(None))
    for hold in session.scalars(held.order_by(PayoutHold.opened_at)):
        line = Line("held", SENTENCES["held"], hold.amount_micros, hold.reason, hold.ends_at.date(), hold=hold.id)
        yield (hold.payee_id, hold.currency), line
