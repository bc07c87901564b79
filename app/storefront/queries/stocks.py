"""What lies where, and why there are more or fewer than before."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Executable, func, select
from sqlalchemy.orm import Session

from app.identity.models import Member
from app.lists.rules import Asked
from app.roster.queries.search import matches
from app.storefront.models import Order, Product, Stock, StockLocation, StockMove, Variant

FREE = Stock.on_hand - Stock.reserved


def stocks(asked: Asked, *, limit: int, offset: int = 0) -> Executable:
    """Variants that can be counted with what is of them at each place; one that is not counted stands there once."""
    query = (
        select(
            Variant.id,
            Product.id.label("product_id"),
            Product.title,
            Variant.title.label("variant"),
            Variant.sku,
            Product.state,
            StockLocation.id.label("location_id"),
            StockLocation.name.label("location"),
            Stock.on_hand,
            Stock.reserved,
            Stock.low_at,
        )
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(Stock, Stock.variant_id == Variant.id)
        .outerjoin(StockLocation, StockLocation.id == Stock.location_id)
        .where(Product.kind == "physical", Product.fulfilled_by == "label", Variant.is_active, *_chosen(asked))
    )
    if asked.sort.lstrip("-") == "free":
        query = query.order_by(FREE.nulls_last())
    order = (func.lower(Product.title), Product.id, Variant.position, StockLocation.position, Variant.id)
    return query.order_by(*order).limit(limit).offset(offset)


def _chosen(asked: Asked) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = [] if asked.get("archived") else [Product.state != "archived"]
    if place := asked.get("location"):
        chosen.append(StockLocation.name == place)
    if asked.get("low"):
        chosen.append(Stock.low_at.is_not(None) & (Stock.low_at >= FREE))
    if asked.get("none"):
        chosen.append(Stock.variant_id.is_(None))
    if wanted := asked.get("q").lower():
        in_title = matches(Product.folded, wanted)
        in_sku = func.strpos(func.lower(Variant.sku), wanted) > 0
        chosen.append(in_title | in_sku | (Variant.barcode == wanted))
    return chosen


def locations(session: Session) -> list[StockLocation]:
    """Where things lie, in order."""
    query = select(StockLocation).where(StockLocation.is_active)
    return list(session.scalars(query.order_by(StockLocation.position, StockLocation.name)))


def moves(variant_id: UUID, limit: int) -> Executable:
    """Why there are more or fewer of a variant, the newest first: the move, the place, who, and for which order."""
    return (
        select(StockMove, StockLocation.name.label("location"), Member.name.label("by"), Order.number.label("order"))
        .join(StockLocation, StockLocation.id == StockMove.location_id)
        .outerjoin(Member, Member.id == StockMove.moved_by)
        .outerjoin(Order, Order.id == StockMove.order_id)
        .where(StockMove.variant_id == variant_id)
        .order_by(StockMove.number.desc())
        .limit(limit)
    )


def by_sku(session: Session, skus: Collection[str]) -> dict[str, UUID]:
    """The variants of some SKUs, found in any case, by the SKU in small letters."""
    small = func.lower(Variant.sku)
    query = select(small, Variant.id).where(small.in_([sku.lower() for sku in skus]))
    return {sku: key for sku, key in session.execute(query)}  # noqa: C416


def on_hand_at(session: Session, variants: Collection[UUID], location_id: UUID) -> dict[UUID, int]:
    """How many of some variants lie at a place."""
    query = select(Stock.variant_id, Stock.on_hand).where(Stock.variant_id.in_(variants))
    return {key: count for key, count in session.execute(query.where(Stock.location_id == location_id))}  # noqa: C416
