"""Files for the label's own bank: made once, kept as they were made, and what the bank says of them read back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from app.kernel import activity, clock, files, ids
from app.kernel.actor import Actor
from app.kernel.money import from_minor
from app.kernel.tenant import Tenant
from app.payouts.errors import RunEmpty
from app.payouts.gateways.bankfile import ach_returns, masspay, nacha, pain, returned
from app.payouts.gateways.bankfile.debtor import Debtor
from app.payouts.gateways.rail import Order, Report
from app.payouts.models import Payout, PayoutFile
from app.payouts.rules.refusals import OwnAccountUnusable
from app.payouts.service import applying, sending
from app.payouts.service.promises import debtor_of

FORMATS: Final = ("pain.001.001.09", "pain.001.001.03", "nacha", "masspay")
MEDIA: Final = {"nacha": ("text/plain", "ach"), "masspay": ("text/csv", "csv")}
MOST: Final = 10_000


def make(session: Session, tenant: Tenant, actor: Actor, *, form: str, currency: str) -> PayoutFile:
    """Put every payout that goes by the label's bank in a currency into one file; they are then on their way.

    Making it is the handing over: attempts, file and states are written in one transaction, and the same file can be
    fetched again, never made again with the same payouts.
    """
    debtor = debtor_of(session, tenant)
    if debtor is None:
        raise OwnAccountUnusable
    payouts = sending.take_by_hand(session, tenant, currency, MOST)
    if not payouts:
        raise RunEmpty
    orders = [order for _, order in payouts]
    key, now = ids.new_id(), clock.now()
    message_id = f"P{now:%Y%m%d}-{key.hex[-16:]}"
    raw = _drawn(form, debtor, orders, message_id)
    stored = _kept(session, tenant, actor, form, raw, message_id)
    made = PayoutFile(
        id=key,
        message_id=message_id,
        format=form,
        currency=currency,
        payouts=len(orders),
        total_micros=sum(payout.sent_micros for payout, _ in payouts),
        members={name: [str(each) for each in inside] for name, inside in _members(form, debtor, orders, message_id)},
        stored_id=stored,
        made_by=actor.id,
        made_at=now,
    )
    session.add(made)
    session.flush()
    reports = [Report(order.payout_id, "accepted", order.payout_id.hex) for order in orders]
    applying.apply(session, tenant, reports, answers=True)
    after = {"payouts": made.payouts, "currency": currency, "format": form}
    activity.record(session, actor, "payout_file.made", subject_type="payout_file", subject_id=key, after=after)
    return made


def _drawn(form: str, debtor: Debtor, orders: Sequence[Order], message_id: str) -> bytes:
    now = clock.now()
    if form == "nacha":
        return nacha.nacha_file(debtor, orders, made_at=now)
    if form == "masspay":
        return masspay.masspay_file(orders)
    version: pain.Version = "pain.001.001.03" if form == "pain.001.001.03" else "pain.001.001.09"
    return pain.pain_file(debtor, orders, version=version, message_id=message_id, made_at=now)


def _members(form: str, debtor: Debtor, orders: Sequence[Order], message_id: str) -> list[tuple[str, tuple[UUID, ...]]]:
    return list(pain.members(debtor, orders, message_id).items()) if form.startswith("pain") else []


def _kept(session: Session, tenant: Tenant, actor: Actor, form: str, raw: bytes, message_id: str) -> UUID:
    media, ending = MEDIA.get(form, ("application/xml", "xml"))
    sha256, size = files.put_object(tenant, [raw], most_bytes=len(raw))
    name = f"{message_id}.{ending}"
    stored = files.note_object(session, actor, sha256=sha256, size=size, name=name, media_type=media, is_derived=True)
    return stored.id


def read_back(session: Session, tenant: Tenant, raw: bytes) -> int:
    """Take in what the bank says of payments; gives how many payouts it changed.

    Read twice, it changes nothing more.
    """
    reports = _came_back(session, raw) if ach_returns.is_ach(raw) else _said(session, raw)
    changed: set[UUID] = set()
    # The file's order is the order in which things happened there; each is a step of its own.
    for report in reports:
        changed |= set(applying.apply(session, tenant, [report]))
    return len(changed)


def _said(session: Session, raw: bytes) -> list[Report]:
    members = {
        name: tuple(UUID(each) for each in inside)
        for made in session.scalars(select(PayoutFile).order_by(PayoutFile.made_at.desc()).limit(100))
        for name, inside in made.members.items()
    }
    by_hand = select(Payout.id).where(Payout.rail == "bank_file")
    reports = [each for each in returned.read_back(raw, members) if each.payout_id]
    wanted = {each.payout_id for each in reports}
    ours = set(session.scalars(by_hand.where(Payout.id.in_(wanted))))
    return [each for each in reports if each.payout_id in ours]


def _came_back(session: Session, raw: bytes) -> list[Report]:
    """Returns of an ACH file as reports on the payouts that they name by the end of their ids and to the cent."""
    found = ach_returns.returns(raw)
    known_as = func.right(func.upper(func.replace(cast(Payout.id, Text), "-", "")), ach_returns.KNOWN_AS)
    query = select(known_as, Payout.sent_micros, Payout.id).where(
        Payout.rail == "bank_file", Payout.currency == "USD", known_as.in_({each.known_as for each in found})
    )
    ours = {(name, micros): payout_id for name, micros, payout_id in session.execute(query)}
    return [
        Report(payout_id, "returned", problem=each.problem, amount_minor=each.cents, currency="USD", at=each.at)
        for each in found
        if (payout_id := ours.get((each.known_as, from_minor(each.cents, "USD")))) is not None
    ]


def files_made(session: Session, limit: int = 50) -> list[PayoutFile]:
    """The newest files."""
    return list(session.scalars(select(PayoutFile).order_by(PayoutFile.made_at.desc()).limit(limit)))
