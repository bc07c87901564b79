"""What was bought and is printed: ordered there once, under a name of ours that stands in the books first.

Whoever does not know what became of an order asks for it by that name, and orders only what is not there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.kernel import activity, clock, failpoint
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.errors import Busy
from app.kernel.money import from_micros
from app.kernel.tenant import Tenant
from app.storefront.gateways.printful import Answer, Printful, PrintOrder
from app.storefront.models import Fulfilment, FulfilmentLine, Order, OrderLine, Variant
from app.storefront.rules.addresses import Address
from app.storefront.rules.portal_refusals import FulfilmentPast
from app.storefront.rules.printing import state_after, way_of
from app.storefront.service import ordering, printing, sending, telling
from app.storefront.service.printing import EVEN

LEASE: Final = timedelta(minutes=5)
"""Longer than any question takes: nobody asks for what another is just asking for."""
LOOK_AGAIN: Final = timedelta(hours=6)
BATCH: Final = 50
LONGEST_CODE: Final = 3
NAME: Final = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class _Claim:
    fulfilment_id: UUID
    said: dict[str, Any]
    is_again: bool
    may_order: bool


def external_id(fulfilment_id: UUID) -> str:
    """Our name for an order at the printer: 32 characters, which is the longest that it takes."""
    return fulfilment_id.hex


def send(tenant: Tenant, fulfilment_id: UUID) -> bool:
    """Order what a fulfilment holds, or find out what became of that. No transaction is open.

    Gives whether the printer answered, or had nothing to be asked.
    """
    access = printing.open_store(tenant)
    claim = _claim(tenant, fulfilment_id) if access is not None else None
    if access is None or claim is None:
        return True
    failpoint.reach("store.print_claimed")
    try:
        answer = _ordered(access.printer, claim)
    except Busy:
        _let_go(tenant, claim)
        raise
    failpoint.reach("store.print_asked")
    if answer.kind == "denied":
        printing.refused(tenant)
        _let_go(tenant, claim)
        return False
    found = answer.read(PrintOrder)
    with tenant_work(tenant, even=EVEN) as session:
        if found is not None:
            apply(session, tenant, fulfilment_id, found)
        elif answer.kind in ("refused", "missing"):
            _fail(session, tenant, fulfilment_id, answer.why, is_cancelled=not claim.may_order)
    return answer.kind != "unclear"


def send_open(tenant: Tenant) -> None:
    """Order what waits, look for what nobody knows of, and at what nobody spoke of for long. No transaction is open.

    A printer that does not answer is asked nothing more this time.
    """
    if printing.open_store(tenant) is None:
        return
    with tenant_work(tenant, even=EVEN) as session:
        rows = session.execute(_due(clock.day_in(tenant.time_zone))).all()
    for key, reference in rows:
        if not (send(tenant, key) if reference is None else look(tenant, key)):
            return


def _due(today: date) -> Select[UUID, str | None]:
    now = clock.now()
    asked = Fulfilment.state == "asked"
    never = Fulfilment.asked_at.is_(None)
    unsure = asked & Fulfilment.reference.is_(None) & ((Fulfilment.asked_at < now - LEASE) | never)
    quiet = asked & Fulfilment.reference.is_not(None) & ((Fulfilment.asked_at < now - LOOK_AGAIN) | never)
    early = (
        select(FulfilmentLine.line_id)
        .join(OrderLine, OrderLine.id == FulfilmentLine.line_id)
        .where(FulfilmentLine.fulfilment_id == Fulfilment.id, OrderLine.ships_on > today)
    )
    is_open = (Fulfilment.state == "open") & ~early.exists()
    query = select(Fulfilment.id, Fulfilment.reference)
    query = query.where(Fulfilment.kind == "printful", or_(is_open, unsure, quiet))
    return query.order_by(Fulfilment.asked_at.nulls_first(), Fulfilment.id).limit(BATCH)


def look(tenant: Tenant, fulfilment_id: UUID, *, came_back: bool = False) -> bool:
    """Read again what the printer says of an order; whether it said anything. No transaction is open."""
    access = printing.open_store(tenant)
    if access is None:
        return False
    answer = access.printer.order(external_id(fulfilment_id))
    found = answer.read(PrintOrder)
    if found is not None:
        with tenant_work(tenant, even=EVEN) as session:
            apply(session, tenant, fulfilment_id, found, came_back=came_back)
    return found is not None or answer.kind == "missing"


def again(session: Session, actor: Actor, order: Order, sent: Fulfilment) -> None:
    """Have the printer asked again for what it refused."""
    if sent.kind != "printful" or sent.state != "failed" or order.state not in sending.SENDABLE:
        raise FulfilmentPast
    sent.state, sent.problem, sent.asked_at = ("asked" if sent.reference else "open"), None, None
    session.flush()
    after = {"parcel": sent.number, "number": order.number}
    activity.record(session, actor, "order.print_asked", subject_type="order", subject_id=order.id, after=after)


def apply(session: Session, tenant: Tenant, fulfilment_id: UUID, said: PrintOrder, *, came_back: bool = False) -> None:
    """Take what the printer says of an order into the books; what says nothing new changes nothing."""
    found = _locked(session, fulfilment_id)
    if found is None or said.external_id != external_id(fulfilment_id):
        return
    order, sent = found
    now, before = clock.now(), sent.state
    if sent.reference is None:
        sent.reference = f"printful:{said.id}"
        _tell(session, tenant, "order.print_asked", order, sent)
    sent.asked_at = now
    if said.shipments:
        last = said.shipments[-1]
        sent.carrier, sent.tracking = last.carrier[:40], (last.tracking_number or "")[:60]
        page = (last.tracking_url or "")[:500]
        sent.tracking_url = page if page.startswith("https://") else ""
    sent.state = state_after(before, said.status)
    if came_back and sent.state in ("shipped", "delivered"):
        sent.state = "returned"
    session.flush()
    if sent.state != before:
        _moved(session, tenant, order, sent, said)


def _moved(session: Session, tenant: Tenant, order: Order, sent: Fulfilment, said: PrintOrder) -> None:
    if sent.state == "shipped":
        sent.shipped_at, sent.problem = clock.now(), None
    elif sent.state == "failed":
        sent.problem = (said.error or said.status)[:300]
    session.flush()
    sending.follow(session, order)
    action = {
        "shipped": "order.shipped", "failed": "order.print_failed", "cancelled": "order.print_cancelled",
        "returned": "order.came_back",
    }.get(sent.state)  # fmt: skip
    if action is not None:
        _tell(session, tenant, action, order, sent)
    if sent.state == "shipped":
        telling.tell_shipped(session, tenant, order, sent)


def _ordered(printer: Printful, claim: _Claim) -> Answer:
    """Order once: what may be there already is looked for first, and what is refused as well."""
    name = external_id(claim.fulfilment_id)
    if claim.is_again:
        known = printer.order(name)
        if known.kind != "missing" or not claim.may_order:
            return known if known.kind != "refused" else Answer("unclear")
    answer = printer.place(claim.said)
    if answer.kind in ("refused", "missing"):
        known = printer.order(name)
        return answer if known.kind == "missing" else known
    return answer


def _locked(session: Session, fulfilment_id: UUID) -> tuple[Order, Fulfilment] | None:
    """A fulfilment and its order, locked in the order in which everybody locks them."""
    order_id = session.scalar(
        select(Fulfilment.order_id).where(Fulfilment.id == fulfilment_id, Fulfilment.kind == "printful")
    )
    if order_id is None:
        return None
    order = session.get_one(Order, order_id, with_for_update=True, populate_existing=True)
    return order, session.get_one(Fulfilment, fulfilment_id, with_for_update=True, populate_existing=True)


def _claim(tenant: Tenant, fulfilment_id: UUID) -> _Claim | None:
    """Note that a fulfilment is asked for, before it is; nobody else does until the lease is over."""
    with tenant_work(tenant, even=EVEN) as session:
        found = _locked(session, fulfilment_id)
        if found is None:
            return None
        order, sent = found
        now, may_order = clock.now(), order.state in sending.SENDABLE
        if sent.state not in ("open", "asked") or sent.reference is not None:
            return None
        if sent.asked_at is not None and sent.asked_at > now - LEASE:
            return None
        is_again = sent.state == "asked"
        items, address = _items(session, tenant, sent), ordering.address_of(tenant, order)
        said = _said(order, sent, address, items) if may_order and items and address else None
        if said is None and not is_again:
            is_over = items == [] or order.state in ("refunded", "cancelled")
            _put_aside(session, tenant, order, sent, is_over=is_over, is_lost=bool(items) and address is None)
            return None
        sent.state, sent.asked_at = "asked", now
        session.flush()
        sending.follow(session, order)
        return _Claim(sent.id, said or {}, is_again, said is not None)


def _put_aside(
    session: Session, tenant: Tenant, order: Order, sent: Fulfilment, *, is_over: bool, is_lost: bool
) -> None:  # fmt: skip
    """What waits for its day stays; what nobody wants any more, or has nowhere to go, is not made."""
    if is_over:
        sent.state = "cancelled"
        session.flush()
        sending.follow(session, order)
    elif is_lost:
        _refuse(session, tenant, order, sent, "address")


def _items(session: Session, tenant: Tenant, sent: Fulfilment) -> list[dict[str, Any]] | None:
    """What is to be made, less what was given back; None before its day."""
    query = (
        select(FulfilmentLine.quantity, OrderLine, Variant.printful_id)
        .join(OrderLine, OrderLine.id == FulfilmentLine.line_id)
        .join(Variant, Variant.id == OrderLine.variant_id)
        .where(FulfilmentLine.fulfilment_id == sent.id)
        .order_by(OrderLine.position)
    )
    today, items = clock.day_in(tenant.time_zone), []
    for quantity, line, key in session.execute(query):
        if line.ships_on is not None and line.ships_on > today:
            return None
        count = min(quantity, line.quantity - line.refunded_quantity)
        if count > 0:
            price = f"{from_micros(line.unit_micros):.2f}"
            items.append(
                {
                    "external_id": line.id.hex,
                    "sync_variant_id": int(key) if key and key.isdigit() else 0,
                    "quantity": count,
                    "retail_price": price,
                    "name": f"{line.title} {line.variant}".strip()[:200],
                }
            )
    return items


def _said(order: Order, sent: Fulfilment, address: Address, items: list[dict[str, Any]]) -> dict[str, Any]:
    """The order in the printer's words."""
    is_code = 1 < len(address.region) <= LONGEST_CODE and address.region.isascii()
    recipient = {
        "name": address.name or order.customer, "company": address.company, "address1": address.street,
        "address2": address.street2, "city": address.city or address.district,
        "state_code" if is_code else "state_name": address.region, "country_code": address.country,
        "zip": address.postcode or address.sorting_code, "phone": address.phone, "email": order.email or "",
    }  # fmt: skip
    return {
        "external_id": external_id(sent.id),
        "shipping": way_of(order.shipping),
        "recipient": {name: said for name, said in recipient.items() if said},
        "items": items,
        "retail_costs": {"currency": order.currency},
    }


