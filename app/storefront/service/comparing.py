"""Where a gateway tells other things than our books: each has a name, and money nobody asked for stands in suspense."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.db import moment
from app.kernel.money import from_minor
from app.kernel.tenant import Tenant
from app.ledger import service as ledger
from app.ledger.models import Posting
from app.ledger.rules import Account, Entry, Kind
from app.storefront.models import GatewayDifference, Payment
from app.storefront.service import booking


def suspend(session: Session, tenant: Tenant, gateway: str, reference: str, minor: int | None, currency: str) -> None:
    """Money came, or below zero went, that no payment or refund of ours explains: it stands in suspense."""
    key = f"gateway:{gateway}:{reference}:unexplained"
    if not minor or session.get(Posting, ledger.posting_id(key)) is not None:
        return
    way, waiting = booking.transit(gateway, currency), Account(Kind.SUSPENSE, None, currency)
    debit, credit = (way, waiting) if minor > 0 else (waiting, way)
    on = clock.day_in(tenant.time_zone, moment(session))
    entry = Entry(key, debit, credit, from_minor(abs(minor), currency), on, "not explained")
    ledger.post(session, Actor.system(tenant), [entry])


def note(
    session: Session,
    tenant: Tenant,
    gateway: str,
    kind: str,
    reference: str,
    payment: Payment | None,
    facts: dict[str, Any],
) -> int:
    """Note a difference, once; gives whether it is new."""
    key = ids.new_id()
    row = {
        "id": key,
        "gateway": gateway,
        "kind": kind,
        "reference": reference,
        "payment_id": payment.id if payment else None,
        "facts": facts,
        "found_at": moment(session),
    }
    statement = insert(GatewayDifference).values(row).on_conflict_do_nothing().returning(GatewayDifference.id)
    if session.execute(statement).first() is None:
        return 0
    activity.record(
        session, Actor.system(tenant), "gateway_difference.found", subject_type="gateway_difference", subject_id=key,
        after={"kind": kind, "reference": reference, "gateway": gateway},
    )  # fmt: skip
    return 1


def resolve(session: Session, actor: Actor, difference: GatewayDifference, note_: str) -> None:
    """Say what came of a difference."""
    difference.resolved_at, difference.resolved_by, difference.note = clock.now(), actor.id, note_
    session.flush()
    activity.record(
        session, actor, "gateway_difference.resolved", subject_type="gateway_difference", subject_id=difference.id,
        after={"note": note_},
    )  # fmt: skip


def open_differences(session: Session, limit: int = 200) -> list[GatewayDifference]:
    """What nobody has looked at yet, the newest first."""
    query = select(GatewayDifference).where(GatewayDifference.resolved_at.is_(None))
    return list(session.scalars(query.order_by(GatewayDifference.found_at.desc()).limit(limit)))
