"""Being paid: the try is written down and committed before a gateway hears of it, under a key that follows from it.

An answer that is lost is asked for again under the same key, never under another. Amounts come from the order alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from app.kernel import clock, failpoint, ids
from app.kernel.db import moment, tenant_read, tenant_work
from app.kernel.money import to_minor
from app.kernel.tenant import Tenant, TenantState
from app.ledger.service import freezing
from app.storefront.gateways import gateways
from app.storefront.gateways.gateway import CHARGED, Charge, Report, Said
from app.storefront.models import Market, Order, OrderLine, Payment, StoreSettings
from app.storefront.rules.payment_refusals import MethodMissing
from app.storefront.service import completing, settling
from app.storefront.service.refunding import RefundLine, refund

__all__ = ["RefundLine", "Step", "begin_again", "follow", "look", "methods", "refund", "settle", "start", "stop_open"]

EVEN: Final = frozenset({TenantState.SUSPENDED})
"""What was begun before a label was suspended is still finished."""

WAITING: Final = ("open", "acting")
NOTHING: Final = "nothing"
"""The way to pay an order that costs nothing."""

PATIENCE: Final = timedelta(seconds=20)
"""A payment is asked about by itself once its buyer had so long to come back."""
BATCH: Final = 100


class Step(NamedTuple):
    """What comes next: go to `url` and pay, nothing any more, or choose again, with a `problem` that says why."""

    kind: Literal["redirect", "done", "failed"]
    url: str = ""
    problem: str = ""


class Offering(Protocol):
    """A market, as far as paying goes."""

    @property
    def currency(self) -> str:
        """In which it sells."""

    @property
    def methods(self) -> Sequence[str]:
        """The ways to pay that it chose; none: all."""


def methods(
    tenant: Tenant,  # noqa: ARG001 one gateway for all
    market: Offering,
    total_micros: int,
    *,
    keeps: bool = False,
) -> tuple[str, ...]:
    """The ways to pay that a market offers; of what costs nothing there is `NOTHING` to pay.

    What `keeps` is charged again later, which not every way to pay can.
    """
    return (NOTHING,) if total_micros == 0 else gateways.offered(market.currency, market.methods, keeps=keeps)


def start(tenant: Tenant, order_id: UUID, *, method: str, back_url: str) -> Step:
    """Ask for an order's money; called twice it is the same try, so that nobody pays twice.

    Without a `method` it is the one that was chosen before, or the first that is offered. No transaction is open while
    the gateway is spoken with.
    """
    with tenant_work(tenant) as session:
        order = session.get_one(Order, order_id, with_for_update=True, populate_existing=True)
        if order.state == "cancelled":
            return Step("failed", problem="closed")
        if order.state != "placed":
            return Step("done", back_url)
        if order.total_micros == 0:
            completing.complete(session, tenant, order, None, moment(session))
            return Step("done", back_url)
        payment, others = _begin(session, order, method, back_url)
        charge = charge_of(session, tenant, order, payment, is_again=payment not in session.new)
        failpoint.reach("store.paying")
    failpoint.reach("store.payment_noted")
    for other in others:
        _stop(tenant, other)
    report = gateways.named(payment.gateway).start(tenant, charge)
    failpoint.reach("store.answered")
    _take(tenant, [report])
    return _step(report, back_url)


def _begin(session: Session, order: Order, method: str, back_url: str) -> tuple[Payment, list[Payment]]:
    """The try that is under way, or a new one; and those in other ways that nobody needs any more."""
    market = session.get_one(Market, order.market_id)
    gateway = gateways.usual()
    offered = gateways.offered(market.currency, market.methods, keeps=_keeps(session, order))
    query = select(Payment).where(Payment.order_id == order.id, Payment.state.in_(WAITING)).order_by(Payment.id.desc())
    under_way = list(session.scalars(query))
    method = method or next((str(each.facts.get("method")) for each in under_way), next(iter(offered), ""))
    if method not in offered:
        raise MethodMissing
    for payment in under_way:
        if payment.gateway == gateway.name and payment.facts.get("method") == method:
            return payment, [other for other in under_way if other is not payment]
    payment = Payment(
        id=ids.new_id(),
        order_id=order.id,
        gateway=gateway.name,
        reference="",
        state="open",
        currency=order.currency,
        amount_micros=order.total_micros,
        fee_micros=0,
        method="",
        facts={"method": method, "back_url": back_url},
        started_at=moment(session),
    )
    session.add(payment)
    return payment, under_way


def begin_again(session: Session, order: Order, gateway: str, reference: str) -> Payment | None:
    """Note a try to be paid by a buyer who is not there; `settle` then makes it. None where that is not possible."""
    if not reference or gateway not in gateways.reachable():
        return None
    payment = Payment(
        id=ids.new_id(),
        order_id=order.id,
        gateway=gateway,
        reference="",
        state="open",
        currency=order.currency,
        amount_micros=order.total_micros,
        fee_micros=0,
        method="",
        facts={"method": gateways.KEEPING[0], "back_url": "", CHARGED: reference},
        started_at=moment(session),
    )
    session.add(payment)
    session.flush()
    return payment


def is_waiting(session: Session, order: Order) -> bool:
    """Whether a try to be paid for an order is under way."""
    query = select(exists().where(Payment.order_id == order.id, Payment.state.in_(WAITING)))
    return bool(session.scalar(query))


def _keeps(session: Session, order: Order) -> bool:
    with session.no_autoflush:
        found = session.scalar(select(exists().where(OrderLine.order_id == order.id, OrderLine.kind == "membership")))
    return bool(found)


def charge_of(session: Session, tenant: Tenant, order: Order, payment: Payment, *, is_again: bool) -> Charge:
    """A payment as a gateway needs it; the same payment gives the same body for ever."""
    with session.no_autoflush:
        prefix = session.scalar(select(StoreSettings.order_prefix)) or ""
    return Charge(
        payment_id=payment.id,
        key=f"{tenant.id}-pay-{payment.id}",
        order_number=f"{prefix}{order.number}",
        amount_minor=to_minor(payment.amount_micros, payment.currency).minor,
        currency=payment.currency,
        method=str(payment.facts.get("method", "")),
        language=order.language,
        email=order.email or "",
        country=order.country,
        back_url=str(payment.facts.get("back_url", "")),
        started_at=payment.started_at,
        is_again=is_again,
        keeps=_keeps(session, order),
        again=str(payment.facts.get(CHARGED, "")),
    )


def _step(report: Report, back_url: str) -> Step:
    if report.state in ("open", "acting") and report.url:
        return Step("redirect", report.url)
    if report.state in ("paid", "acting"):
        return Step("done", back_url)
    return Step("failed", problem=report.problem or ("unreachable" if report.state == "unknown" else "other"))


def settle(tenant: Tenant, payment_id: UUID) -> None:
    """Ask the gateway what became of a payment and take its word into the books; as often as one likes."""
    with tenant_work(tenant, even=EVEN) as session:
        payment = session.get(Payment, payment_id)
        if payment is None or payment.gateway not in gateways.reachable() or freezing.frozen(session):
            return
        order = session.get_one(Order, payment.order_id)
        charge = charge_of(session, tenant, order, payment, is_again=True)
    gateway = gateways.named(payment.gateway)
    said = gateway.read(tenant, payment.reference) if payment.reference else gateway.start(tenant, charge)
    failpoint.reach("store.read")
    _take(tenant, [said])


def look(tenant: Tenant, order_id: UUID) -> None:
    """See what became of an order's open payments: its buyer came back and wants to know now."""
    query = select(Payment.id).where(Payment.order_id == order_id, Payment.state.in_(WAITING))
    with tenant_read(tenant) as session:
        waiting = list(session.scalars(query))
    for payment_id in waiting:
        settle(tenant, payment_id)


