"""Products as lists and as the portal edits them, and what of the catalogue is not sold yet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, true
from sqlalchemy.orm import Session

from app.catalog.models import Release
from app.kernel import clock
from app.kernel.activity import Activity
from app.lists.rules import Asked
from app.roster.models import Artist
from app.roster.queries.search import matches
from app.storefront.models import BundlePart, Product, Stock, Variant, VariantPrice

SORTS: dict[str, Any] = {
    "changed": Product.updated_at,
    "title": func.lower(Product.title),
    "added": Product.created_at,
}


def products(asked: Asked, *, today: date, limit: int, offset: int = 0) -> Select[Any]:
    """Products under a filter with how many variants, from which price on, and how many are free where they count.

    What is a pre-order is so on the label's day, `today`.
    """
    mine = (Variant.product_id == Product.id, Variant.is_active)
    variants = (
        select(
            func.count().label("count"),
            func.min(Variant.price_micros).label("least"),
            func.max(Variant.price_micros).label("most"),
        )
        .where(*mine)
        .lateral("variants")
    )
    stock = (
        select(func.sum(Stock.on_hand - Stock.reserved).label("free"))
        .join(Variant, Variant.id == Stock.variant_id)
        .where(*mine)
        .lateral("stocked")
    )
    value, backwards = SORTS[asked.sort.lstrip("-")], asked.sort.startswith("-")
    query = (
        select(
            Product,
            variants.c.count.label("variants"),
            variants.c.least,
            variants.c.most,
            stock.c.free,
            Release.artwork.label("artwork"),
            Artist.name.label("artist"),
        )
        .select_from(Product)
        .join(variants, true())
        .join(stock, true())
        .outerjoin(Release, Release.id == Product.release_id)
        .outerjoin(Artist, Artist.id == Product.artist_id)
        .where(*_chosen(asked, today))
        .order_by(value.desc() if backwards else value, Product.id.desc() if backwards else Product.id)
    )
    return query.limit(limit).offset(offset)


def _chosen(asked: Asked, today: date) -> list[ColumnElement[bool]]:
    state = asked.get("state")
    chosen: list[ColumnElement[bool]] = [Product.state == state if state else Product.state != "archived"]
    if kind := asked.get("kind"):
        chosen.append(Product.kind == kind)
    if asked.get("preorder"):
        chosen.append(Product.ships_on > today)
    if wanted := asked.get("q"):
        chosen.append(fits(wanted))
    return chosen


def fits(wanted: str) -> ColumnElement[bool]:
    """By title as people type it, or by a whole SKU or barcode."""
    code = or_(func.lower(Variant.sku) == wanted.lower(), Variant.barcode == wanted)
    return matches(Product.folded, wanted) | exists().where(Variant.product_id == Product.id, code)


def unsold_releases(session: Session) -> list[Release]:
    """The releases that are out by the label's day and cannot be bought as a download, the newest first."""
    sold = exists().where(Product.release_id == Release.id, Product.kind == "digital")
    today = clock.day_in(session.info["tenant"].time_zone).isoformat()
    query = select(Release).where(Release.release_date.is_not(None), Release.release_date <= today, ~sold)
    return list(session.scalars(query.order_by(Release.release_date.desc(), Release.id)))


def chosen_products(session: Session, keys: Collection[UUID]) -> list[Product]:
    """Some products by their ids, locked in one order; unknown ids are left out."""
    query = select(Product).where(Product.id.in_(keys)).order_by(Product.id).with_for_update()
    return list(session.scalars(query))


def variants_on_sale(product_id: UUID) -> Select[Variant]:
    """The variants of a product that are sold, in their order."""
    rows = select(Variant).where(Variant.product_id == product_id, Variant.is_active)
    return rows.order_by(Variant.position, Variant.id)


class Edited(NamedTuple):
    """A product with what an editor of it needs."""

    variants: list[Variant]
    prices: dict[tuple[UUID, UUID], VariantPrice]
    parts: list[tuple[BundlePart, str]]
    steps: list[Activity]


def edited(session: Session, product: Product, steps: int) -> Edited:
    """A product's variants in order, their prices by variant and market, what is in a bundle, and what happened."""
    variants = list(session.scalars(variants_on_sale(product.id)))
    keys = [variant.id for variant in variants]
    prices = session.scalars(select(VariantPrice).where(VariantPrice.variant_id.in_(keys)))
    parts = (
        select(BundlePart, Variant.sku)
        .join(Variant, Variant.id == BundlePart.variant_id)
        .where(BundlePart.product_id == product.id)
        .order_by(Variant.sku)
    )
    happened = select(Activity).where(Activity.subject_type == "product", Activity.subject_id == product.id)
    return Edited(
        variants,
        {(price.variant_id, price.market_id): price for price in prices},
        [(part, sku) for part, sku in session.execute(parts)],
        list(session.scalars(happened.order_by(Activity.seq.desc()).limit(steps))),
    )
