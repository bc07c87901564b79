"""What a gateway says, taken into the books: in any order, as often as it comes, never backwards.

An order is locked before its payments, and these before refunds, by everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import activity, clock, failpoint, ids, jobs
from app.kernel.actor import Actor
from app.kernel.db import moment
from app.kernel.money import format_money, from_minor, to_minor
from app.kernel.tenant import Tenant
from app.storefront.gateways.gateway import CHARGED, Disputed, Report, Returned, Said
from app.storefront.models import Dispute, Order, OrderLine, Payment, Refund
from app.storefront.service import (
    booking,
    comparing,
    completing,
    fulfilling,
    members,
    refunding,
    selling,
    stock,
)
from app.storefront.service.refunding import price_of

OVER: Final = ("paid", "failed", "cancelled")
DECIDED: Final = ("won", "lost")


def apply(session: Session, tenant: Tenant, said: Sequence[Said]) -> None:
    """Take what a gateway says into the books, all in this transaction; what says nothing new changes nothing."""
    for each in said:
        if isinstance(each, Report):
            _payment(session, tenant, each)
        elif isinstance(each, Returned):
            _refund(session, tenant, each)
        else:
            _dispute(session, tenant, each)
    failpoint.reach("store.applying")


def _locked(session: Session, payment_id: UUID | None) -> tuple[Order, Payment] | None:
    order_id = session.scalar(select(Payment.order_id).where(Payment.id == payment_id))
    if order_id is None:
        return None
    order = session.get_one(Order, order_id, with_for_update=True, populate_existing=True)
    return order, session.get_one(Payment, payment_id, with_for_update=True, populate_existing=True)


def _payment(session: Session, tenant: Tenant, report: Report) -> None:
    found = _locked(session, report.payment_id)
    if found is None or report.state == "unknown":
        return
    (order, payment), now = found, moment(session)
    payment.reference = payment.reference or report.reference
    payment.facts = {**payment.facts, **report.facts}
    if report.state == "paid":
        _paid(session, tenant, order, payment, report, now)
    elif payment.state not in OVER:
        payment.state = report.state
        payment.method, payment.problem = report.method or payment.method, report.problem or None
        payment.ended_at = now if report.state in OVER else None
        if report.state == "failed" and payment.facts.get(CHARGED):
            members.failed(session, tenant, order)
    session.flush()


def _paid(session: Session, tenant: Tenant, order: Order, payment: Payment, report: Report, now: datetime) -> None:
    """Money came; once it is counted nothing more follows from it but a fee that was not known before."""
    fee = from_minor(report.fee_minor, payment.currency) if report.fee_minor is not None else 0
    if payment.paid_at is not None:
        if fee and not payment.fee_micros:
            payment.fee_micros = fee
            today = clock.day_in(tenant.time_zone, now)
            sales = selling.note_fee(session, order, payment, today) if payment.state == "paid" else []
            booking.post_fee(session, tenant, order, payment, sales, today)
            from app.storefront.service import sharing  # it compares tables by threads, which no fork survives

            sharing.share(session, order)
        return
    payment.paid_at, payment.ended_at, payment.fee_micros = _when(payment, report, now), now, fee
    payment.method, payment.problem = report.method or payment.method, None
    if why := _unwanted(session, order, payment, report):
        _stray(session, tenant, order, payment, why, report)
        return
    payment.state = "paid"
    completing.complete(session, tenant, order, payment, now)


def _when(payment: Payment, report: Report, now: datetime) -> datetime:
    return report.at if report.at is not None and payment.started_at <= report.at <= now else now


def _unwanted(session: Session, order: Order, payment: Payment, report: Report) -> str:
    """Why money cannot be taken for the order; an order that had lapsed is taken up again where it can be."""
    wanted = (to_minor(payment.amount_micros, payment.currency).minor, payment.currency)
    if (report.amount_minor, report.currency) != wanted or payment.amount_micros != order.total_micros:
        return "amount"
    if order.state == "placed":
        return ""
    if order.state == "cancelled" and order.paid_at is None:
        is_wanted = not payment.facts.get(CHARGED)  # whoever ended a membership is not charged for it after all
        return "" if is_wanted and completing.revive(session, order) else "too_late"
    return "twice"


def _stray(session: Session, tenant: Tenant, order: Order, payment: Payment, why: str, report: Report) -> None:
    """Money that nobody wanted waits in suspense and goes back by itself; a wrong sum is left to a person."""
    now = moment(session)
    payment.state, payment.problem = "cancelled", why
    if why == "amount":
        said = {"amount_minor": report.amount_minor, "currency": report.currency}
        comparing.note(session, tenant, payment.gateway, "amount", payment.reference, payment, said)
        comparing.suspend(session, tenant, payment.gateway, payment.reference, report.amount_minor, report.currency)
        return
    booking.post_stray(session, tenant, order, payment, clock.day_in(tenant.time_zone, now))
    refunding.give_back(session, tenant, order, payment, why)
    after = {"number": order.number, "amount": _money(payment.amount_micros, order), "why": why}
    _tell(session, tenant, "order.paid_in_vain", order, after)


def _refund(session: Session, tenant: Tenant, said: Returned) -> None:
    made = session.get(Refund, said.refund_id) if said.refund_id else None
    if made is None or said.state == "unknown":
        return
    order = session.get_one(Order, made.order_id, with_for_update=True, populate_existing=True)
    payment = session.get_one(Payment, made.payment_id)
    session.refresh(made, with_for_update=True)
    made.reference = made.reference or said.reference or None
    if said.state == "done" and made.state in ("asked", "sent"):
        _given_back(session, tenant, order, payment, made)
    elif said.state == "sent" and made.state == "asked":
        made.state = "sent"
    elif said.state == "failed" and made.state in ("asked", "sent"):
        made.state, made.problem = "failed", said.problem or "other"
        if payment.state == "paid":
            refunding.uncount(session, order, made)
        _tell(session, tenant, "order.refund_failed", order, {"number": order.number, "amount": _amount(made, order)})
    elif said.state == "failed" and made.state == "done":
        made.state, made.problem = "failed", "came_back"
        booking.post_came_back(session, tenant, payment, made, clock.day_in(tenant.time_zone, moment(session)))
        _tell(session, tenant, "order.refund_failed", order, {"number": order.number, "amount": _amount(made, order)})
    session.flush()


def _given_back(session: Session, tenant: Tenant, order: Order, payment: Payment, made: Refund) -> None:
    """A refund is done: the books, sales and stock follow, and the fan is told."""
    now = moment(session)
    made.state, made.problem, made.done_at = "done", None, now
    if payment.state != "paid":
        booking.post_stray_back(session, tenant, order, payment, made, clock.day_in(tenant.time_zone, now))
        return
    sending = select(func.coalesce(func.sum(Refund.shipping_micros), 0)).where(
        Refund.order_id == order.id, Refund.state == "done", Refund.id != made.id
    )
    sales = selling.note_refund(session, order, made, clock.day_in(tenant.time_zone, now))
    before = int(session.scalar(sending) or 0)
    booking.post_refund(
        session, tenant, order, payment, made, sales, clock.day_in(tenant.time_zone, now), shipping_before=before
    )
    _take_away(session, tenant, order, made, now)
    done = select(func.sum(Refund.amount_micros)).where(
        Refund.order_id == order.id, Refund.state == "done", Refund.payment_id == payment.id
    )
    session.flush()
    if int(session.scalar(done) or 0) >= order.total_micros:
        order.state, order.ended_at = "refunded", now
    _tell(session, tenant, "order.refunded", order, {"number": order.number, "amount": _amount(made, order)})
    if not made.is_dispute:
        jobs.ask(session, "storefront.tell_refund", {"refund": str(made.id)}, key=f"refunded:{made.id}")


def _take_away(session: Session, tenant: Tenant, order: Order, made: Refund, now: datetime) -> None:
    """Put back on the shelf what came back, and close music whose whole price went back."""
    parts = {UUID(part["line"]): part for part in made.lines}
    lines = list(session.scalars(select(OrderLine).where(OrderLine.id.in_(parts)).order_by(OrderLine.variant_id)))
    actor = Actor.system(tenant)
    for line in lines:
        count = parts[line.id]["quantity"] if parts[line.id].get("restock") else 0
        if count and line.location_id is not None:
            stock.move(session, actor, line.variant_id, line.location_id, count, "returned", order_id=order.id)
    fulfilling.revoke(session, order, [line for line in lines if line.refunded_micros >= price_of(line)], now)


def _dispute(session: Session, tenant: Tenant, said: Disputed) -> None:
    found = _locked(session, said.payment_id)
    if found is None or said.state == "unknown":
        return
    order, payment = found
    now = moment(session)
    query = select(Dispute).where(Dispute.reference == said.reference)
    dispute = session.scalar(query.with_for_update())
    if dispute is None:
        dispute = _opened(session, tenant, order, payment, said, now)
    elif not dispute.amount_micros and said.amount_minor:
        _take(session, tenant, payment, dispute, said, now)  # what was a question has become a dispute
    if dispute.state in DECIDED or dispute.state == said.state:
        return
    dispute.state = said.state
    if said.state in DECIDED:
        _decided(session, tenant, order, payment, dispute)
    session.flush()


def _decided(session: Session, tenant: Tenant, order: Order, payment: Payment, dispute: Dispute) -> None:
    now = dispute.ended_at = moment(session)
    if dispute.state == "lost":
        _lost(session, tenant, order, payment, dispute, now)
    elif dispute.amount_micros:
        booking.post_won(session, tenant, dispute, clock.day_in(tenant.time_zone, now))
    after = {"number": order.number, "amount": _money(dispute.amount_micros, order)}
    _tell(session, tenant, f"order.dispute_{dispute.state}", order, after)


def _opened(session: Session, tenant: Tenant, order: Order, payment: Payment, said: Disputed, now: datetime) -> Dispute:
    dispute = Dispute(
        id=ids.new_id(),
        payment_id=payment.id,
        reference=said.reference,
        state="open",
        amount_micros=0,
        fee_micros=0,
        reason=said.reason,
        due_at=said.due_at,
        opened_at=now,
    )
    session.add(dispute)
    _take(session, tenant, payment, dispute, said, now)
    after = {"number": order.number, "amount": _money(dispute.amount_micros, order), "reason": said.reason}
    _tell(session, tenant, "order.disputed", order, after)
    return dispute


def _take(session: Session, tenant: Tenant, payment: Payment, dispute: Dispute, said: Disputed, now: datetime) -> None:
    dispute.amount_micros = from_minor(said.amount_minor, payment.currency)
    dispute.fee_micros = from_minor(said.fee_minor, payment.currency)
    session.flush()
    booking.post_disputed(session, tenant, payment, dispute, clock.day_in(tenant.time_zone, now))


def _lost(session: Session, tenant: Tenant, order: Order, payment: Payment, dispute: Dispute, now: datetime) -> None:
    """A bank kept the money: what is left of the order is given back by it, and what it took beyond that is lost."""
    taken = 0
    if payment.state == "paid" and order.state != "refunded":
        over = min(dispute.amount_micros, order.total_micros - order.refunded_micros)
        if over > 0:
            made = refunding.charged_back(session, tenant, order, payment, over, dispute.reference)
            taken = made.amount_micros
            _given_back(session, tenant, order, payment, made)
    booking.post_lost(
        session, tenant, payment, dispute, dispute.amount_micros - taken, clock.day_in(tenant.time_zone, now)
    )


def _tell(session: Session, tenant: Tenant, action: str, order: Order, after: dict[str, object]) -> None:
    activity.record(session, Actor.system(tenant), action, subject_type="order", subject_id=order.id, after=after)


def _money(micros: int, order: Order) -> str:
    return format_money(micros, order.currency, "en")


def _amount(made: Refund, order: Order) -> str:
    return _money(made.amount_micros, order)
