"""Handing payouts to a rail: the try is written down and committed before the rail hears of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import Session

from app.kernel import crypto, failpoint, jobs
from app.kernel.actor import Actor
from app.kernel.db import moment, tenant_work
from app.kernel.money import to_minor
from app.kernel.tenant import Tenant, TenantState
from app.ledger.service import freezing
from app.payouts.gateways import rails
from app.payouts.gateways.rail import Destination, Order, Rail, Report
from app.payouts.models import Payout, PayoutAttempt, PayoutMethod, RailDifference
from app.payouts.service import applying, requesting, sharing
from app.payouts.service.methods import CONTEXT
from app.tax import service as tax

EVEN: Final = frozenset({TenantState.SUSPENDED})
"""Payees of a suspended label are paid all the same."""

PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (20, 60, 300, 900, 3_600))
TEXT_LENGTH: Final = 35
UNEXPLAINED: Final = ("extra", "amount")
"""Differences that mean that money left otherwise than the books say."""

BY_HAND: Final = "bank_file"
"""The rail on which a person hands over."""

WORD: Final = 10
"""Seconds: leases that are over within so many are asked about at once."""

QUIET: Final = timedelta(minutes=10)
"""After so long nobody is still about to hand a payout over: whoever tried was stopped (`tasks.TIME_LIMIT`)."""


def send_due(tenant: Tenant) -> int:
    """Hand over whatever is due and give how many payouts that were; several workers share them."""
    done = 0
    while orders := claim(tenant):
        done += len(orders)
        failpoint.reach("payouts.claimed")
        rail = rails.named(orders[0][0])
        _hand_over(tenant, rail, [order for _, order in orders])
    return done


def is_held_up(session: Session) -> bool:
    """Whether the bank lists money that the books do not explain: until somebody settled it, none goes out."""
    unsettled = RailDifference.resolved_at.is_(None) & RailDifference.kind.in_(UNEXPLAINED)
    return session.scalar(select(exists().where(unsettled))) or False


def claim(tenant: Tenant) -> list[tuple[str, Order]]:
    """Take due payouts of one rail, and write down and commit that they are tried; orders to send.

    Those whose account or payee may not be paid any more are taken back instead.
    """
    with tenant_work(tenant, even=EVEN) as session:
        now = moment(session)
        if freezing.frozen(session) or is_held_up(session):
            return []  # books that are wrong, or that the bank contradicts, send nothing
        due = _locked(session, Payout.state == "approved", now)
        begun = _begin(session, tenant, due, now)
        if begun:
            _leave_word(session, begun[0][0].due_at)
        failpoint.reach("payouts.claiming")
        found = [(payout.rail, order) for payout, order in begun]
    return found if found or not due else claim(tenant)


def _leave_word(session: Session, over: datetime) -> None:
    """Should this worker die, somebody asks what became of its payouts when its lease is over; once for many leases."""
    after = datetime.fromtimestamp((over.timestamp() // WORD + 1) * WORD, UTC)
    jobs.ask(session, "payouts.follow", {}, key=f"lease:{after.isoformat()}", run_at=after)


def _begin(session: Session, tenant: Tenant, due: Sequence[Payout], now: datetime) -> list[tuple[Payout, Order]]:
    """Write down that payouts are tried; those that may not be paid any more are taken back instead."""
    unfit = _unfit(session, due, now)
    requesting.stop_all(session, Actor.system(tenant), [each for each in due if each.id in unfit], problems=unfit)
    methods, found = _methods(session, due), []
    for payout in (each for each in due if each.id not in unfit):
        payout.become("sending", now)
        order = order_of(tenant, payout, methods[payout.method_id])
        begin_attempt(session, payout, order, now)
        found.append((payout, order))
    session.flush()
    return found


def _locked(session: Session, which: ColumnElement[bool], now: datetime) -> list[Payout]:
    """Due payouts of the rail whose turn it is, locked; what another worker holds is passed over. Instant first."""
    names = [name for name in rails.reachable() if name != BY_HAND]
    first = select(Payout.rail).where(which, Payout.due_at <= now, Payout.rail.in_(names))
    rail = session.scalar(first.order_by(Payout.due_at).limit(1))
    if rail is None:
        return []
    urgent = case((Payout.speed == "instant", 0), else_=1)
    query = select(Payout).where(which, Payout.due_at <= now, Payout.rail == rail)
    query = query.order_by(urgent, Payout.due_at, Payout.number).limit(rails.named(rail).batch)
    return list(session.scalars(query.with_for_update(skip_locked=True)))


def _unfit(session: Session, payouts: Sequence[Payout], now: datetime) -> dict[UUID, str]:
    """Payouts that may not go out as they stand, and why."""
    methods, found = _methods(session, payouts), {}
    blocked = tax.blocked(session, {payout.payee_id for payout in payouts}) if payouts else set()
    for payout in payouts:
        if not methods[payout.method_id].is_usable(now):
            found[payout.id] = "account_changed"
        elif payout.payee_id in blocked:
            found[payout.id] = "payee_blocked"
    return found


def _methods(session: Session, payouts: Sequence[Payout]) -> dict[UUID, PayoutMethod]:
    wanted = {payout.method_id for payout in payouts}
    return {each.id: each for each in session.scalars(select(PayoutMethod).where(PayoutMethod.id.in_(wanted)))}


def waiting_by_hand(session: Session) -> list[tuple[str, int, int]]:
    """What waits for a person to hand it over: currency, payouts, micros."""
    query = select(Payout.currency, func.count(), func.sum(Payout.sent_micros)).where(
        Payout.state == "approved", Payout.rail == BY_HAND
    )
    rows = session.execute(query.group_by(Payout.currency).order_by(Payout.currency))
    return [(currency, count, int(micros)) for currency, count, micros in rows]


def take_by_hand(session: Session, tenant: Tenant, currency: str, most: int) -> list[tuple[Payout, Order]]:
    """Take what waits in a currency to be handed over by a person now, as tried; what is unfit is taken back."""
    now = moment(session)
    which = (Payout.state == "approved") & (Payout.rail == BY_HAND) & (Payout.currency == currency)
    due = list(session.scalars(select(Payout).where(which).order_by(Payout.number).limit(most).with_for_update()))
    return _begin(session, tenant, due, now)


def begin_attempt(session: Session, payout: Payout, order: Order, now: datetime) -> None:
    """Write down that a payout is tried, until when nobody else tries it."""
    payout.attempts += 1
    payout.due_at = now + rails.named(payout.rail).lease
    body = hashlib.sha256(msgspec.json.encode((order.amount_minor, order.currency, order.to.number, order.speed)))
    session.add(
        PayoutAttempt(
            payout_id=payout.id, number=payout.attempts, key=order.key, body_hash=body.digest(), started_at=now
        )
    )


def order_of(tenant: Tenant, payout: Payout, method: PayoutMethod, first: datetime | None = None) -> Order:
    """A payout as a rail needs it; its key follows from its id, so that it is one payment however often it is tried."""
    to = msgspec.json.decode(crypto.open_sealed(tenant, method.sealed, CONTEXT), type=Destination)
    return Order(
        payout_id=payout.id,
        key=f"{tenant.id}-{payout.id}",
        speed="instant" if payout.speed == "instant" else "standard",
        amount_minor=to_minor(payout.sent_micros, payout.currency).minor,
        currency=payout.currency,
        to=to,
        text=f"{tenant.name} #{payout.number}"[:TEXT_LENGTH],
        on=payout.arrives_on,
        first_tried_at=first,
    )


def _hand_over(tenant: Tenant, rail: Rail, orders: Sequence[Order]) -> None:
    for reports in _batched(rail.send(tenant, orders), rail.batch):
        failpoint.reach("payouts.answered")
        _note(tenant, rail, reports)
        failpoint.reach("payouts.noted")


def _note(tenant: Tenant, rail: Rail, reports: Sequence[Report]) -> None:
    """Take a rail's answers into the books; what it answered to for certain, it counts itself from now on."""
    with tenant_work(tenant, even=EVEN) as session:
        applying.apply(session, tenant, reports, answers=True)
        answered = _instant(session, reports) if rail.is_shared else []
    sharing.heard(tenant, answered)


