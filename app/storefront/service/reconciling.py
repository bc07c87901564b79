"""Our books beside a gateway's own list of what was paid, given back and disputed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel import clock, failpoint
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant, TenantState
from app.ledger.service import freezing
from app.storefront.gateways import gateways
from app.storefront.gateways.gateway import Disputed, Report, Returned, Said
from app.storefront.models import GatewayCheck, Payment, Refund
from app.storefront.service import comparing, settling

EVEN: Final = frozenset({TenantState.SUSPENDED})
OVERLAP: Final = timedelta(hours=2)
FIRST_LOOK: Final = timedelta(days=3)
PATIENCE: Final = timedelta(minutes=15)
"""How long a gateway may take to list what was paid there."""


def reconcile(tenant: Tenant) -> int:
    """Compare with the gateway that can be reached; gives how many differences are new."""
    now, name = clock.now(), gateways.usual().name
    with tenant_read(tenant) as session:
        if freezing.frozen(session):
            return 0  # the next look begins where the last one ended
        if session.scalar(select(Payment.id).where(Payment.gateway == name).limit(1)) is None:
            return 0
        last = session.get(GatewayCheck, name)
    since = (last.until if last else now - FIRST_LOOK) - OVERLAP
    movements = list(gateways.usual().movements(tenant, since))
    failpoint.reach("store.listed")
    return _compared(tenant, name, movements, since, now)


def _compared(tenant: Tenant, name: str, movements: list[Said], since: datetime, now: datetime) -> int:
    with tenant_work(tenant, even=EVEN) as session:
        known = _known(session, movements)
        settling.apply(session, tenant, [each for each in movements if each.payment_id in known])
        found = 0
        for each in movements:
            found += _look_at(session, tenant, name, each, known)
        found += _missing(session, tenant, name, movements, since, now)
        row = {"gateway": name, "until": now, "checked_at": now, "found": found}
        statement = insert(GatewayCheck).values(row)
        session.execute(statement.on_conflict_do_update(index_elements=["gateway"], set_=row))
    return found


def _known(session: Session, movements: Iterable[Said]) -> dict[Any, Payment]:
    wanted = {each.payment_id for each in movements if each.payment_id}
    return {row.id: row for row in session.scalars(select(Payment).where(Payment.id.in_(wanted)))}


def _look_at(session: Session, tenant: Tenant, name: str, said: Said, known: dict[Any, Payment]) -> int:
    if said.state == "unknown":
        return 0
    payment = known.get(said.payment_id)
    if isinstance(said, Disputed):
        return (
            0 if payment else comparing.note(session, tenant, name, "extra", said.reference, None, {"kind": "dispute"})
        )
    facts = {"amount_minor": said.amount_minor, "currency": said.currency, "state": said.state}
    if isinstance(said, Returned):
        if said.state == "failed" or session.scalar(select(Refund.id).where(Refund.reference == said.reference)):
            return 0
        comparing.suspend(session, tenant, name, said.reference, -(said.amount_minor or 0), said.currency)
        return comparing.note(session, tenant, name, "extra", said.reference, payment, facts | {"kind": "refund"})
    if said.state != "paid":
        return 0
    if payment is None or (payment.reference and payment.reference != said.reference):
        comparing.suspend(session, tenant, name, said.reference, said.amount_minor, said.currency)
        return comparing.note(session, tenant, name, "extra", said.reference, None, facts)
    return 0


def _missing(
    session: Session, tenant: Tenant, name: str, movements: Iterable[Said], since: datetime, now: datetime
) -> int:
    """What we have as paid and the gateway does not list."""
    listed = {each.reference for each in movements if isinstance(each, Report)}
    query = select(Payment).where(
        Payment.gateway == name, Payment.paid_at >= since + PATIENCE, Payment.paid_at <= now - PATIENCE
    )
    return sum(
        comparing.note(session, tenant, name, "missing", payment.reference, payment, {})
        for payment in session.scalars(query)
        if payment.reference not in listed
    )
