"""What a payee has: four numbers that add up to all that is owed, each line with its reason and the day it moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.contracts.models import Contract
from app.contracts.rules.accounts import account_of
from app.kernel.sentences import sentence
from app.ledger import service as ledger
from app.ledger.rules import Account, Kind
from app.payouts.models import Payout, PayoutHold
from app.payouts.rules.states import LIVE, OVER
from app.payouts.rules.states import SENTENCES as STATE_SENTENCES
from app.payouts.service.books import Source, day_of
from app.roster.models import Payee
from app.royalties.models import RoyaltyPeriod, RoyaltyRun, Statement

Place = Literal["available", "pending", "reserved", "held"]
PLACES: tuple[Place, ...] = ("available", "pending", "reserved", "held")
SENTENCES = {
    "available": sentence("Available"),
    "pending": sentence("Pending"),
    "reserved": sentence("On its way"),
    "held": sentence("Held"),
    "earned": sentence("Earned under a contract"),
    "given_back": sentence("Fee given back"),
    "behind": sentence("Still to be earned back"),
    "least": sentence("Less than what this contract pays at least"),
    "reserve": sentence("Kept back for returns"),
    "deferred": sentence("Earned, due with the next statement"),
    "contested": sentence("A share that is contested"),
}
_OF: dict[Kind, tuple[Place, str]] = {
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
    evidence: tuple[UUID, ...] = ()
    """Files that show why it is held."""


@dataclass(slots=True)
class Standing:
    """What a payee has in one currency, in micros."""

    payee: Payee
    currency: str
    lines: list[Line] = field(default_factory=list)
    behind: list[Line] = field(default_factory=list)
    """Contracts under which more came ahead than was earned; none of the four numbers."""

    total_micros: int = 0
    """What the ledger owes in all: the four numbers add up to it."""

    def micros(self, place: Place) -> int:
        """One of the four numbers."""
        return sum(line.micros for line in self.lines if line.place == place)

    @property
    def available_micros(self) -> int:
        """What can be paid out now."""
        return max(0, self.micros("available"))


class Told(NamedTuple):
    """What the newest published statement says of a payee under a contract."""

    contract: UUID
    is_payable: bool
    """Whether what it left is due: under some contracts it must first reach a least amount."""
    title: str
    """What the contract is called."""


def contracts_of(session: Session, payees: Collection[UUID]) -> dict[UUID, list[Told]]:
    """The contracts under which payees were told something, with what the newest statement says."""
    newest = (
        select(Statement.payee_id, Statement.contract_id, Statement.payable_micros > 0, Contract.title)
        .join(RoyaltyRun, RoyaltyRun.id == Statement.run_id)
        .join(Contract, Contract.id == Statement.contract_id)
        .where(among(Statement.payee_id, payees), RoyaltyRun.state == "published", RoyaltyRun.is_trial.is_(False))
        .order_by(Statement.payee_id, Statement.contract_id, RoyaltyRun.published_at.desc(), Statement.id.desc())
        .ext(distinct_on(Statement.payee_id, Statement.contract_id))
    )
    found: dict[UUID, list[Told]] = defaultdict(list)
    for payee, contract, is_payable, title in session.execute(newest):
        found[payee].append(Told(contract, is_payable, title))
    return found


def among(column: Any, keys: Collection[UUID]) -> ColumnElement[bool]:
    """Whether a column is one of many ids, sent as one array."""
    found: ColumnElement[bool] = column == func.any(literal(list(keys), ARRAY(Uuid)))
    return found


def sources_of(session: Session, payees: Collection[UUID]) -> dict[tuple[UUID, str], list[Source]]:
    """What can be had by payees in each currency, contract by contract, the largest first.

    Contracts stand alone: what is not earned back under one takes nothing from what is owed under another.
    """
    told = contracts_of(session, payees)
    whose = {
        account_of(each.contract, payee): payee for payee, all_ in told.items() for each in all_ if each.is_payable
    }
    found: dict[tuple[UUID, str], list[Source]] = defaultdict(list)
    for account, micros in ledger.balances(session, kind=Kind.PAYABLE, subjects=list(whose)).items():
        if account.subject is not None and micros > 0:
            found[whose[account.subject], account.currency].append(Source(account.subject, micros))
    for sources in found.values():
        sources.sort(key=lambda source: (-source.micros, source.subject))
    return found


def exempt_of(session: Session, payees: Collection[UUID]) -> dict[tuple[UUID, str], int]:
    """What of payees' balances was shared and taxed before, in micros: fees that were given back and not paid out yet.

    Below zero where such a fee went out whole and then the payout of which it was came back: of that nothing was taken.
    """
    returned = func.sum(Payout.fee_micros).filter(Payout.fee_returned_at.is_not(None))
    query = (
        select(Payout.payee_id, Payout.currency, func.coalesce(returned, 0) - func.sum(Payout.exempt_micros))
        .where(among(Payout.payee_id, payees), Payout.state.not_in(OVER))
        .where(Payout.fee_returned_at.is_not(None) | (Payout.exempt_micros != 0))
        .group_by(Payout.payee_id, Payout.currency)
    )
    return {(payee, currency): int(micros) for payee, currency, micros in session.execute(query)}


def available_of(sources: Collection[Source]) -> int:
    """What can be had of accounts."""
    return sum(source.micros for source in sources)


def _behind(account: Account, micros: int) -> int:
    """What is still to be earned back under a contract, below zero: of its balance, or beside it."""
    if account.kind is Kind.UNRECOUPED:
        return -micros
    return min(0, micros) if account.kind is Kind.PAYABLE else 0


def standings(session: Session, payees: Collection[Payee]) -> list[Standing]:
    """What payees have, by payee and currency; a payee who never had anything stands at zero in their own currency."""
    by_id = {payee.id: payee for payee in payees}
    found = {(payee.id, payee.currency): Standing(payee, payee.currency) for payee in payees}
    told = contracts_of(session, by_id)
    whose = {account_of(each.contract, payee): (payee, each) for payee, all_ in told.items() for each in all_}
    for account, micros in ledger.balances(session, subjects=[*whose, *by_id]).items():
        if account.subject is None or not micros:
            continue
        payee, each = whose.get(account.subject, (account.subject, None))
        standing = found.setdefault((payee, account.currency), Standing(by_id[payee], account.currency))
        title = each.title if each else ""
        if behind := _behind(account, micros):
            standing.behind.append(Line("available", SENTENCES["behind"], behind, title))
            continue
        if account.kind in (*_OF, Kind.PAYOUT, Kind.HELD):
            standing.total_micros += micros
        if account.kind in _OF:
            standing.lines.append(_line(account, micros, title, is_due=each is None or each.is_payable))
    for key, line in (*_payouts(session, by_id), *_holds(session, by_id)):
        found[key].lines.append(line)
    for key, micros in exempt_of(session, by_id).items():
        _tell_apart(found[key], micros)
    _say_when(session, found.values())
    return list(found.values())


def _tell_apart(standing: Standing, micros: int) -> None:
    """What of a balance is a fee that was given back stands in a line of its own."""
    earned = [line for line in standing.lines if line.place == "available" and line.micros > 0]
    if micros <= 0 or not earned:
        return
    most = max(earned, key=lambda line: line.micros)
    part = min(micros, most.micros)
    given_back = most._replace(reason=SENTENCES["given_back"], micros=part)
    rest = [most._replace(micros=most.micros - part)] if part < most.micros else []
    at = standing.lines.index(most)
    standing.lines[at : at + 1] = [*rest, given_back]


def _say_when(session: Session, standings: Iterable[Standing]) -> None:
    """What is pending moves with the next statement."""
    pending = [standing for standing in standings if any(line.place == "pending" for line in standing.lines)]
    due = _next_statement(session) if pending else None
    for standing in pending:
        standing.lines = [line._replace(on=due) if line.place == "pending" else line for line in standing.lines]


def _line(account: Account, micros: int, title: str, *, is_due: bool) -> Line:
    place, reason = _OF[account.kind]
    if account.kind is Kind.PAYABLE and not is_due:
        place, reason = "pending", "least"
    return Line(place, SENTENCES[reason], micros, title)


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
        on, shown = day_of(session, hold.ends_at), tuple(hold.evidence)
        line = Line("held", SENTENCES["held"], hold.amount_micros, hold.reason, on, hold=hold.id, evidence=shown)
        yield (hold.payee_id, hold.currency), line