def _instant(session: Session, reports: Sequence[Report]) -> list[UUID]:
    ids = [report.payout_id for report in reports if report.state != "unknown"]
    query = select(Payout.request_id).where(Payout.id.in_(ids), Payout.speed == "instant").distinct()
    return list(session.scalars(query))


def _batched(reports: Iterator[Report], size: int) -> Iterator[list[Report]]:
    while batch := list(islice(reports, size)):
        yield batch


def ask_again(tenant: Tenant) -> int:
    """Find out what became of payouts whose answer was lost; gives how many were asked about.

    Asked under the same key. Only what the rail says for certain that it never had is handed over once more.
    """
    asked = 0
    while lost := _lost(tenant):
        failpoint.reach("payouts.lost")
        for rail_name, order in lost:
            rail = rails.named(rail_name)
            report = rail.find(tenant, order)
            failpoint.reach("payouts.found")
            if report.state == "refused" and not report.problem:
                _again(tenant, rail, order)
                continue
            _note(tenant, rail, [report])
        asked += len(lost)
    return asked


def _lost(tenant: Tenant) -> list[tuple[str, Order]]:
    """Payouts that were tried and not answered, with the next moment to ask set already."""
    with tenant_work(tenant, even=EVEN) as session:
        now = moment(session)
        if freezing.frozen(session):
            return []  # what is found out could not be written down
        lost = _locked(session, Payout.state.in_(("sending", "unknown")), now)
        methods, begun = _methods(session, lost), _first_tries(session, lost)
        for payout in lost:
            if payout.state == "sending":
                payout.become("unknown", now)
            tries = (now - begun[payout.id]) // PAUSES[0] if payout.id in begun else 0
            payout.due_at = now + PAUSES[min(int(tries), len(PAUSES) - 1)]
        return [
            (payout.rail, order_of(tenant, payout, methods[payout.method_id], begun.get(payout.id))) for payout in lost
        ]


