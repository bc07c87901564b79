"""What a visitor can buy: variants with their price in the visitor's market and how many are left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.kernel.tenant import Tenant
from app.kernel.web.page_cache import pages
from app.storefront.models import Product, Variant
from app.storefront.queries import goods
from app.storefront.service import pricing, stock
from app.storefront.service.markets import MarketView

FEW = 20
"""From so few on a page says how many are left."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One variant as it is offered; `left` is None where it never ends."""

    product: Product
    variant: Variant
    micros: int
    was_micros: int | None
    currency: str
    left: int | None
    is_preorder: bool

    @property
    def is_there(self) -> bool:
        """Whether one can be had."""
        return self.left is None or self.left > 0

    @property
    def is_scarce(self) -> bool:
        """Whether it is worth saying how many there are."""
        return self.left is not None and 0 < self.left <= FEW


def offers(
    session: Session, tenant: Tenant, market: MarketView, today: date, *also: ColumnElement[bool]
) -> list[Offer]:
    """Everything on sale that fits, in the label's order; what has no price in this market is left out."""
    rows = session.execute(goods.variants(market.id, *also)).all()
    bundled = [row.Variant.id for row in rows if row.Product.kind == "bundle"]
    made_up = stock.available(session, bundled) if bundled else {}
    rate = _rate(session, tenant, market.currency)
    found = []
    for row in rows:
        own = pricing.Own(
            row.Variant.price_micros, row.Variant.was_micros, row.listed, row.listed_was, row.Variant.cost_micros
        )
        price = pricing.price_of(own, market, rate, own_currency=tenant.currency)
        if price is not None:
            left = made_up.get(row.Variant.id) if row.Product.kind == "bundle" else _left(row)
            early = row.Product.ships_on is not None and row.Product.ships_on > today
            found.append(Offer(row.Product, row.Variant, price.micros, price.was_micros, price.currency, left, early))
    return found


def _left(row: Any) -> int | None:
    """What is free in stock, and what an edition has left: the smaller of both."""
    of_stock = [int(row.free)] if row.counted else []
    of_edition = [row.Product.most - row.Product.sold] if row.Product.most is not None else []
    return min([*of_stock, *of_edition], default=None)


def _rate(session: Session, tenant: Tenant, currency: str) -> Any:
    if currency == tenant.currency:
        return None
    return pages.known(tenant, f"rate:{currency}", lambda: pricing.rate_to(session, tenant, currency))


def by_product(found: list[Offer]) -> dict[UUID, list[Offer]]:
    """Offers under the products that they are variants of, in order."""
    grouped: dict[UUID, list[Offer]] = {}
    for offer in found:
        grouped.setdefault(offer.product.id, []).append(offer)
    return grouped


def alone(found: list[Offer]) -> dict[str, Offer]:
    """Offers of one recording by itself, under the recording's id."""
    return {str(offer.product.recording_id): offer for offer in found if offer.product.recording_id is not None}
