"""The doors of what fans have at the shop: their own is found, and everybody else's is not there."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.fans.models import Fan
from app.kernel import clock
from app.kernel.tenant import Tenant
from app.storefront.models import Membership, Order, Owned, Product
from app.storefront.queries import library as queries
from app.storefront.rules.fan_refusals import FanOrderUnknown, MembershipUnknown, OwnedUnknown, WishUnknown


def gift_to_take(session: Session, tenant: Tenant, fan: Fan, owned_id: UUID | None) -> Owned:
    """Something that was given to the fan's confirmed address, from its day on, and that nobody has taken."""
    mine = queries.is_given(fan, clock.day_in(tenant.time_zone).isoformat())
    query = select(Owned).where(Owned.id == owned_id, Owned.revoked_at.is_(None), *mine)
    found = session.scalar(query.with_for_update())
    if found is None or fan.confirmed_at is None:
        raise OwnedUnknown
    return found


def fan_order_to_read(session: Session, fan: Fan, order_id: UUID | None) -> Order:
    """One of the fan's own orders."""
    found = session.scalar(select(Order).where(Order.id == order_id, queries.is_fans_order(fan)))
    if found is None:
        raise FanOrderUnknown
    return found


def membership_to_end(session: Session, fan: Fan, membership_id: UUID | None) -> Membership:
    """One of the fan's own memberships."""
    found = session.get(Membership, membership_id) if membership_id else None
    if found is None or found.fan_id != fan.id:
        raise MembershipUnknown
    return found


def product_to_wish(session: Session, product_id: UUID | None) -> Product:
    """A product that the shop shows."""
    found = session.get(Product, product_id) if product_id else None
    if found is None or found.state != "live":
        raise WishUnknown
    return found
