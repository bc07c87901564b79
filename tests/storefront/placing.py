"""Quotes and orders of baskets, as tests ask for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from app.kernel import db
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.storefront.models import Basket, Order, OrderLine
from app.storefront.rules.details import Details
from app.storefront.rules.quotes import Quote
from app.storefront.service import ordering, quoting
from tests.factories.shop import Held
from tests.statements import statements_sent


def quoted(tenant: Tenant, held: Held, **asked: Any) -> Quote:
    with tenant_read(tenant) as session:
        return quoting.quote(session, tenant, session.get_one(Basket, held.basket.id), **asked)


def placed_by(tenant: Tenant, held: Held, details: Details) -> Order:
    with tenant_work(tenant) as session:
        return ordering.place(session, tenant, Actor.system(tenant), session.get_one(Basket, held.basket.id), details)


def lines_of(tenant: Tenant, order: Order) -> list[OrderLine]:
    with tenant_read(tenant) as session:
        query = select(OrderLine).where(OrderLine.order_id == order.id)
        return list(session.scalars(query.order_by(OrderLine.position)))


def statements_of(work: Callable[[], object]) -> int:
    """How many statements a piece of work sends."""
    with statements_sent(db.current().engine("home")) as sent:
        work()
    return len(sent)
