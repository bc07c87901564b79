"""Asking for a payout: money is set aside and the payout written down in one transaction, once for each key."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import Select, func, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from app.identity.policies import hands_of
from app.kernel import activity, clock, failpoint, ids, jobs
from app.kernel.actor import Actor
from app.kernel.db import moment
from app.kernel.money import from_minor
from app.kernel.tenant import Tenant
from app.ledger import service as ledger
from app.payouts.errors import ApproverNeeded, BalanceTaken, KeyReused, KeyUnusable, PayoutUnfit
from app.payouts.models import Payout, PayoutRequest
from app.payouts.rules import promises
from app.payouts.service import apart, books, limits, quoting, sharing
from app.payouts.service.quoting import Asked, Piece, Quote, Way
from app.payouts.service.standing import sources_of
from app.roster.models import Payee

LONGEST_KEY = 100
TOGETHER = timedelta(days=1)
OVER = ("rejected", "cancelled", "failed", "returned")
"""Payouts that moved nothing in the end."""

_CAP_IN_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' instant payouts', 0))")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for, for whom; `key` names this wish and no other."""

    payee: UUID
    asked: Asked
    key: str


def request(session: Session, tenant: Tenant, actor: Actor, wish: Wish, way: Way) -> list[Payout]:
    """Set money aside and ask for it to be sent: one payout for each of the payee's accounts.

    The same wish again gives the same payouts; another wish under its key is refused. What is refused is not kept.
    """
    known = _claim(session, actor, wish)
    if known is not None:
        return list(session.scalars(select(Payout).where(Payout.request_id == known).order_by(Payout.number)))
    # Whoever takes from a payee's balance holds the payee: two devices at once are one after the other.
    payee = session.get_one(Payee, wish.payee, with_for_update={"key_share": True})
    if wish.asked.speed == "instant" and way.limits.instant_left_minor is not None:
        session.execute(_CAP_IN_TURN)  # all payees share what is left of a rail's cap
    quote = quoting.quote(session, tenant, payee, wish.asked, way)
    request_id = session.scalars(_of(actor, wish)).one().request_id
    now = moment(session)
    payouts = [_payout(quote, piece, actor, request_id, way.rail, now) for piece in quote.pieces]
    if not needs_approval(session, quote):
        for payout in payouts:
            payout.state = "approved"
    session.add_all(payouts)
    session.flush()
    set_aside(session, actor, payouts)
    failpoint.reach("payouts.reserved")
    for payout in payouts:
        tell(session, actor, "payout.asked", payout)
    if wish.asked.speed == "instant" and way.limits.instant_left_minor is not None:
        left = from_minor(way.limits.instant_left_minor, quote.currency)
        sharing.promise(tenant, f"{actor.id}:{wish.key}", payouts, left)
    if any(payout.state == "approved" for payout in payouts):
        jobs.ask(session, "payouts.send", {})
    return payouts


def set_aside(session: Session, actor: Actor, payouts: Sequence[Payout]) -> None:
    """Post the gross of payouts aside; refused as a whole where an account does not hold it."""
    today, entries = books.day_of(session), []
    pools = sources_of(session, {payout.payee_id for payout in payouts})
    for payout in payouts:
        pool = pools.get((payout.payee_id, payout.currency), [])
        reserved = books.reserved(payout, pool, today)
        if not reserved:
            raise BalanceTaken
        entries += reserved
    ledger.post(session, actor, entries)
    if books.overdrawn(session, entries):
        raise BalanceTaken


def needs_approval(session: Session, quote: Quote) -> bool:
    """Whether somebody of the label has to let a payout go: what a payee asks for within a day counts together."""
    together = select(Payout.currency, func.sum(Payout.gross_micros)).where(
        Payout.payee_id == quote.payee.id,
        Payout.asked_at > moment(session) - TOGETHER,
        Payout.approved_by.is_(None),
        Payout.state.not_in(OVER),
    )
    rows = session.execute(together.group_by(Payout.currency))
    wanted = Counter({currency: int(micros) for currency, micros in rows})
    wanted[quote.currency] += from_minor(quote.total("gross"), quote.currency)
    return limits.is_large(session, wanted)


