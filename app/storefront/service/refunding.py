"""Giving money back: of lines, of sending, of all of it; written down and committed before the gateway hears of it.

What is asked for counts as given back at once, so that two who ask together cannot give back more than was paid. The
books follow when the gateway has done it; what it cannot do is counted as not given back again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import activity, ids, jobs
from app.kernel.actor import Actor
from app.kernel.db import moment
from app.kernel.money import allocate, format_money, from_minor, to_minor
from app.kernel.tenant import Tenant
from app.storefront.models import Order, OrderLine, Payment, Refund
from app.storefront.rules.payment_refusals import RefundEmpty, RefundReasonMissing, RefundTooMuch, RefundUnfit
from app.storefront.rules.portions import portion

MOST_REASON: Final = 500


class RefundLine(NamedTuple):
    """So many of a line, or so much of it in micros; without an amount, what these many cost."""

    line_id: UUID
    quantity: int = 0
    micros: int | None = None


def price_of(line: OrderLine) -> int:
    """What a buyer gave for a line, with its tax, in micros."""
    return line.net_micros + line.tax_micros


def shipping_of(order: Order) -> int:
    """What a buyer gave for sending, with its tax, in micros."""
    return order.shipping_micros + (0 if order.tax_included else order.shipping_tax_micros)


def money_lines(session: Session, order_id: UUID) -> list[OrderLine]:
    """The lines of an order that have money: of a bundle its parts, not the line that shows its price."""
    lines = list(session.scalars(select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.position)))
    bundles = {line.bundle_id for line in lines}
    return [line for line in lines if line.id not in bundles]


def shipping_left(session: Session, order: Order) -> int:
    """What of sending was not given back yet, in micros."""
    gone = select(Refund.shipping_micros).where(Refund.order_id == order.id, Refund.state != "failed")
    return shipping_of(order) - sum(session.scalars(gone))


def left(session: Session, order: Order) -> tuple[list[RefundLine], int]:
    """Everything that can still be given back of an order: lines, and sending."""
    lines = [
        RefundLine(line.id, line.quantity - line.refunded_quantity, price_of(line) - line.refunded_micros)
        for line in money_lines(session, order.id)
        if line.quantity > line.refunded_quantity or price_of(line) > line.refunded_micros
    ]
    return lines, shipping_left(session, order)


def refund(
    session: Session,
    tenant: Tenant,  # noqa: ARG001 as others do
    actor: Actor,
    order: Order,
    lines: Sequence[RefundLine],
    *,
    shipping_micros: int = 0,
    reason: str,
    restock: bool = False,
) -> Refund:
    """Give back of an order that was paid; more than is left of a line, of sending or of the order is refused."""
    if not reason.strip():
        raise RefundReasonMissing
    order = session.get_one(Order, order.id, with_for_update=True, populate_existing=True)
    payment = session.scalar(select(Payment).where(Payment.order_id == order.id, Payment.state == "paid"))
    if payment is None or order.state in ("placed", "cancelled", "refunded"):
        raise RefundUnfit
    parts = _parts(session, order, lines, restock=restock)
    sending = shipping_left(session, order)
    if not 0 <= shipping_micros <= sending:
        raise RefundTooMuch(available=format_money(sending, order.currency, "en"))
    amount = sum(part["micros"] for part in parts) + shipping_micros
    _check_amount(order, amount)
    made = _note(session, actor, order, payment, amount, parts, shipping_micros=shipping_micros, reason=reason)
    _count(session, order, made, sign=1)
    activity.record(
        session, actor, "order.refund_asked", subject_type="order", subject_id=order.id,
        after={"number": order.number, "amount": format_money(amount, order.currency, "en"), "reason": made.reason},
    )  # fmt: skip
    return made


def _check_amount(order: Order, amount: int) -> None:
    available = order.total_micros - order.refunded_micros
    if amount > available:
        raise RefundTooMuch(available=format_money(available, order.currency, "en"))
    if amount <= 0 or to_minor(amount, order.currency).remainder_micros:
        raise RefundEmpty


def _parts(session: Session, order: Order, asked: Sequence[RefundLine], *, restock: bool) -> list[dict[str, Any]]:
    known = {line.id: line for line in money_lines(session, order.id)}
    wanted: dict[UUID, RefundLine] = {}
    for each in asked:
        if each.line_id in wanted or each.line_id not in known:
            raise RefundEmpty
        wanted[each.line_id] = each
    parts = []
    for key, each in wanted.items():
        line = known[key]
        micros = _price(line, each, order.currency) if each.micros is None else each.micros
        over = price_of(line) - line.refunded_micros
        if not 0 <= each.quantity <= line.quantity - line.refunded_quantity or not 0 <= micros <= over:
            raise RefundTooMuch(available=format_money(over, order.currency, "en"))
        if each.quantity or micros:
            parts.append({"line": str(key), "quantity": each.quantity, "micros": micros, "restock": restock})
    return parts


def _price(line: OrderLine, asked: RefundLine, currency: str) -> int:
    """What so many of a line cost, in whole minor units; the last ones cost what is left."""
    over = price_of(line) - line.refunded_micros
    if asked.quantity >= line.quantity - line.refunded_quantity:
        return over
    minor = to_minor(price_of(line), currency).minor
    return min(over, from_minor(portion(minor, given=asked.quantity, whole=line.quantity), currency))


def _note(
    session: Session,
    actor: Actor,
    order: Order,
    payment: Payment,
    amount: int,
    parts: list[dict[str, Any]],
    *,
    shipping_micros: int = 0,
    reason: str,
) -> Refund:
    made = Refund(
        id=ids.new_id(),
        order_id=order.id,
        payment_id=payment.id,
        state="asked",
        amount_micros=amount,
        shipping_micros=shipping_micros,
        lines=parts,
        reason=reason.strip()[:MOST_REASON],
        asked_by=actor.id,
        asked_at=moment(session),
    )
    session.add(made)
    session.flush()
    jobs.ask(session, "storefront.refund", {"refund": str(made.id)}, key=f"refund:{made.id}")
    return made


def _count(session: Session, order: Order, made: Refund, *, sign: int) -> None:
    """Count what a refund is about as given back, or, with a sign below zero, as not."""
    order.refunded_micros += sign * made.amount_micros
    parts = {UUID(part["line"]): part for part in made.lines}
    for line in session.scalars(select(OrderLine).where(OrderLine.id.in_(parts)).order_by(OrderLine.id)):
        line.refunded_quantity += sign * parts[line.id]["quantity"]
        line.refunded_micros += sign * parts[line.id]["micros"]
    session.flush()


def uncount(session: Session, order: Order, made: Refund) -> None:
    """What could not be given back counts as not given back."""
    _count(session, order, made, sign=-1)


def give_back(session: Session, tenant: Tenant, order: Order, payment: Payment, reason: str) -> Refund:
    """Give a payment back that nobody wanted; nothing of the order changes by it."""
    return _note(session, Actor.system(tenant), order, payment, payment.amount_micros, [], reason=reason)


def charged_back(
    session: Session, tenant: Tenant, order: Order, payment: Payment, micros: int, reference: str
) -> Refund:
    """What a buyer's bank took back, as a refund that is done: of every line and of sending, in proportion."""
    lines, sending = left(session, order)
    shares = [line.micros or 0 for line in lines] + [sending]
    taken = allocate(min(micros, sum(shares)), shares) if any(shares) else [0 for _ in shares]
    parts = [
        {"line": str(line.line_id), "quantity": line.quantity if part == share else 0, "micros": part, "restock": False}
        for line, part, share in zip(lines, taken[:-1], shares[:-1], strict=True)
    ]
    now = moment(session)
    made = Refund(
        id=ids.new_id(),
        order_id=order.id,
        payment_id=payment.id,
        state="sent",
        amount_micros=sum(taken),
        shipping_micros=taken[-1],
        lines=parts,
        reason="dispute",
        is_dispute=True,
        reference=reference,
        asked_by=Actor.system(tenant).id,
        asked_at=now,
    )
    session.add(made)
    session.flush()
    _count(session, order, made, sign=1)
    return made
