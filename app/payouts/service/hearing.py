"""What rails tell us by themselves: kept raw, once, and only a reason to ask them what is true now."""

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
from app.kernel.tenant import Tenant
from app.ledger.service import freezing
from app.payouts.gateways import rails
from app.payouts.gateways.rail import Report
from app.payouts.models import Payout, RailEvent, SandboxTransfer
from app.payouts.service import applying
from app.payouts.service.sending import EVEN

MOST_TRIES: Final = 12
BATCH: Final = 200


def receive(
    session: Session, *, rail: str, event_id: str, kind: str, reference: str, payload: bytes, quarantine: str = ""
) -> bool:
    """Keep an event as it came; the same again is nothing new. What is `quarantine`d only people look at."""
    row = {
        "id": ids.new_id(),
        "rail": rail,
        "event_id": event_id,
        "kind": kind,
        "reference": reference,
        "payload": payload,
        "state": "quarantined" if quarantine else "new",
        "why": quarantine or None,
        "received_at": clock.now(),
    }
    statement = insert(RailEvent).values(row).on_conflict_do_nothing().returning(RailEvent.id)
    if session.execute(statement).first() is None:
        return False
    if not quarantine:
        jobs.ask(session, "payouts.hear", {})
    return True


def hear_of(session: Session, moved: Iterable[SandboxTransfer]) -> None:
    """Take in what the sandbox's bank sends when something moved there."""
    for row in moved:
        event_id = f"{row.reference}:{row.state}"
        receive(session, rail="sandbox", event_id=event_id, kind=row.state, reference=row.reference, payload=b"{}")


def hear(tenant: Tenant) -> int:
    """Ask rails about everything they spoke of, and take what they say into the books."""
    heard = 0
    seen: set[UUID] = set()
    while events := _waiting(tenant, seen):
        seen |= {event.id for event in events}
        heard += len(events)
        # Each object is asked about once: of several answers to one question the older could be taken for the newer.
        said = ask(tenant, dict.fromkeys(map(_about, events)))
        failpoint.reach("payouts.heard")
        with tenant_work(tenant, even=EVEN) as session:
            _take(session, tenant, {event.id: said[_about(event)] for event in events if _about(event) in said})
        failpoint.reach("payouts.taken")
    return heard


def ask(tenant: Tenant, about: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Report]:
    """What rails now say of objects, by rail and reference; one that does not answer is asked about nothing more."""
    said: dict[tuple[str, str], Report] = {}
    silent: set[str] = set()
    for rail, reference in about:
        if rail in silent:
            continue
        report = said[rail, reference] = rails.named(rail).read(tenant, reference)
        if report.state == "unknown" and report.problem == "unreachable":
            silent.add(rail)
    return said


def _about(event: RailEvent) -> tuple[str, str]:
    return event.rail, event.reference


def _waiting(tenant: Tenant, seen: set[UUID]) -> list[RailEvent]:
    """What was not looked at yet, what was asked about least often first: old riddles do not keep news waiting."""
    query = select(RailEvent).where(
        RailEvent.state == "new", RailEvent.rail.in_(rails.reachable()), RailEvent.id.not_in(seen)
    )
    with tenant_work(tenant, even=EVEN) as session:
        if freezing.frozen(session):
            return []  # it waits until the books are right
        return list(session.scalars(query.order_by(RailEvent.tries, RailEvent.received_at, RailEvent.id).limit(BATCH)))


def _take(session: Session, tenant: Tenant, reports: dict[UUID, Report]) -> None:
    now = clock.now()
    query = select(RailEvent).where(RailEvent.id.in_(reports), RailEvent.state == "new").order_by(RailEvent.id)
    events = list(session.scalars(query.with_for_update(skip_locked=True)))
    found = {event.id: reports[event.id] for event in events}
    known = _known(session, found)
    # Several events may speak of one object; what it is now was read for each, and the last word is the same.
    latest = {report.payout_id: report for key, report in found.items() if report.payout_id in known}
    applying.apply(session, tenant, list(latest.values()))
    for event in events:
        _mark(event, found[event.id], known, now)


def _known(session: Session, found: dict[UUID, Report]) -> set[UUID]:
    wanted = {report.payout_id for report in found.values() if report.payout_id}
    rows = session.execute(select(Payout.id, Payout.reference).where(Payout.id.in_(wanted)))
    references = dict(rows.all())
    return {
        report.payout_id
        for report in found.values()
        if report.payout_id in references and references[report.payout_id] in (None, report.reference)
    }


def _mark(event: RailEvent, report: Report, known: set[UUID], now: datetime) -> None:
    """Note an event as done; one whose object nobody knows yet is asked about again, and in the end put aside.

    A rail that does not answer is no answer, and costs none of the tries.
    """
    if report.state == "unknown" and report.problem == "unreachable":
        return
    event.tries += 1
    if report.state != "unknown" and report.payout_id in known:
        event.state, event.applied_at = "applied", now
    elif event.tries >= MOST_TRIES or (report.state != "unknown" and report.payout_id is None):
        event.state, event.why = "quarantined", "unknown object"
