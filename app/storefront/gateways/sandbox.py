"""A card processor of our own that behaves as one does: it declines, wants proof, takes its time, and charges back.

Its books are its own: whatever it does, it commits before it answers, so that an answer can be lost and the money
taken. `cards.CARDS` make it behave in a known way; a wallet pays at once, as on a telephone.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel import failpoint, jobs
from app.kernel.db import moment, tenant_read, tenant_work
from app.kernel.money import exponent, is_currency
from app.kernel.tenant import Tenant, TenantState
from app.storefront.gateways import cards
from app.storefront.gateways.gateway import (
    AGAIN,
    Back,
    Charge,
    Disputed,
    DisputeState,
    PaymentState,
    Report,
    Returned,
    ReturnState,
    Said,
)
from app.storefront.models import SandboxBack, SandboxCharge
from app.storefront.rules.payment_refusals import CardUnknown, ChargeOver, PaymentUnknown

EVEN: Final = frozenset({TenantState.SUSPENDED})
LIVES: Final = timedelta(hours=1)
CAPTURES_AFTER: Final = timedelta(minutes=2)
RETURNS_AFTER: Final = timedelta(seconds=20)
DISPUTED_AFTER: Final = timedelta(minutes=1)
FEE_PPM: Final = 14_000
FEE_FIXED_CENTS: Final = 25
DISPUTE_FEE_CENTS: Final = 15_00
METHODS: Final = ("card", "wallet")

_STATES: Final[dict[str, PaymentState]] = {
    "open": "open", "challenged": "acting", "capturing": "acting", "paid": "paid", "failed": "failed",
    "cancelled": "cancelled",
}  # fmt: skip
_RETURNS: Final[dict[str, ReturnState]] = {"sent": "sent", "done": "done", "failed": "failed"}
_DISPUTED: Final[dict[str, DisputeState]] = {"open": "open", "answered": "answered", "won": "won", "lost": "lost"}


class SandboxGateway:
    """The sandbox's card processor as a gateway."""

    name = "sandbox"

    def methods(self, currency: str) -> tuple[str, ...]:
        """Cards and wallets, of every currency."""
        return METHODS if is_currency(currency) else ()

    def start(self, tenant: Tenant, charge: Charge) -> Report:
        """Open a page on which the buyer pays; a wallet pays at once."""
        with tenant_work(tenant, even=EVEN) as session:
            now = moment(session)
            row = _row(charge, now) | (_again(session, charge, now) if charge.again else {})
            session.execute(insert(SandboxCharge).values(row).on_conflict_do_nothing(index_elements=["key"]))
            found = session.get_one(SandboxCharge, charge.key)
            if found.body_hash != row["body_hash"]:
                return Report(charge.payment_id, "unknown", facts={"said": "the key was used for something else"})
            if found.moves_at:
                jobs.ask(session, "storefront.processor", {}, key=f"lapse:{charge.key}", run_at=found.moves_at)
            report = _answered(_report(found, charge.language), found, charge)
        failpoint.reach("store.charge_committed")
        return report

    def stop(self, tenant: Tenant, reference: str) -> Report:
        """Close the page, unless it was paid meanwhile."""
        with tenant_work(tenant, even=EVEN) as session:
            found = _charge(session, reference)
            if found.state in ("open", "challenged"):
                found.state, found.problem, found.moves_at = "cancelled", "left", None
                found.changed_at = moment(session)
            return _report(found)

    def read(self, tenant: Tenant, reference: str) -> Said:
        """What is now true of a charge, a refund or a dispute."""
        with tenant_read(tenant) as session:
            charge = session.scalar(select(SandboxCharge).where(SandboxCharge.reference == reference))
            if charge is not None:
                return _report(charge)
            found = _backs(session, SandboxBack.reference == reference)
        return found[0] if found else Report(None, "unknown", reference)

    def refund(self, tenant: Tenant, back: Back) -> Returned:
        """Give money back, as far as it is there."""
        with tenant_work(tenant, even=EVEN) as session:
            now = moment(session)
            charge = _charge(session, back.payment)
            known = session.get(SandboxBack, back.key)
            if known is None:
                known = _take_back(session, charge, back, now)
            is_lost = charge.ending == cards.LOSES_ANSWER and not back.is_again
            answer = Returned(back.refund_id, "unknown") if is_lost else _returned(known, charge)
        failpoint.reach("store.refund_committed")
        return answer

    def read_refund(self, tenant: Tenant, reference: str) -> Returned:
        """What is now true of a refund."""
        said = self.read(tenant, reference)
        return said if isinstance(said, Returned) else Returned(None, "unknown", reference)

    def movements(self, tenant: Tenant, since: datetime) -> Iterable[Said]:
        """Everything that changed since."""
        query = select(SandboxCharge).where(SandboxCharge.changed_at >= since, SandboxCharge.state == "paid")
        with tenant_read(tenant) as session:
            charges = session.scalars(query.order_by(SandboxCharge.reference))
            return [*map(_report, charges), *_backs(session, SandboxBack.changed_at >= since)]