def _first_tries(session: Session, payouts: Sequence[Payout]) -> dict[UUID, datetime]:
    query = select(PayoutAttempt.payout_id, func.min(PayoutAttempt.started_at)).group_by(PayoutAttempt.payout_id)
    wanted = [payout.id for payout in payouts]
    return dict(session.execute(query.where(PayoutAttempt.payout_id.in_(wanted))).all())


def _again(tenant: Tenant, rail: Rail, order: Order) -> None:
    """Hand over again what the rail never had; somebody may have found out otherwise meanwhile.

    What may not go out any more is given back, once nobody who tried it can still be about to hand it over.
    """
    with tenant_work(tenant, even=EVEN) as session:
        now = moment(session)
        payout = session.get_one(Payout, order.payout_id, with_for_update=True)
        if payout.state != "unknown":
            return
        if unfit := _unfit(session, [payout], now):
            if _is_quiet(session, payout, now):
                never = Report(payout.id, "refused", problem=unfit[payout.id])
                applying.apply(session, tenant, [never], answers=True)
            return
        payout.become("sending", now)
        begin_attempt(session, payout, order, now)
    _hand_over(tenant, rail, [order])


def _is_quiet(session: Session, payout: Payout, now: datetime) -> bool:
    tried = select(func.max(PayoutAttempt.started_at)).where(PayoutAttempt.payout_id == payout.id)
    last = session.scalar(tried)
    return last is None or last < now - QUIET
