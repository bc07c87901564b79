"""What payouts post: set aside, arrived, given back; every posting names its payout."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.kernel import clock
from app.kernel.actor import Actor
from app.ledger import service as ledger
from app.ledger.models import LedgerAccount, LedgerBalance, Posting
from app.ledger.rules import Account, Entry, Kind
from app.payouts.models import Payout

SUBJECT = "payouts"


@dataclass(slots=True)
class Source:
    """A payee's account under one contract, and what of it can still be taken."""

    subject: UUID
    micros: int


def day_of(session: Session, at: datetime | None = None) -> date:
    """The label's own day of a moment, or of now: what happens to money is posted on it."""
    return clock.day_in(session.info["tenant"].time_zone, at)


def reserved(payout: Payout, sources: Collection[Source], on: date) -> list[Entry]:
    """Set a payout's gross aside, from the accounts in the order given; they are less by it afterwards."""
    left, entries = payout.gross_micros, []
    aside = Account(Kind.PAYOUT, payout.payee_id, payout.currency)
    for source in sources:
        taken = min(left, source.micros)
        if taken <= 0:
            continue
        source.micros -= taken
        left -= taken
        payable = Account(Kind.PAYABLE, source.subject, payout.currency)
        key = f"payout:{payout.id}:reserve:{source.subject.hex}"
        entries.append(Entry(key, payable, aside, taken, on, "payout", SUBJECT, payout.id))
    return entries if left == 0 else []


def arrived(payout: Payout, on: date) -> Iterator[Entry]:
    """Where the parts of a payout go when it arrives; a fee that was given back goes nowhere."""
    aside, currency = Account(Kind.PAYOUT, payout.payee_id, payout.currency), payout.currency
    fee = 0 if payout.fee_returned_at else payout.fee_micros
    parts = (
        ("sent", Account(Kind.BANK, None, currency), payout.sent_micros),
        ("platform", Account(Kind.PLATFORM, None, currency), payout.platform_micros),
        ("withheld", Account(Kind.WITHHOLDING, None, currency), payout.withheld_micros),
        ("fee", Account(Kind.PAYOUT_FEE, None, currency), fee),
    )
    for name, account, micros in parts:
        if micros:
            yield Entry(f"payout:{payout.id}:{name}", aside, account, micros, on, f"payout {name}", SUBJECT, payout.id)


def give_back(session: Session, actor: Actor, payouts: Collection[Payout], on: date) -> None:
    """Take everything back that was posted of payouts: the gross is the payee's again, to the micro."""
    settle(session, actor, (), payouts, on)


def settle(session: Session, actor: Actor, entries: Iterable[Entry], gone: Collection[Payout], on: date) -> None:
    """Post entries, and take everything back that was posted of payouts that are `gone`, all in one statement."""
    again = aliased(Posting)
    query = (
        select(Posting.id)
        .where(Posting.subject_id.in_([payout.id for payout in gone]), Posting.subject_type == SUBJECT)
        .where(Posting.reverses_id.is_(None))
        .where(~select(again.id).where(again.reverses_id == Posting.id).exists())
    )
    taken_back = list(session.scalars(query)) if gone else []
    ledger.post_and_reverse(session, actor, entries, taken_back, on=on, reason="payout given back")


def fee_back(session: Session, payout: Payout, on: date) -> Entry:
    """Give the fee of a late payout back to the account that most of it came from."""
    of = aliased(LedgerAccount)
    query = (
        select(of.subject)
        .join(Posting, Posting.debit_id == of.id)
        .where(Posting.subject_id == payout.id, Posting.reason == "payout", Posting.reverses_id.is_(None))
        .order_by(Posting.amount_micros.desc(), of.subject)
        .limit(1)
    )
    payable = Account(Kind.PAYABLE, session.scalars(query).one(), payout.currency)
    is_earned = payout.paid_at is not None
    kind, subject = (Kind.PAYOUT_FEE, None) if is_earned else (Kind.PAYOUT, payout.payee_id)
    source = Account(kind, subject, payout.currency)
    key = f"payout:{payout.id}:fee_returned"
    return Entry(key, source, payable, payout.fee_micros, on, "payout fee returned", SUBJECT, payout.id)


def overdrawn(session: Session, entries: Iterable[Entry]) -> set[UUID]:
    """Which subjects' payable accounts fell below zero by these postings: then they were not to be had."""
    ids = {entry.debit.id: entry.debit.subject for entry in entries if entry.debit.kind is Kind.PAYABLE}
    query = select(LedgerBalance.account_id).where(
        LedgerBalance.account_id.in_(list(ids)), LedgerBalance.posted_micros > 0
    )
    return {subject for key in session.scalars(query) if (subject := ids[key]) is not None}
