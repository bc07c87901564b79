"""What gateways tell us by themselves: kept raw, once, and only a reason to ask them what is true now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel import clock, failpoint, ids, jobs
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant, TenantState
from app.ledger.service import freezing
from app.storefront.gateways import gateways
from app.storefront.gateways.gateway import Returned, Said
from app.storefront.models import Payment, Refund, StoreEvent
from app.storefront.service import settling

EVEN: Final = frozenset({TenantState.SUSPENDED})
MOST_TRIES: Final = 12
BATCH: Final = 200


def receive(
    session: Session,
    *,
    gateway: str,
    event_id: str,
    kind: str,
    reference: str,
    payload: bytes,
    quarantine: str = "",
    task: str = "storefront.hear",
) -> bool:
    """Keep an event as it came; the same again is nothing new. What is `quarantine`d only people look at.

    `task` is the one that looks into it.
    """
    row = {
        "id": ids.new_id(),
        "gateway": gateway,
        "event_id": event_id,
        "kind": kind,
        "reference": reference,
        "payload": payload,
        "state": "quarantined" if quarantine else "new",
        "why": quarantine or None,
        "received_at": clock.now(),
    }
    statement = insert(StoreEvent).values(row).on_conflict_do_nothing().returning(StoreEvent.id)
    if session.execute(statement).first() is None:
        return False
    if not quarantine:
        jobs.ask(session, task, {})
    return True


def hear_of(session: Session, moved: Iterable[tuple[str, str]]) -> None:
    """Take in what the sandbox's processor sends when something moved there."""
    for reference, state in moved:
        receive(
            session, gateway="sandbox", event_id=f"{reference}:{state}", kind=state, reference=reference, payload=b"{}"
        )


def hear(tenant: Tenant) -> int:
    """Ask gateways about everything they spoke of, and take what they say into the books."""
    heard = 0
    seen: set[UUID] = set()
    while events := _waiting(tenant, seen):
        seen |= {event.id for event in events}
        heard += len(events)
        said = _ask(tenant, dict.fromkeys((event.gateway, event.reference) for event in events))
        failpoint.reach("store.heard")
        with tenant_work(tenant, even=EVEN) as session:
            known = {event.id: said[event.gateway, event.reference] for event in events
                     if (event.gateway, event.reference) in said}  # fmt: skip
            _take(session, tenant, known)
        failpoint.reach("store.taken")
    return heard


def _ask(tenant: Tenant, about: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Said]:
    """What gateways now say of objects; one that does not answer is asked about nothing more."""
    said: dict[tuple[str, str], Said] = {}
    silent: set[str] = set()
    for gateway, reference in about:
        if gateway in silent:
            continue
        found = said[gateway, reference] = gateways.named(gateway).read(tenant, reference)
        if _is_silent(found):
            silent.add(gateway)
    return said


def _is_silent(said: Said) -> bool:
    return said.state == "unknown" and getattr(said, "problem", "") == "unreachable"


def _waiting(tenant: Tenant, seen: set[UUID]) -> list[StoreEvent]:
    """What was not looked at yet, what was asked about least often first: old riddles do not keep news waiting."""
    query = select(StoreEvent).where(
        StoreEvent.state == "new", StoreEvent.gateway.in_(gateways.reachable()), StoreEvent.id.not_in(seen)
    )
    with tenant_work(tenant, even=EVEN) as session:
        if freezing.frozen(session):
            return []  # it waits until the books are right
        found = query.order_by(StoreEvent.tries, StoreEvent.received_at, StoreEvent.id).limit(BATCH)
        return list(session.scalars(found))


def _take(session: Session, tenant: Tenant, said: dict[UUID, Said]) -> None:
    now = clock.now()
    query = select(StoreEvent).where(StoreEvent.id.in_(said), StoreEvent.state == "new").order_by(StoreEvent.id)
    events = list(session.scalars(query.with_for_update(skip_locked=True)))
    latest = {said[event.id].reference: said[event.id] for event in events}
    known = {reference for reference, each in latest.items() if _is_known(session, each)}
    settling.apply(session, tenant, [each for reference, each in latest.items() if reference in known])
    for event in events:
        _mark(event, said[event.id], known, now)


def _is_known(session: Session, said: Said) -> bool:
    """Whether it is about something of ours; a second object in a payment's name says nothing of the first."""
    if isinstance(said, Returned):
        return said.refund_id is not None and session.get(Refund, said.refund_id) is not None
    payment = session.get(Payment, said.payment_id) if said.payment_id else None
    return payment is not None


def _mark(event: StoreEvent, said: Said, known: set[str], now: datetime) -> None:
    """Note an event as done; one whose object nobody knows yet is asked about again, and in the end put aside.

    A gateway that does not answer is no answer, and costs none of the tries.
    """
    if _is_silent(said):
        return
    event.tries += 1
    if said.state != "unknown" and said.reference in known:
        event.state, event.applied_at = "applied", now
    elif event.tries >= MOST_TRIES or (said.state != "unknown" and _is_nobodys(said)):
        event.state, event.why = "quarantined", "unknown object"


def _is_nobodys(said: Said) -> bool:
    return (said.refund_id if isinstance(said, Returned) else said.payment_id) is None
