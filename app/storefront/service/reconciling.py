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
    if not gateways.reachable():
        return 0
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
        is_known, minor, kind = payment is not None, 0, "dispute"
    elif isinstance(said, Returned):
        known_one = session.scalar(select(Refund.id).where(Refund.reference == said.reference))
        is_known, minor, kind = said.state == "failed" or known_one is not None, -(said.amount_minor or 0), "refund"
    else:
        is_ours = payment is not None and payment.reference in ("", said.reference)
        is_known, minor, kind = said.state != "paid" or is_ours, said.amount_minor or 0, "payment"
    if is_known:
        return 0
    comparing.suspend(session, tenant, name, said.reference, minor, said.currency)
    facts = {"kind": kind, "amount_minor": said.amount_minor, "currency": said.currency, "state": said.state}
    return comparing.note(session, tenant, name, "extra", said.reference, payment, facts)


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
