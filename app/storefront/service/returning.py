"""Handing refunds to the gateway, under a key that follows from the refund, until there is an answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.kernel import failpoint
from app.kernel.db import moment, tenant_work
from app.kernel.money import to_minor
from app.kernel.tenant import Tenant, TenantState
from app.ledger.service import freezing
from app.storefront.gateways import gateways
from app.storefront.gateways.gateway import Back
from app.storefront.models import Payment, Refund
from app.storefront.service import settling

EVEN: Final = frozenset({TenantState.SUSPENDED})
BATCH: Final = 50
PATIENCE: Final = timedelta(seconds=20)
TRIED: Final = "tried"


def send(tenant: Tenant, refund_id: UUID) -> None:
    """Ask the gateway to give back what was noted, and take its word; safe to do again."""
    with tenant_work(tenant, even=EVEN) as session:
        made = session.get_one(Refund, refund_id, with_for_update=True)
        payment = session.get_one(Payment, made.payment_id)
        if made.state not in ("asked", "sent") or payment.gateway not in gateways.reachable():
            return
        if freezing.frozen(session):
            return
        back = _back(tenant, made, payment)
        made.problem = TRIED
        failpoint.reach("store.refunding")
    failpoint.reach("store.refund_noted")
    gateway = gateways.named(payment.gateway)
    said = gateway.read_refund(tenant, made.reference) if made.reference else gateway.refund(tenant, back)
    failpoint.reach("store.refund_answered")
    with tenant_work(tenant, even=EVEN) as session:
        settling.apply(session, tenant, [said])


def _back(tenant: Tenant, made: Refund, payment: Payment) -> Back:
    return Back(
        refund_id=made.id,
        payment_id=payment.id,
        key=f"{tenant.id}-back-{made.id}",
        payment=payment.reference,
        amount_minor=to_minor(made.amount_micros, payment.currency).minor,
        currency=payment.currency,
        asked_at=made.asked_at,
        is_again=made.problem == TRIED,
    )


def send_open(tenant: Tenant) -> int:
    """Ask about refunds that are under way; gives how many were asked about."""
    waiting = select(Refund.id).where(Refund.state.in_(("asked", "sent")), Refund.is_dispute.is_(False))
    with tenant_work(tenant, even=EVEN) as session:
        now = moment(session)
        late = waiting.where(Refund.asked_at <= now - PATIENCE).order_by(Refund.asked_at).limit(BATCH)
        found = list(session.scalars(late))
    for key in found:
        send(tenant, key)
    return len(found)