def _let_go(tenant: Tenant, claim: _Claim) -> None:
    """Nobody was asked: have it be as before."""
    with tenant_work(tenant, even=EVEN) as session:
        found = _locked(session, claim.fulfilment_id)
        if found is not None and found[1].state == "asked" and found[1].reference is None:
            found[1].state, found[1].asked_at = ("asked" if claim.is_again else "open"), None
            session.flush()
            sending.follow(session, found[0])


def _fail(session: Session, tenant: Tenant, fulfilment_id: UUID, why: str, *, is_cancelled: bool) -> None:
    found = _locked(session, fulfilment_id)
    if found is None or found[1].state != "asked" or found[1].reference is not None:
        return
    order, sent = found
    if is_cancelled:
        sent.state = "cancelled"
        session.flush()
        sending.follow(session, order)
        return
    _refuse(session, tenant, order, sent, why)


def _refuse(session: Session, tenant: Tenant, order: Order, sent: Fulfilment, why: str) -> None:
    sent.state, sent.problem = "failed", why[:300] or "refused"
    session.flush()
    sending.follow(session, order)
    _tell(session, tenant, "order.print_failed", order, sent)


def _tell(session: Session, tenant: Tenant, action: str, order: Order, sent: Fulfilment) -> None:
    after = {"number": order.number, "parcel": sent.number, "carrier": sent.carrier, "tracking": sent.tracking}
    said = {name: value for name, value in after.items() if value}
    actor = Actor.system(tenant)
    activity.record(session, actor, action, subject_type="order", subject_id=order.id, after=said)


def fulfilment_of(name: str) -> UUID | None:
    """The fulfilment that a name of ours is of."""
    return UUID(name) if NAME.fullmatch(name) else None
