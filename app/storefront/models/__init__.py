"""The tables of the shop."""

from __future__ import annotations

from app.storefront.models.markets import (
    MOMENT,
    Market,
    MenuEntry,
    ShippingRate,
    StorePage,
    StoreSettings,
    TaxRate,
    TaxRegistration,
)
from app.storefront.models.memberships import Membership, MembershipRenewal
from app.storefront.models.orders import (
    ORDER_STATES,
    Basket,
    BasketLine,
    Fulfilment,
    FulfilmentLine,
    Order,
    OrderLine,
    Owned,
)
from app.storefront.models.payments import Dispute, Payment, Refund, StoreEvent, StoreSale
from app.storefront.models.printing import PrintedVariant, PrinterLink
from app.storefront.models.products import (
    BundlePart,
    Discount,
    DownloadCode,
    Product,
    Stock,
    StockLocation,
    StockMove,
    Variant,
    VariantPrice,
    Wish,
)
from app.storefront.models.sandbox import GatewayCheck, GatewayDifference, SandboxBack, SandboxCharge

__all__ = [
    "MOMENT", "ORDER_STATES", "Basket", "BasketLine", "BundlePart", "Discount", "Dispute", "DownloadCode",
    "Fulfilment", "FulfilmentLine", "GatewayCheck", "GatewayDifference", "Market", "Membership", "MembershipRenewal",
    "MenuEntry", "Order", "OrderLine", "Owned", "Payment", "PrintedVariant", "PrinterLink", "Product", "Refund",
    "SandboxBack", "SandboxCharge", "ShippingRate", "Stock", "StockLocation", "StockMove", "StoreEvent", "StorePage",
    "StoreSale", "StoreSettings", "TaxRate", "TaxRegistration", "Variant", "VariantPrice", "Wish",
]  # fmt: skip
