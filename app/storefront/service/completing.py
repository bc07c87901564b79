"""What follows when an order is paid, all in one transaction.

Stock leaves the shelf, music opens, parcels are opened, sales are noted, the ledger knows, and the fan is told.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import activity, clock, failpoint, jobs
from app.kernel.actor import Actor
from app.kernel.errors import Refusal
from app.kernel.money import format_money
from app.kernel.tenant import Tenant
from app.storefront.models import Order, OrderLine, Payment, Product
from app.storefront.service import booking, fulfilling, giving, members, selling, stock
from app.storefront.service.refunding import money_lines

ELSEWHERE: Final = "what is there does not lie where a line could be taken from as a whole"


class _NotThere(Refusal):
    """What was let go of cannot be had again."""

    message = "This is sold out."


def complete(session: Session, tenant: Tenant, order: Order, payment: Payment | None, now: datetime) -> None:
    """Take an order as paid; `payment` is None where there was nothing to pay."""
    lines = money_lines(session, order.id)
    stock.take(session, order)
    today = clock.day_in(tenant.time_zone, now)
    sales = selling.note_paid(session, order, payment, lines, today)
    booking.post_paid(session, tenant, order, payment, sales, today)
    failpoint.reach("store.booked")
    made = fulfilling.open_for(session, tenant, order, lines, now)
    giving.ask_for(session, tenant, lines, now)
    members.join(session, tenant, order, lines, payment, now)
    # What only opens in the fan's account needs nothing sent.
    order.state = "delivered" if fulfilling.is_all_delivered(made) else "paid"
    order.paid_at, order.ended_at, order.why = now, None, None
    session.flush()
    after = {"number": order.number, "amount": format_money(order.total_micros, order.currency, "en")}
    activity.record(session, Actor.system(tenant), "order.paid", subject_type="order", subject_id=order.id, after=after)
    jobs.ask(session, "storefront.thank", {"order": str(order.id)}, key=f"thank:{order.id}")
    failpoint.reach("store.completed")


def revive(session: Session, order: Order) -> bool:
    """Speak again for what an order needs that had lapsed or was cancelled; whether all of it was still there."""
    lines = money_lines(session, order.id)
    try:
        with session.begin_nested():
            _set_aside(session, lines)
    except Refusal:
        return False
    return True


def _set_aside(session: Session, lines: list[OrderLine]) -> None:
    wanted: dict[UUID, int] = {}
    titles: dict[UUID, str] = {}
    counted = {line.variant_id for line in lines if line.location_id is not None}
    for line in lines:
        if line.variant_id in counted:
            wanted[line.variant_id] = wanted.get(line.variant_id, 0) + line.quantity
        titles[line.variant_id] = titles[line.product_id] = line.title
    taken = stock.set_aside(session, wanted, titles)
    for variant, places in taken.items():
        own = [line for line in lines if line.variant_id == variant]
        if len(places) > 1 and [place.quantity for place in places] != [line.quantity for line in own]:
            raise _NotThere(ELSEWHERE)
        for line, place in zip(own, places * len(own) if len(places) == 1 else places, strict=False):
            line.location_id = place.location_id
    session.flush()
    stock.count_editions(session, _editions(session, lines), titles)


def _editions(session: Session, lines: list[OrderLine]) -> dict[UUID, int]:
    """How many of each limited product the lines have."""
    limited = set(
        session.scalars(
            select(Product.id).where(Product.id.in_({line.product_id for line in lines}), Product.most.is_not(None))
        )
    )
    found: dict[UUID, int] = {}
    for line in lines:
        if line.product_id in limited:
            found[line.product_id] = found.get(line.product_id, 0) + line.quantity
    return found
