"""What is printed, and how tests look at it."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import select, update

from app.kernel import cache, clock, limits
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.storefront.gateways import printful
from app.storefront.gateways.printful import Printful
from app.storefront.models import Fulfilment, PrinterLink, Product, StoreEvent, Variant
from app.storefront.service import printed_goods, printing, products
from tests.factories.shop import an_order
from tests.storefront.paid import pay
from tests.storefront.printful_wire import TOKEN

PAGE = "/portal/store/printful"
RATES = [
    {"id": "STANDARD", "name": "Flat Rate (Estimated delivery: Jun 20-27)", "rate": "4.29", "currency": "EUR", "minDeliveryDays": 3, "maxDeliveryDays": 6},
    {"id": "EXPRESS", "name": "Express", "rate": "11.00", "currency": "USD", "minDeliveryDays": 1, "maxDeliveryDays": 3},
]  # fmt: skip


def count_anew(token=TOKEN):
    bucket = Printful(token)._bucket
    for name, limit in ((bucket, printful.PER_MINUTE), (f"{bucket}:background", printful.IN_BACKGROUND)):
        limits.clear(None, name, limit)
    cache.shared().delete(f"{bucket}:until")


def a_shirt(shop, printer, **details):
    """A product of the printer's on sale; gives its first variant."""
    said = printer.add(**details)
    printed_goods.sync(shop, 0)
    with tenant_work(shop) as session:
        product = the_product(session, said)
        products.publish(session, Actor.system(shop), product)
        return variants(session, product)[0]


def the_product(session, said):
    return session.scalars(select(Product).where(Product.printful_id == str(said["sync_product"]["id"]))).one()


def variants(session, product):
    return list(session.scalars(select(Variant).where(Variant.product_id == product.id).order_by(Variant.position)))


def the_print(shop, order):
    with tenant_read(shop) as session:
        query = select(Fulfilment).where(Fulfilment.order_id == order.id, Fulfilment.kind == "printful")
        return session.scalars(query).one()


def a_paid(shop, shirt, count=1):
    order = pay(shop, an_order(shop, (shirt, count)))
    return order, the_print(shop, order)


def hours_later(shop):
    with tenant_work(shop) as session:
        session.execute(update(Fulfilment).values(asked_at=clock.now() - timedelta(hours=7)))


def told(client_of, shop, event, *, secret=None, host=None):
    with tenant_read(shop) as session:
        known = printing._secrets(shop, session.get_one(PrinterLink, 1)).hook.rpartition("/")[2]
    client = client_of(host or f"{shop.slug}.localhost")
    del client.headers["origin"]
    headers = {"content-type": "application/json"}
    return client.post(
        f"/hooks/store/printful/{secret or known}", content=json.dumps(event), headers=headers
    ).status_code


def events(shop, kind):
    with tenant_read(shop) as session:
        return list(
            session.scalars(select(StoreEvent).where(StoreEvent.gateway == "printful", StoreEvent.kind == kind))
        )
