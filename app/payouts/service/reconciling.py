"""Our books beside a rail's own list: every difference has a name, and money nobody asked for stands in suspense."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel import activity, clock, failpoint, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.money import from_minor, to_minor
from app.kernel.tenant import Tenant
from app.ledger import service as ledger
from app.ledger.models import Posting
from app.ledger.rules import Account, Entry, Kind
from app.ledger.service import freezing
from app.payouts.gateways import rails
from app.payouts.gateways.rail import Report
from app.payouts.models import Payout, RailCheck, RailDifference
from app.payouts.rules.states import OVER
from app.payouts.service import applying, books
from app.payouts.service.sending import EVEN

OVERLAP: Final = timedelta(hours=2)
FIRST_LOOK: Final = timedelta(days=3)
PATIENCE: Final = timedelta(minutes=15)
"""How long a rail may take to list what it took on."""

_BACK: Final = ("failed", "returned")
_LISTED: Final = ("accepted", "in_transit", "paid", "failed", "returned")


def reconcile(tenant: Tenant) -> int:
    """Compare with every rail that was used; gives how many differences are new."""
    return sum(_one(tenant, name) for name in _used(tenant))


def _used(tenant: Tenant) -> list[str]:
    with tenant_read(tenant) as session:
        names = session.scalars(select(Payout.rail).distinct()).all()
    return [name for name in names if name in rails.reachable()]


def _one(tenant: Tenant, name: str) -> int:
    now = clock.now()
    with tenant_read(tenant) as session:
        if freezing.frozen(session):
            return 0  # the next look begins where the last one ended
        last = session.get(RailCheck, name)
    since = (last.until if last else now - FIRST_LOOK) - OVERLAP
    movements = list(rails.named(name).movements(tenant, since))
    failpoint.reach("payouts.listed")
    with tenant_work(tenant, even=EVEN) as session:
        applying.apply(session, tenant, _ours(session, movements))
        found = _compare(session, tenant, name, movements, since, now)
        statement = insert(RailCheck).values(rail=name, until=now, checked_at=now, found=found)
        values = {"until": now, "checked_at": now, "found": found}
        session.execute(statement.on_conflict_do_update(index_elements=["rail"], set_=values))
        failpoint.reach("payouts.compared")
    return found


def _ours(session: Session, movements: Iterable[Report]) -> list[Report]:
    """What is said of our payouts' own objects: a second object in a payout's name says nothing of the first."""
    said: dict[UUID, list[Report]] = defaultdict(list)
    for report in movements:
        if report.payout_id:
            said[report.payout_id].append(report)
    query = select(Payout.id, Payout.reference).where(Payout.id.in_(said))
    return [report for key, reference in session.execute(query) for report in _own(said[key], reference)]


def _own(said: list[Report], reference: str | None) -> list[Report]:
    named = reference or said[0].reference
    return [report for report in said if report.reference == named][-1:]


def _compare(
    session: Session, tenant: Tenant, rail: str, movements: list[Report], since: datetime, now: datetime
) -> int:
    by_id = {report.payout_id for report in movements if report.payout_id}
    ours = {row.id: row for row in session.scalars(select(Payout).where(Payout.id.in_(by_id)))}
    found = 0
    for report in movements:
        if report.state not in _LISTED:
            continue
        payout = ours.get(report.payout_id) if report.payout_id else None
        found += _look_at(session, tenant, rail, report, payout, now)
    listed = {report.reference for report in movements}
    # From well after the list begins: what left just before it is not in it, and was looked for last time.
    sent = select(Payout).where(
        Payout.rail == rail, Payout.sent_at >= since + PATIENCE, Payout.sent_at <= now - PATIENCE
    )
    for payout in session.scalars(sent.where(Payout.reference.is_not(None))):
        if payout.reference not in listed:
            found += _note(session, tenant, rail, "missing", str(payout.reference), payout, {}, now)
    return found


def _look_at(session: Session, tenant: Tenant, rail: str, report: Report, payout: Payout | None, now: datetime) -> int:
    """Compare one thing that the rail did with what we know of it; what left and we cannot explain goes to suspense."""
    said = {"amount_minor": report.amount_minor, "currency": report.currency, "state": report.state}
    left = report.amount_minor or 0
    if payout is None or (payout.reference is not None and payout.reference != report.reference):
        new = _note(session, tenant, rail, "extra", report.reference, None, said, now)
        _suspend(session, tenant, rail, report, "extra", left, now)
        return new
    minor = to_minor(payout.sent_micros, payout.currency).minor
    if payout.state in OVER:
        new = 0
        if report.state not in _BACK:
            facts = said | {"ours": payout.state}
            new = _note(session, tenant, rail, "state", report.reference, payout, facts, now)
        _suspend(session, tenant, rail, report, "state", left, now)
        if report.state in _BACK:
            _suspend(session, tenant, rail, report, "amount", left - minor, now)
        return new
    if (report.amount_minor, report.currency) != (minor, payout.currency):
        if report.currency == payout.currency:
            _suspend(session, tenant, rail, report, "amount", left - minor, now)
        return _note(session, tenant, rail, "amount", report.reference, payout, said | {"ours": minor}, now)
    return 0


def _suspend(session: Session, tenant: Tenant, rail: str, report: Report, kind: str, minor: int, now: datetime) -> None:
    """Money left, or stayed, that no payout of ours explains: it stands in suspense until it is back."""
    currency, key = report.currency, f"rail:{rail}:{report.reference}:{kind}"
    known = session.get(Posting, ledger.posting_id(key))
    if report.state in _BACK:
        if known is not None and not _is_back(session, known):
            ledger.reverse(session, Actor.system(tenant), [known.id], on=books.day_of(session, now), reason="came back")
    elif known is None and minor:
        suspense, bank = Account(Kind.SUSPENSE, None, currency), Account(Kind.BANK, None, currency)
        debit, credit = (suspense, bank) if minor > 0 else (bank, suspense)
        micros = from_minor(abs(minor), currency)
        entry = Entry(key, debit, credit, micros, books.day_of(session, now), "unexplained by any payout")
        ledger.post(session, Actor.system(tenant), [entry])


def _is_back(session: Session, left: Posting) -> bool:
    return session.scalar(select(Posting.id).where(Posting.reverses_id == left.id)) is not None


def _note(
    session: Session,
    tenant: Tenant,
    rail: str,
    kind: str,
    reference: str,
    payout: Payout | None,
    facts: dict[str, Any],
    now: datetime,
) -> int:
    known = select(RailDifference.id).where(
        RailDifference.rail == rail, RailDifference.kind == kind, RailDifference.reference == reference
    )
    if session.scalar(known.limit(1)) is not None:
        return 0  # open, or settled by a person: it is not found anew with every look
    key = ids.new_id()
    row = {
        "id": key,
        "rail": rail,
        "kind": kind,
        "reference": reference,
        "payout_id": payout.id if payout else None,
        "facts": facts,
        "found_at": now,
    }
    statement = insert(RailDifference).values(row).on_conflict_do_nothing().returning(RailDifference.id)
    if session.execute(statement).first() is None:
        return 0  # somebody else found it this moment
    after = {"kind": kind, "reference": reference, "rail": rail}
    activity.record(
        session,
        Actor.system(tenant),
        "rail_difference.found",
        subject_type="rail_difference",
        subject_id=key,
        after=after,
    )
    return 1


def resolve(session: Session, actor: Actor, difference: RailDifference, note: str) -> None:
    """Say what came of a difference."""
    difference.resolved_at, difference.resolved_by, difference.note = clock.now(), actor.id, note
    session.flush()
    activity.record(
        session,
        actor,
        "rail_difference.resolved",
        subject_type="rail_difference",
        subject_id=difference.id,
        after={"note": note},
    )


def open_differences(session: Session, limit: int = 200) -> list[RailDifference]:
    """What nobody has looked at yet, the newest first."""
    query = select(RailDifference).where(RailDifference.resolved_at.is_(None))
    return list(session.scalars(query.order_by(RailDifference.found_at.desc()).limit(limit)))
