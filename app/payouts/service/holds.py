"""Holding back what is disputed, no more and no longer: it ends by itself unless a second person renews it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.errors import SamePerson
from app.identity.policies import hands_of
from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.db import moment, tenant_work
from app.kernel.money import format_money
from app.kernel.tenant import Tenant, TenantState
from app.ledger import service as ledger
from app.ledger.models import Posting
from app.ledger.rules import Account, Entry, Kind
from app.ledger.service import freezing
from app.payouts.errors import BalanceTaken, HoldOver, HoldTooLarge
from app.payouts.models import PayoutHold
from app.payouts.rules.promises import HOLD_FOR
from app.payouts.service import books
from app.payouts.service.books import Source
from app.payouts.service.standing import available_of, sources_of
from app.roster.models import Payee

SUBJECT = "payout_holds"


def hold(
    session: Session,
    actor: Actor,
    payee: Payee,
    *,
    currency: str,
    amount_micros: int,
    reason: str,
    evidence: Sequence[UUID] = (),
) -> PayoutHold:
    """Keep a disputed amount from being paid for thirty days; the payee is held while it is looked at."""
    session.get_one(Payee, payee.id, with_for_update={"key_share": True})
    sources = sources_for(session, payee, currency=currency, amount_micros=amount_micros)
    now = clock.now()
    held = PayoutHold(
        id=ids.new_id(),
        payee_id=payee.id,
        currency=currency,
        amount_micros=amount_micros,
        reason=reason,
        evidence=list(evidence),
        opened_by=actor.id,
        opened_at=now,
        ends_at=now + HOLD_FOR,
    )
    session.add(held)
    session.flush()
    left, today, entries = amount_micros, books.day_of(session, now), []
    for source in sources:
        taken = min(left, source.micros)
        if taken > 0:
            payable = Account(Kind.PAYABLE, source.subject, currency)
            kept = Account(Kind.HELD, payee.id, currency)
            key = f"hold:{held.id}:{source.subject.hex}"
            entries.append(Entry(key, payable, kept, taken, today, "hold", SUBJECT, held.id))
            left -= taken
    ledger.post(session, actor, entries)
    if books.overdrawn(session, entries):
        raise BalanceTaken
    _tell(session, actor, "payout_hold.opened", held)
    return held


def sources_for(session: Session, payee: Payee, *, currency: str, amount_micros: int) -> Sequence[Source]:
    """Where an amount can be held from; refused where there is not so much."""
    sources = sources_of(session, [payee.id]).get((payee.id, currency), [])
    available = available_of(sources)
    if not 0 < amount_micros <= available:
        raise HoldTooLarge(available=format_money(available, currency, "en"))
    return sources


def renew(session: Session, actor: Actor, held: PayoutHold) -> None:
    """Hold for thirty days more, by somebody other than who held last."""
    if held.released_at is not None:
        raise HoldOver
    if actor.id is None or actor.id in hands_of(session, {held.renewed_by or held.opened_by}):
        raise SamePerson
    held.renewed_by, held.ends_at = actor.id, clock.now() + HOLD_FOR
    session.flush()
    _tell(session, actor, "payout_hold.renewed", held)


def release(session: Session, actor: Actor, held: PayoutHold) -> None:
    """Let go of what was held: it can be paid again."""
    if held.released_at is not None:
        raise HoldOver
    _release(session, actor, [held], clock.now())


def release_over(tenant: Tenant) -> int:
    """Let go of everything whose time is over by the database's clock."""
    with tenant_work(tenant, even=frozenset({TenantState.SUSPENDED})) as session:
        return 0 if freezing.frozen(session) else release_due(session, tenant, moment(session))


def release_due(session: Session, tenant: Tenant, now: datetime) -> int:
    """Let go of everything whose time is over."""
    query = select(PayoutHold).where(PayoutHold.released_at.is_(None), PayoutHold.ends_at <= now)
    due = list(session.scalars(query.order_by(PayoutHold.id).with_for_update(skip_locked=True)))
    _release(session, Actor.system(tenant), due, now)
    return len(due)


def _release(session: Session, actor: Actor, over: Sequence[PayoutHold], now: datetime) -> None:
    for held in over:
        held.released_at, held.released_by = now, actor.id
    session.flush()
    query = select(Posting.id).where(
        Posting.subject_id.in_([held.id for held in over]),
        Posting.subject_type == SUBJECT,
        Posting.reverses_id.is_(None),
    )
    ledger.reverse(session, actor, list(session.scalars(query)), on=books.day_of(session, now), reason="hold over")
    for held in over:
        _tell(session, actor, "payout_hold.released", held)


def _tell(session: Session, actor: Actor, action: str, held: PayoutHold) -> None:
    after = {
        "currency": held.currency,
        "amount_micros": held.amount_micros,
        "ends_at": held.ends_at.isoformat(),
        "payee_id": str(held.payee_id),
    }
    activity.record(session, actor, action, subject_type="payout_hold", subject_id=held.id, after=after)
