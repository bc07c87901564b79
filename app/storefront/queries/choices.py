"""Products' variants to choose from by name."""

from __future__ import annotations

from sqlalchemy import Select, Text, cast, func, or_, select

from app.identity.policies import Visitor, allows
from app.kernel.collation import as_sorted
from app.roster.queries.choices import CHOICES, SHOWN
from app.storefront.models import Product, Variant


def variants(visitor: Visitor, wanted: str, keys: list[str]) -> Select[str, str, str]:
    """Variants that can lie in a bundle, by id, with their number; none for who may not see the shop."""
    name = func.concat_ws(" · ", Product.title, func.nullif(Variant.title, ""))
    query = select(cast(Variant.id, Text), name, Variant.sku).join(Product, Product.id == Variant.product_id)
    query = query.where(Product.kind.in_(("digital", "physical")), Product.state != "archived", Variant.is_active)
    if not (allows(visitor, "store.view") and visitor.scope.is_whole):
        return query.where(Variant.id.is_(None))
    if keys:
        return query.where(cast(Variant.id, Text).in_(keys))
    said = wanted.lower()
    fitting = or_(func.strpos(func.lower(Product.title), said) > 0, func.strpos(func.lower(Variant.sku), said) > 0)
    return query.where(fitting).order_by(as_sorted(Product.title), Variant.position, Variant.id).limit(SHOWN)


CHOICES["variants"] = variants


def products(visitor: Visitor, wanted: str, keys: list[str]) -> Select[str, str, str]:
    """Products that are not archived, by id; none for who may not see the shop."""
    return _products(visitor, wanted, keys)


def downloads(visitor: Visitor, wanted: str, keys: list[str]) -> Select[str, str, str]:
    """The same, of downloads alone."""
    return _products(visitor, wanted, keys).where(Product.kind == "digital")


def _products(visitor: Visitor, wanted: str, keys: list[str]) -> Select[str, str, str]:
    query = select(cast(Product.id, Text), Product.title, Product.kind).where(Product.state != "archived")
    if not (allows(visitor, "store.view") and visitor.scope.is_whole):
        return query.where(Product.id.is_(None))
    if keys:
        return query.where(cast(Product.id, Text).in_(keys))
    fitting = func.strpos(func.lower(Product.title), wanted.lower()) > 0
    return query.where(fitting).order_by(as_sorted(Product.title), Product.id).limit(SHOWN)


CHOICES["products"] = products
CHOICES["downloads"] = downloads
