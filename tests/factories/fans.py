"""Fans for tests: signed in, and what they own."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.fans.models import Fan
from app.fans.service import sessions
from app.identity.service import Came
from app.kernel import clock, ids, passwords
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.storefront.models import Fulfilment, Market, Order, OrderLine, Owned, Product, Variant

PASSWORD = "a quiet river in november"
_numbers = count(1)


def a_fan(tenant: Tenant, email: str | None = None, *, confirmed: bool = True, **details: Any) -> Fan:
    """A fan with a confirmed address and the password of all test fans."""
    now = clock.now()
    values = {
        "id": ids.new_id(),
        "email": email or f"fan-{ids.new_id().hex}@example.test",
        "name": "Mira Fan",
        "language": "en",
        "password_hash": passwords.hashed(PASSWORD),
        "created_at": now,
        "confirmed_at": now if confirmed else None,
    } | details
    with tenant_work(tenant) as session:
        fan = Fan(**values)
        session.add(fan)
        session.flush()
    return fan


def signed_in(client: Any, tenant: Tenant, fan: Fan | None = None) -> Any:
    """A browser in which a fan is signed in."""
    fan = fan or a_fan(tenant)
    with tenant_work(tenant) as session:
        token = sessions.start(session, fan, Came("Mozilla/5.0", "2001:db8::1"))
    client.cookies.set("__Host-fan", token)
    return client


def an_order(
    tenant: Tenant, *, email: str | None, fan: Fan | None = None, release: UUID | None = None, gift: str | None = None,
    state: str = "paid", kind: str = "digital", **details: Any,
) -> tuple[UUID, UUID | None]:  # fmt: skip
    """An order of one thing as checkout leaves it, and what it made somebody own."""
    number, now = next(_numbers), clock.now()
    product = Product(
        id=ids.new_id(), kind=kind, slug=f"bought-{number}", title=f"Bought {number}", tax_class="digital",
        fulfilled_by="nobody", release_id=release, state="live", created_at=now, updated_at=now,
    )  # fmt: skip
    variant = Variant(id=ids.new_id(), product_id=product.id, sku=f"BOUGHT-{number}", price_micros=9_000_000)
    with tenant_work(tenant) as session:
        market = session.scalars(select(Market).order_by(Market.position)).first()
        if market is None:
            market = Market(id=ids.new_id(), key="all", name="All", currency="EUR", is_rest=True, tax_shown="included")
            session.add(market)
        order = Order(
            id=ids.new_id(), state=state, market_id=market.id, fan_id=fan.id if fan else None, email=email,
            language="en", country="DE", currency="EUR", items_micros=9_000_000, tax_included=True,
            total_micros=9_000_000, placed_at=now, lapses_at=now, **details,
        )  # fmt: skip
        session.add_all([product, variant, order])
        session.flush()
        line = OrderLine(
            id=ids.new_id(), order_id=order.id, position=1, product_id=product.id, variant_id=variant.id, kind=kind,
            release_id=release, title=product.title, sku=variant.sku, fulfilled_by="nobody", quantity=1,
            unit_micros=9_000_000, amount_micros=9_000_000, net_micros=9_000_000,
            gift={"to": gift, "words": "For you"} if gift else None,
        )  # fmt: skip
        session.add(line)
        session.flush()
        if kind == "physical" and state == "paid":
            session.add(Fulfilment(id=ids.new_id(), order_id=order.id, kind="parcel", state="open", created_at=now))
        owned = None
        if release is not None:
            owned = Owned(
                id=ids.new_id(), order_id=order.id, line_id=line.id, product_id=product.id, release_id=release,
                fan_id=None if gift or fan is None else fan.id, gift_email=gift, opens_at=now, granted_at=now,
            )  # fmt: skip
            session.add(owned)
            session.flush()
        return order.id, owned.id if owned else None


def fan_named(tenant: Tenant, email: str) -> Fan | None:
    """The fan who has an address."""
    with tenant_read(tenant) as session:
        return session.scalar(select(Fan).where(Fan.email == email))