def approve(session: Session, actor: Actor, payout: Payout) -> None:
    """Let a payout go that waited for a second person."""
    if actor.id in hands_of(session, {payout.asked_by}):
        raise ApproverNeeded
    if payout.run_id is not None:
        raise PayoutUnfit
    apart.require_apart(session, actor, {payout.payee_id})
    payout.approve(actor.id, moment(session))
    session.flush()
    tell(session, actor, "payout.approved", payout)
    jobs.ask(session, "payouts.send", {})


def stop(session: Session, actor: Actor, payout: Payout, *, rejected: bool = False, problem: str = "") -> None:
    """Take a payout back that no rail has heard of; what was set aside is the payee's again."""
    stop_all(session, actor, [payout], rejected=rejected, problems={payout.id: problem})


def stop_all(
    session: Session, actor: Actor, payouts: Sequence[Payout], *, problems: Mapping[UUID, str], rejected: bool = False
) -> None:
    """The same of several, posted at once: postings one after the other could meet another worker's crosswise."""
    now = clock.now()
    for payout in payouts:
        payout.become("rejected" if rejected else "cancelled", now, problem=problems.get(payout.id, ""))
    session.flush()
    books.give_back(session, actor, payouts, books.day_of(session, now))
    for payout in payouts:
        action = "payout.rejected" if rejected else "payout.cancelled"
        tell(session, actor, action, payout, problem=problems.get(payout.id, ""))


def tell(session: Session, actor: Actor, action: str, payout: Payout, **more: str) -> None:
    """Write down what happened to a payout."""
    activity.record(session, actor, action, subject_type="payout", subject_id=payout.id, after=facts(payout) | more)


def facts(payout: Payout) -> dict[str, str | int]:
    """What activity keeps of a payout."""
    return {
        "number": payout.number,
        "state": payout.state,
        "speed": payout.speed,
        "currency": payout.currency,
        "gross_micros": payout.gross_micros,
        "sent_micros": payout.sent_micros,
        "payee_id": str(payout.payee_id),
    }


def _payout(quote: Quote, piece: Piece, actor: Actor, request_id: UUID, rail: str, now: datetime) -> Payout:
    currency, parts = quote.currency, piece.parts
    is_instant = quote.speed == "instant"
    return Payout(
        id=ids.new_id(),
        payee_id=quote.payee.id,
        method_id=piece.method.id,
        request_id=request_id,
        state="reserved",
        speed=quote.speed,
        rail=rail,
        currency=currency,
        gross_micros=from_minor(parts.gross, currency),
        platform_micros=from_minor(parts.platform, currency),
        fee_micros=from_minor(parts.fee, currency),
        withheld_micros=from_minor(parts.withheld, currency),
        sent_micros=from_minor(parts.sent, currency),
        exempt_micros=from_minor(parts.exempt, currency),
        platform_ppm=quote.terms.platform_ppm,
        fee_ppm=quote.terms.fee_ppm,
        withheld_ppm=quote.terms.withheld_ppm,
        withheld_why=quoting.why_json(quote.withheld),
        asked_by=actor.id,
        asked_at=now,
        due_at=now,
        arrives_on=quote.arrives_on,
        promised_by=now + promises.INSTANT_WITHIN if is_instant else None,
        attempts=0,
    )


def _claim(session: Session, actor: Actor, wish: Wish) -> UUID | None:
    """Write the wish down under its key; the id of the request that came of it earlier, where one did.

    Of two at once the second waits here until the first has committed.
    """
    if actor.id is None:
        raise KeyUnusable
    if not 0 < len(wish.key) <= LONGEST_KEY or not wish.key.isascii() or not wish.key.isprintable():
        raise KeyUnusable
    fingerprint = hashlib.sha256(msgspec.json.encode(wish)).digest()
    row = {
        "asked_by": actor.id,
        "key": wish.key,
        "fingerprint": fingerprint,
        "request_id": ids.new_id(),
        "asked_at": clock.now(),
    }
    statement = pg_insert(PayoutRequest).values(row).on_conflict_do_nothing()
    if session.execute(statement.returning(PayoutRequest.request_id)).first() is not None:
        return None
    found = session.scalars(_of(actor, wish)).one()
    if found.fingerprint != fingerprint:
        raise KeyReused
    return found.request_id


def _of(actor: Actor, wish: Wish) -> Select[PayoutRequest]:
    return select(PayoutRequest).where(PayoutRequest.asked_by == actor.id, PayoutRequest.key == wish.key)
