"""What a rail says, taken into the books: in any order, as often as it comes, never backwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import activity, failpoint
from app.kernel.actor import Actor
from app.kernel.db import moment
from app.kernel.tenant import Tenant
from app.ledger.rules import Entry
from app.payouts.gateways.rail import RailState, Report
from app.payouts.models import Payout, PayoutAttempt
from app.payouts.rules.states import OVER, State
from app.payouts.service import books, notices
from app.payouts.service.requesting import facts

_OUT: Final[dict[RailState, State]] = {
    "accepted": "sent", "in_transit": "sent", "paid": "paid", "failed": "failed", "refused": "failed",
    "returned": "returned",
}  # fmt: skip
_LEADS: Final[dict[State, dict[RailState, State]]] = {
    "sending": _OUT | {"unknown": "unknown"},
    "unknown": _OUT,
    "sent": {"paid": "paid", "failed": "failed", "returned": "returned"},
    "paid": {"failed": "returned", "returned": "returned"},
}
"""What a rail's word makes of a payout; a word that is not here is old news."""


@dataclass(slots=True)
class _Change:
    """What came of a batch of reports, on the day it is posted."""

    on: date
    entries: list[Entry] = field(default_factory=list)
    given_back: list[Payout] = field(default_factory=list)
    told: dict[str, list[Payout]] = field(default_factory=lambda: defaultdict(list))


def next_state(now: State, says: RailState) -> State | None:
    """Where a rail's word leads a payout; None where it says nothing new."""
    return _LEADS.get(now, {}).get(says)


def apply(session: Session, tenant: Tenant, reports: Sequence[Report], *, answers: bool = False) -> list[UUID]:
    """Take reports on payouts into the books, all in this transaction; gives the payouts that they changed.

    `answers` says that they are what the rail replied to the last try to send, which is then written down.
    """
    now = moment(session)
    change = _Change(books.day_of(session, now))
    by_payout = {report.payout_id: report for report in reports if report.payout_id}
    query = select(Payout).where(Payout.id.in_(by_payout)).order_by(Payout.id).with_for_update()
    payouts = list(session.scalars(query))
    if answers:
        _answer(session, payouts, by_payout, now)
    for payout in payouts:
        _step(payout, by_payout[payout.id], change, now)
    session.flush()
    _post(session, tenant, change)
    failpoint.reach("payouts.applied")
    return [payout.id for changed in change.told.values() for payout in changed]


def _step(payout: Payout, report: Report, change: _Change, now: datetime) -> None:
    if report.reference and report.state != "unknown" and payout.reference is None:
        payout.reference = report.reference  # what a rail is not sure of it may come to call otherwise
    state = next_state(payout.state, report.state)
    if state is None:
        return
    was_paid = payout.state == "paid"
    payout.become(state, _happened(payout, report, now), problem=report.problem)
    if state == "paid":
        change.entries += books.arrived(payout, change.on)
    if state in OVER:
        change.given_back.append(payout)
    if state != "unknown":
        change.told["returned" if was_paid else state].append(payout)


def _happened(payout: Payout, report: Report, now: datetime) -> datetime:
    """When something happened: as the rail says, where that can be; its news may be a day late."""
    return report.at if report.at is not None and payout.asked_at <= report.at <= now else now


def _post(session: Session, tenant: Tenant, change: _Change) -> None:
    actor = Actor.system(tenant)
    books.settle(session, actor, change.entries, change.given_back, change.on)
    for state, payouts in change.told.items():
        told = [(str(payout.id), None, dict(facts(payout), problem=payout.problem or "")) for payout in payouts]
        activity.record_many(session, actor, f"payout.{state}", subject_type="payout", told=told)
        notices.tell_payees(session, tenant, state, payouts)


def _answer(session: Session, payouts: Iterable[Payout], reports: dict[UUID, Report], now: datetime) -> None:
    numbers = {payout.id: payout.attempts for payout in payouts}
    query = select(PayoutAttempt).where(PayoutAttempt.payout_id.in_(numbers), PayoutAttempt.answered_at.is_(None))
    for attempt in session.scalars(query):
        report = reports[attempt.payout_id]
        if attempt.number == numbers[attempt.payout_id] and report.state != "unknown":
            attempt.answered_at, attempt.answer = now, report.state
            attempt.facts = {"reference": report.reference, "problem": report.problem, **report.facts}
