"""Doors to the shop, for the label's people; the shop is the whole label's, so a narrowed member has none of it."""

from __future__ import annotations

from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, false, true
from sqlalchemy.orm import Session

from app.identity.errors import OutOfScope
from app.identity.policies import Visitor, require
from app.identity.rules.permissions import Permission
from app.kernel.errors import NotFound
from app.storefront.models import (
    Discount,
    Fulfilment,
    GatewayDifference,
    Market,
    Order,
    Product,
    StockLocation,
    StorePage,
    StoreSettings,
    TaxRate,
    TaxRegistration,
    Variant,
)
from app.storefront.rules.portal_refusals import (
    DifferenceUnknown,
    FulfilmentUnknown,
    ShopMissing,
    TaxEntryUnknown,
    TextUnknown,
)
from app.storefront.rules.refusals import (
    DiscountUnknown,
    LocationUnknown,
    MarketUnknown,
    OrderUnknown,
    ProductUnknown,
)

_Row = TypeVar("_Row", Product, Order, Market, Discount, StockLocation)
_UNKNOWN: Final[dict[type, type[NotFound]]] = {
    Product: ProductUnknown, Order: OrderUnknown, Market: MarketUnknown, Discount: DiscountUnknown,
    StockLocation: LocationUnknown,
}  # fmt: skip


def require_shop(visitor: Visitor, permission: Permission = "store.view") -> None:
    """Refuse who lacks a permission for the label's shop."""
    require(visitor, permission)
    if not visitor.scope.is_whole:
        raise OutOfScope


def may_see_store(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of the shop a visitor sees: all or none."""
    return true() if "store.view" in visitor.permissions and visitor.scope.is_whole else false()


def product_to_read(session: Session, visitor: Visitor, product_id: UUID | None) -> Product:
    """A product that the visitor may look at."""
    return _found(session, visitor, Product, product_id)


def product_to_change(session: Session, visitor: Visitor, product_id: UUID | None) -> Product:
    """The same, locked, for somebody who runs the shop."""
    return _found(session, visitor, Product, product_id, is_changed=True)


def order_to_read(session: Session, visitor: Visitor, order_id: UUID | None) -> Order:
    """An order that the visitor may look at."""
    return _found(session, visitor, Order, order_id)


def order_to_change(session: Session, visitor: Visitor, order_id: UUID | None) -> Order:
    """The same, locked, for somebody who runs the shop."""
    return _found(session, visitor, Order, order_id, is_changed=True)


def market_to_read(session: Session, visitor: Visitor, market_id: UUID | None) -> Market:
    """A market that the visitor may look at."""
    return _found(session, visitor, Market, market_id)


def market_to_change(session: Session, visitor: Visitor, market_id: UUID | None) -> Market:
    """The same, locked, for somebody who runs the shop."""
    return _found(session, visitor, Market, market_id, is_changed=True)


def discount_to_read(session: Session, visitor: Visitor, discount_id: UUID | None) -> Discount:
    """A discount that the visitor may look at."""
    return _found(session, visitor, Discount, discount_id)


def discount_to_change(session: Session, visitor: Visitor, discount_id: UUID | None) -> Discount:
    """The same, locked, for somebody who runs the shop."""
    return _found(session, visitor, Discount, discount_id, is_changed=True)


def location_to_change(session: Session, visitor: Visitor, location_id: UUID | None) -> StockLocation:
    """A place where stock lies, locked, for somebody who runs the shop."""
    return _found(session, visitor, StockLocation, location_id, is_changed=True)


def _found(
    session: Session, visitor: Visitor, model: type[_Row], key: UUID | None, *, is_changed: bool = False
) -> _Row:
    require_shop(visitor, "store.view")
    found = session.get(model, key, with_for_update=is_changed or None, populate_existing=is_changed) if key else None
    if found is None:
        raise _UNKNOWN[model]
    if is_changed:
        require_shop(visitor, "store.edit")
    return found


def parcel_to_change(session: Session, order: Order, parcel_id: UUID | None) -> Fulfilment:
    """A parcel of an order that the visitor may change, locked."""
    found = session.get(Fulfilment, parcel_id, with_for_update=True, populate_existing=True) if parcel_id else None
    if found is None or found.order_id != order.id:
        raise FulfilmentUnknown
    return found


def text_to_read(session: Session, visitor: Visitor, page_id: UUID | None) -> StorePage:
    """A page of the shop's own that the visitor may look at."""
    require_shop(visitor)
    found = session.get(StorePage, page_id) if page_id else None
    if found is None:
        raise TextUnknown
    return found


def text_to_change(session: Session, visitor: Visitor, page_id: UUID | None) -> StorePage:
    """The same, locked, for somebody who runs the shop."""
    found = text_to_read(session, visitor, page_id)
    require_shop(visitor, "store.edit")
    return session.get_one(StorePage, found.id, with_for_update=True, populate_existing=True)


def difference_to_settle(session: Session, visitor: Visitor, key: UUID | None) -> GatewayDifference:
    """A difference with the payment service that nobody has settled yet, locked, for somebody who runs the shop."""
    require_shop(visitor, "store.edit")
    found = session.get(GatewayDifference, key, with_for_update=True, populate_existing=True) if key else None
    if found is None or found.resolved_at is not None:
        raise DifferenceUnknown
    return found


def settings_to_read(session: Session, visitor: Visitor) -> StoreSettings:
    """How the shop stands, where there is one."""
    require_shop(visitor)
    found = session.get(StoreSettings, 1)
    if found is None:
        raise ShopMissing
    return found


def settings_to_change(session: Session, visitor: Visitor) -> StoreSettings:
    """The same, locked, for somebody who runs the shop."""
    settings_to_read(session, visitor)
    require_shop(visitor, "store.edit")
    return session.get_one(StoreSettings, 1, with_for_update=True, populate_existing=True)


def variant_to_read(session: Session, visitor: Visitor, variant_id: UUID | None) -> Variant:
    """A variant that the visitor may look at."""
    require_shop(visitor)
    found = session.get(Variant, variant_id) if variant_id else None
    if found is None:
        raise ProductUnknown
    return found


def variant_to_change(session: Session, visitor: Visitor, variant_id: UUID | None) -> Variant:
    """The same, for somebody who runs the shop."""
    found = variant_to_read(session, visitor, variant_id)
    require_shop(visitor, "store.edit")
    return found


def registration_to_change(session: Session, visitor: Visitor, key: UUID | None) -> TaxRegistration:
    """Where the label collects tax, locked, for somebody who runs the shop."""
    require_shop(visitor, "store.edit")
    found = session.get(TaxRegistration, key, with_for_update=True) if key else None
    if found is None:
        raise TaxEntryUnknown
    return found


def own_rate_to_change(session: Session, visitor: Visitor, key: UUID | None) -> TaxRate:
    """A tax rate of the label's own, locked, for somebody who runs the shop."""
    require_shop(visitor, "store.edit")
    found = session.get(TaxRate, key, with_for_update=True) if key else None
    if found is None:
        raise TaxEntryUnknown
    return found
