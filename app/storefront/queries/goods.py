"""What is on sale, with what a market asks for it and how much there is, in one question."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union
from sqlalchemy.orm import aliased

from app.roster.models import Artist
from app.roster.queries.search import likeness, nearly
from app.storefront.models import Product, Stock, StockLocation, Variant, VariantPrice

GOODS = ("physical", "bundle", "membership")


def on_sale() -> list[ColumnElement[bool]]:
    """Products that are sold now."""
    return [Product.state == "live", or_(Product.on_sale_from.is_(None), Product.on_sale_from <= func.now())]


def variants(market_id: UUID, *also: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Products with their variants: the price of the label and of the market, and what is free of each.

    `free` is None where nothing is counted. A bundle's parts are not looked at here.
    """
    free = (
        select(func.sum(Stock.on_hand - Stock.reserved).filter(StockLocation.is_active))
        .select_from(Stock)
        .join(StockLocation, StockLocation.id == Stock.location_id)
        .where(Stock.variant_id == Variant.id)
        .scalar_subquery()
    )
    counted = select(func.count()).where(Stock.variant_id == Variant.id).scalar_subquery()
    return (
        select(
            Product,
            Variant,
            VariantPrice.price_micros.label("listed"),
            VariantPrice.was_micros.label("listed_was"),
            func.coalesce(free, 0).label("free"),
            counted.label("counted"),
        )
        .join(Variant, and_(Variant.product_id == Product.id, Variant.is_active))
        .join(
            VariantPrice, and_(VariantPrice.variant_id == Variant.id, VariantPrice.market_id == market_id), isouter=True
        )
        .where(*on_sale(), *also)
        .order_by(Product.position, Product.id, Variant.position, Variant.id)
    )


def of_release(release_id: UUID, recording_ids: list[UUID]) -> ColumnElement[bool]:
    """What belongs to a release: itself in every format, its tracks, and things that go with it."""
    return or_(Product.release_id == release_id, Product.recording_id.in_(recording_ids))


def merch() -> ColumnElement[bool]:
    """Things, and what is made of them."""
    return Product.kind.in_(GOODS)


def product_ids(*also: ColumnElement[bool]) -> Select[UUID]:
    """Products on sale, in the label's order."""
    return select(Product.id).where(*on_sale(), *also).order_by(Product.position, Product.id)


def counted(*also: ColumnElement[bool]) -> Select[int]:
    """How many."""
    return select(func.count()).select_from(Product).where(*on_sale(), *also)


def fitting(wanted: str) -> ColumnElement[bool]:
    """Products that fit what somebody types, by their titles in any language, or by whose they are."""
    titled = aliased(Product)
    by = select(Product.id).join(Artist, Artist.id == Product.artist_id).where(nearly(Artist.folded, wanted))
    return Product.id.in_(union(select(titled.id).where(nearly(titled.folded, wanted)), by.correlate(None)))


def found(wanted: str, most: int) -> Select[UUID]:
    """Things on sale that fit, the best first."""
    query = select(Product.id).where(*on_sale(), merch(), fitting(wanted))
    return query.order_by(likeness(Product.folded, wanted).desc(), Product.position, Product.id).limit(most)
