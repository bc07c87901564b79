"""Shops for tests: open ones, with markets, products and pages."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import UUID

from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.storefront.models import Market, Product, StorePage, StoreSettings, Variant

_numbers = count(1)

MARKETS: tuple[dict[str, Any], ...] = (
    {"key": "eu", "name": "Europe", "currency": "EUR", "countries": ["DE", "FR"], "languages": ["de", "fr"], "tax_shown": "included"},
    {"key": "us", "name": "United States", "currency": "USD", "countries": ["US"], "languages": ["en"], "tax_shown": "added"},
    {"key": "rest", "name": "Everywhere else", "currency": "EUR", "languages": ["en", "ar"], "is_rest": True, "tax_shown": "included"},
)  # fmt: skip


def an_open_shop(tenant: Tenant, **details: Any) -> None:
    """Open a label's shop, with three markets."""
    with tenant_work(tenant) as session:
        session.add(
            StoreSettings(**({"id": 1, "is_open": True, "ships_from": "DE", "changed_at": clock.now()} | details))
        )
        for position, market in enumerate(MARKETS):
            session.add(Market(**({"id": ids.new_id(), "position": position, "version": 1} | market)))
        activity.record(session, Actor.system(tenant), "store.opened")


def a_product(
    tenant: Tenant, *, kind: str = "digital", title: str = "", price: int = 9_000_000, **details: Any
) -> UUID:
    """A live product with one variant; gives the variant."""
    number, now = next(_numbers), clock.now()
    values = {
        "id": ids.new_id(), "kind": kind, "slug": f"thing-{number}", "title": title or f"Thing {number}", "state": "live",
        "tax_class": "digital" if kind == "digital" else "goods", "fulfilled_by": "nobody" if kind == "digital" else "label",
        "created_at": now, "updated_at": now,
    } | details  # fmt: skip
    variant = Variant(id=ids.new_id(), product_id=values["id"], sku=f"SKU-{number}", price_micros=price)
    with tenant_work(tenant) as session:
        session.add(Product(**values))
        session.flush()
        session.add(variant)
        activity.record(
            session, Actor.system(tenant), "product.created", subject_type="product", subject_id=values["id"]
        )
        return variant.id


def a_text(tenant: Tenant, kind: str, slug: str, titles: dict[str, str], bodies: dict[str, str]) -> UUID:
    """A page, a post or a legal page that is published."""
    now = clock.now()
    row = StorePage(
        id=ids.new_id(), kind=kind, slug=slug, titles=titles, bodies=bodies, published_at=now, created_at=now, updated_at=now
    )  # fmt: skip
    with tenant_work(tenant) as session:
        session.add(row)
        activity.record(session, Actor.system(tenant), "page.published", subject_type="page", subject_id=row.id)
        return row.id