def charge_of(session: Session, token: str) -> SandboxCharge:
    """The charge of a page."""
    found = session.scalar(select(SandboxCharge).where(SandboxCharge.token == token))
    if found is None:
        raise PaymentUnknown
    return found


def pay(session: Session, token: str, number: str) -> SandboxCharge:
    """Try a card; one that is declined leaves the page open for another."""
    charge, now = _locked(session, token), moment(session)
    if number not in {card.number for card in cards.CARDS}:
        raise CardUnknown
    ending = number[-4:]
    charge.ending, charge.shown, charge.problem, charge.changed_at = ending, f"card •••• {ending}", "", now
    if ending in cards.DECLINES:
        charge.problem = cards.DECLINES[ending]
    elif ending in cards.CHALLENGES:
        charge.state = "challenged"
    elif ending in cards.CAPTURES:
        charge.state, charge.moves_at = "capturing", now + CAPTURES_AFTER
        jobs.ask(session, "storefront.processor", {}, run_at=charge.moves_at)
    else:
        _pay(session, charge, now)
    return charge


def prove(session: Session, token: str, *, is_me: bool) -> SandboxCharge:
    """Answer the bank's question whether it is the buyer who pays."""
    charge, now = _locked(session, token, "challenged"), moment(session)
    charge.changed_at = now
    if is_me:
        _pay(session, charge, now)
    else:
        charge.state, charge.problem = "open", "challenge_failed"
    return charge


def leave(session: Session, token: str) -> SandboxCharge:
    """Go back without paying."""
    charge = _locked(session, token, "open", "challenged")
    charge.state, charge.problem, charge.moves_at, charge.changed_at = "cancelled", "left", None, moment(session)
    return charge


def dispute(session: Session, reference: str) -> SandboxBack:
    """Let a buyer's bank want a payment back."""
    charge = _charge(session, reference)
    return _dispute(session, charge, moment(session))


def decide(session: Session, reference: str, *, is_won: bool) -> SandboxBack:
    """Let the banks decide a dispute."""
    found = session.scalars(select(SandboxBack).where(SandboxBack.reference == reference).with_for_update()).one()
    found.state, found.changed_at = ("won" if is_won else "lost"), moment(session)
    return found


def move(session: Session, *, all_of_them: bool = False) -> list[tuple[str, str]]:
    """Let the processor do what is due, or everything that waits; gives reference and state of what changed."""
    now = moment(session)
    charges = select(SandboxCharge).where(SandboxCharge.moves_at.is_not(None)).order_by(SandboxCharge.key)
    backs = select(SandboxBack).where(SandboxBack.moves_at.is_not(None)).order_by(SandboxBack.key)
    if not all_of_them:
        charges, backs = charges.where(SandboxCharge.moves_at <= now), backs.where(SandboxBack.moves_at <= now)
    waiting = session.scalars(charges.limit(1_000).with_for_update(skip_locked=True)).all()
    moved = [_move_charge(session, charge, now) for charge in waiting]
    for back in session.scalars(backs.limit(1_000).with_for_update(skip_locked=True)):
        charge = _charge(session, back.charge)
        fails = charge.ending == cards.REFUNDS_FAIL
        back.state, back.problem = ("failed", "declined") if fails else ("done", "")
        back.moves_at, back.changed_at = None, now
        moved.append((back.reference, back.state))
    session.flush()
    return moved