def follow(tenant: Tenant) -> int:
    """Ask about every payment that its buyer did not come back from, and stop those of orders that are over.

    Gives how many were asked about.
    """
    with tenant_read(tenant) as session:
        waiting = session.execute(_waiting(clock.now())).all()
    for payment, is_over in waiting:
        if is_over and payment.reference:
            _stop(tenant, payment)
        else:
            settle(tenant, payment.id)
    return len(waiting)


def _waiting(now: datetime) -> Select[Payment, bool]:
    query = select(Payment, Order.state == "cancelled").join(Order, Order.id == Payment.order_id)
    query = query.where(Payment.state.in_(WAITING), Payment.started_at <= now - PATIENCE)
    return query.where(Payment.gateway.in_(gateways.reachable())).order_by(Payment.started_at.desc()).limit(BATCH)


def stop_open(tenant: Tenant, order_id: UUID) -> None:
    """Let nobody pay any more what was asked for an order that is over; what was paid meanwhile goes back by itself."""
    query = select(Payment).where(Payment.order_id == order_id, Payment.state.in_(WAITING), Payment.reference != "")
    with tenant_read(tenant) as session:
        waiting = list(session.scalars(query))
    for payment in waiting:
        _stop(tenant, payment)


def _stop(tenant: Tenant, payment: Payment) -> None:
    if payment.reference and payment.gateway in gateways.reachable():
        _take(tenant, [gateways.named(payment.gateway).stop(tenant, payment.reference)])


def _take(tenant: Tenant, said: Iterable[Said]) -> None:
    with tenant_work(tenant, even=EVEN) as session:
        settling.apply(session, tenant, list(said))
        failpoint.reach("store.applied")
    failpoint.reach("store.settled")
