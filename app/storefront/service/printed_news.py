"""What the printer tells us by itself: kept raw, once, and only a reason to read again what it is about."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.storefront.gateways.printful import CatalogProduct
from app.storefront.models import Fulfilment, StoreEvent
from app.storefront.rules.printing import NEWS
from app.storefront.rules.printing_refusals import NewsUnreadable
from app.storefront.service import hearing, printed_goods, printed_orders, printing
from app.storefront.service.printing import EVEN

GATEWAY: Final = "printful"
BATCH: Final = 100
LONGEST: Final = 64
MOST_TRIES: Final = 30_000


class News(msgspec.Struct, frozen=True):
    """An event: what happened, when, and to what. `retries` says only how often it was told."""

    type: str
    created: int = 0
    data: dict[str, Any] = {}

    @property
    def reference(self) -> str:
        """What it is about: our own name of an order, or a product of the catalogue."""
        if self.type == "stock_updated":
            return str(self.data.get("product_id", ""))[:LONGEST]
        order = self.data.get("order")
        return str(order.get("external_id") or "")[:LONGEST] if isinstance(order, dict) else ""


def receive(session: Session, payload: bytes) -> bool:
    """Keep an event as it came; told again it is nothing new. Gives whether it was."""
    try:
        news = msgspec.json.decode(payload, type=News)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NewsUnreadable from None
    same = msgspec.json.encode([news.type, news.created, news.data], order="sorted")
    return hearing.receive(
        session,
        gateway=GATEWAY,
        event_id=hashlib.sha256(same).hexdigest(),
        kind=news.type[:LONGEST],
        reference=news.reference,
        payload=payload,
        quarantine="" if news.type in NEWS and news.reference else "unknown object",
        task="storefront.hear_printer",
    )


def hear(tenant: Tenant) -> None:
    """Read again what the printer spoke of. No transaction is open; what it does not answer waits."""
    query = select(StoreEvent).where(StoreEvent.gateway == GATEWAY, StoreEvent.state == "new")
    with tenant_work(tenant, even=EVEN) as session:
        events = list(
            session.scalars(query.order_by(StoreEvent.tries, StoreEvent.received_at, StoreEvent.id).limit(BATCH))
        )
    done: dict[tuple[bool, str], str | None] = {}
    for event in events:
        about = (event.kind == "package_returned", event.reference)
        if about not in done:
            is_stock = event.kind == "stock_updated"
            done[about] = _stock(tenant, event) if is_stock else _order(tenant, event)
        _mark(tenant, event, done[about])
        if done[about] is None:
            return  # it does not answer now


def _order(tenant: Tenant, event: StoreEvent) -> str | None:
    """How the event ends: applied, put aside as nobody's, or None where the printer did not answer."""
    key = printed_orders.fulfilment_of(event.reference)
    with tenant_work(tenant, even=EVEN) as session:
        is_ours = key is not None and session.get(Fulfilment, key) is not None
    if key is None or not is_ours:
        return "quarantined"
    return "applied" if printed_orders.look(tenant, key, came_back=event.kind == "package_returned") else None


def _stock(tenant: Tenant, event: StoreEvent) -> str | None:
    access = printing.open_store(tenant)
    if not event.reference.isdigit():
        return "quarantined"
    if access is None:
        return None
    answer = access.printer.catalog(int(event.reference))
    found = answer.read(CatalogProduct)
    if found is None:
        return "quarantined" if answer.kind == "missing" else None
    with tenant_work(tenant, even=EVEN) as session:
        printed_goods.restock(session, event.reference, {each.id: each for each in found.variants})
    return "applied"


def _mark(tenant: Tenant, event: StoreEvent, end: str | None) -> None:
    """Note how an event ended; one without an answer is asked about again after all others."""
    with tenant_work(tenant, even=EVEN) as session:
        row = session.get_one(StoreEvent, event.id, with_for_update=True)
        row.tries = min(row.tries + 1, MOST_TRIES)
        if end is not None:
            row.state, row.applied_at = end, clock.now() if end == "applied" else None
            row.why = "unknown object" if end == "quarantined" else None