def _move_charge(session: Session, charge: SandboxCharge, now: datetime) -> tuple[str, str]:
    charge.moves_at, charge.changed_at = None, now
    if charge.state == "paid":
        disputed = _dispute(session, charge, now)
        return disputed.reference, disputed.state
    if charge.state == "capturing" and charge.ending == cards.ARRIVES:
        _pay(session, charge, now)
    elif charge.state == "capturing":
        charge.state, charge.problem = "failed", "declined"
    elif charge.state in ("open", "challenged"):
        charge.state, charge.problem = "cancelled", "lapsed"
    return charge.reference, charge.state


def _pay(session: Session, charge: SandboxCharge, now: datetime) -> None:
    charge.state, charge.problem, charge.moves_at = "paid", "", None
    charge.fee_minor = fee_minor(charge.amount_minor, charge.currency)
    if charge.ending == cards.DISPUTES:
        charge.moves_at = now + DISPUTED_AFTER
        jobs.ask(session, "storefront.processor", {}, run_at=charge.moves_at)


def fee_minor(amount_minor: int, currency: str) -> int:
    """What the processor keeps: 1.4 % and a quarter of the unit, of a currency without cents the rounded quarter."""
    share = -(-amount_minor * FEE_PPM // 1_000_000)
    return min(amount_minor, share - (-FEE_FIXED_CENTS * int(10 ** exponent(currency)) // 100))


def _row(charge: Charge, now: datetime) -> dict[str, object]:
    digest = hashlib.sha256(charge.key.encode()).hexdigest()
    body = msgspec.json.encode((charge.amount_minor, charge.currency, str(charge.payment_id)))
    is_wallet = charge.method == "wallet"
    return {
        "key": charge.key,
        "reference": f"sc_{digest[:20]}",
        "token": secrets.token_urlsafe(24),
        "payment_id": charge.payment_id,
        "body_hash": hashlib.sha256(body).digest(),
        "state": "paid" if is_wallet else "open",
        "amount_minor": charge.amount_minor,
        "fee_minor": fee_minor(charge.amount_minor, charge.currency) if is_wallet else 0,
        "currency": charge.currency,
        "method": charge.method,
        "shown": "wallet" if is_wallet else "",
        "order_number": charge.order_number,
        "back_url": charge.back_url,
        "moves_at": None if is_wallet else now + LIVES,
        "created_at": now,
        "changed_at": now,
    }


def _again(session: Session, charge: Charge, now: datetime) -> dict[str, object]:
    """What becomes of a charge at which no buyer is: the card of the earlier one decides."""
    earlier = session.scalar(select(SandboxCharge).where(SandboxCharge.reference == charge.again))
    if earlier is None or earlier.state != "paid":
        return {"state": "failed", "problem": "declined", "moves_at": None}
    known: dict[str, object] = {"ending": earlier.ending, "shown": earlier.shown, "moves_at": None}
    problem = {**cards.DECLINES, **cards.AGAIN_FAILS}.get(earlier.ending, "")
    if problem:
        return known | {"state": "failed", "problem": problem}
    if earlier.ending in cards.CAPTURES:
        return known | {"state": "capturing", "moves_at": now + CAPTURES_AFTER}
    return known | {"state": "paid", "fee_minor": fee_minor(charge.amount_minor, charge.currency)}


def _answered(report: Report, found: SandboxCharge, charge: Charge) -> Report:
    """The report as it arrives; of one card the first answer is lost."""
    is_lost = charge.again and found.ending == cards.LOSES_ANSWER and not charge.is_again
    return Report(charge.payment_id, "unknown", problem="unreachable") if is_lost else report


def _locked(session: Session, token: str, *states: str) -> SandboxCharge:
    query = select(SandboxCharge).where(SandboxCharge.token == token)
    found = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise PaymentUnknown
    if found.state not in (states or ("open",)):
        raise ChargeOver
    return found


def _charge(session: Session, reference: str) -> SandboxCharge:
    query = select(SandboxCharge).where(SandboxCharge.reference == reference)
    found = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise PaymentUnknown
    return found


def _take_back(session: Session, charge: SandboxCharge, back: Back, now: datetime) -> SandboxBack:
    """Note a refund; more than was paid is refused for good."""
    others = session.scalars(select(SandboxBack).where(SandboxBack.charge == charge.reference))
    gone = sum(other.amount_minor for other in others if other.state not in ("failed", "won"))
    is_possible = charge.state == "paid" and gone + back.amount_minor <= charge.amount_minor
    named = hashlib.sha256(back.key.encode()).hexdigest()[:20]
    found = SandboxBack(
        key=back.key,
        kind="refund",
        reference=f"sr_{named}",
        charge=charge.reference,
        refund_id=back.refund_id,
        state="sent" if is_possible else "failed",
        amount_minor=back.amount_minor,
        fee_minor=0,
        problem="" if is_possible else "limit_reached",
        moves_at=now + RETURNS_AFTER if is_possible else None,
        created_at=now,
        changed_at=now,
    )
    if is_possible and charge.ending != cards.REFUNDS_FAIL:
        found.state, found.moves_at = "done", None
    if found.moves_at:
        jobs.ask(session, "storefront.processor", {}, run_at=found.moves_at)
    session.add(found)
    session.flush()
    return found


def _dispute(session: Session, charge: SandboxCharge, now: datetime) -> SandboxBack:
    key = f"dispute:{charge.reference}"
    found = SandboxBack(
        key=key,
        kind="dispute",
        reference=f"sd_{charge.reference[3:]}",
        charge=charge.reference,
        state="open",
        amount_minor=charge.amount_minor,
        fee_minor=int(DISPUTE_FEE_CENTS * 10 ** exponent(charge.currency) // 100),
        problem="fraudulent",
        created_at=now,
        changed_at=now,
    )
    session.add(found)
    session.flush()
    return found


def _report(charge: SandboxCharge, language: str = "en") -> Report:
    is_paid = charge.state == "paid"
    return Report(
        charge.payment_id,
        _STATES[charge.state],
        charge.reference,
        url=f"/{language}/pay/{charge.token}" if charge.state in ("open", "challenged") else "",
        problem=charge.problem,
        amount_minor=charge.amount_minor,
        currency=charge.currency,
        fee_minor=charge.fee_minor if is_paid else None,
        method=charge.shown,
        at=charge.changed_at if is_paid else None,
        facts={AGAIN: charge.reference} if is_paid else {},
    )


def _backs(session: Session, which: object) -> list[Said]:
    query = select(SandboxBack, SandboxCharge).join(SandboxCharge, SandboxCharge.reference == SandboxBack.charge)
    rows = session.execute(query.where(which).order_by(SandboxBack.reference))  # type: ignore[arg-type]
    return [_returned(back, charge) if back.kind == "refund" else _disputed(back, charge) for back, charge in rows]


def _returned(back: SandboxBack, charge: SandboxCharge) -> Returned:
    return Returned(
        back.refund_id,
        _RETURNS[back.state],
        back.reference,
        back.problem,
        back.amount_minor,
        charge.currency,
        charge.payment_id,
        back.changed_at,
    )


def _disputed(back: SandboxBack, charge: SandboxCharge) -> Disputed:
    return Disputed(
        charge.payment_id,
        _DISPUTED[back.state],
        back.reference,
        back.amount_minor,
        charge.currency,
        back.fee_minor,
        back.problem,
        back.created_at + timedelta(days=7),
        back.changed_at,
    )
