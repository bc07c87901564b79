"""Lists of the shop, and of what everybody did."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Select, Text, cast, func, select

from app.api.queries.listing import Form, Listing, own
from app.identity.service import news
from app.kernel.activity import Activity
from app.storefront.models import Market, Order, Product, Stock, StockLocation, Variant
from app.storefront.queries.customers import everybody

_ORDER: dict[str, tuple[Any, Form]] = {
    **own(Order, id="text", number="int", state="text"),
    "market": (Market.key, "text"),
    **own(
        Order, language="text", country="text", region="text", currency="text", items_micros="int",
        discount_micros="int", shipping_micros="int", tax_micros="int", shipping_tax_micros="int",
        tax_included="flag", total_micros="int", refunded_micros="int", placed_at="moment", paid_at="moment",
        ended_at="moment",
    ),
}  # fmt: skip

_PRODUCT = own(
    Product, id="text", kind="text", slug="text", title="text", state="text", release_id="text", recording_id="text",
    artist_id="text", tax_class="text", on_sale_from="moment", ships_on="day", sold="int", fulfilled_by="text",
    created_at="moment", updated_at="moment",
)  # fmt: skip
_VARIANT: dict[str, tuple[Any, Form]] = {
    "product_id": (Product.id, "text"),
    "product": (Product.title, "text"),
    **own(
        Variant, id="text", sku="text", title="text", barcode="text", price_micros="int", was_micros="int",
        cost_micros="int", grams="int", is_active="flag",
    ),
}  # fmt: skip
_STOCK: dict[str, tuple[Any, Form]] = {
    "sku": (Variant.sku, "text"),
    **own(Stock, on_hand="int", reserved="int", low_at="int"),
    "free": (Stock.on_hand - Stock.reserved, "int"),
    "location_id": (Stock.location_id, "text"),
    "location": (StockLocation.name, "text"),
    "product": (Product.title, "text"),
    "variant": (Variant.title, "text"),
    "variant_id": (Stock.variant_id, "text"),
}
_EVERYBODY = everybody()
_BY_CURRENCY = (
    select(Order.email, Order.currency, func.sum(Order.total_micros - Order.refunded_micros).label("micros"))
    .where(Order.email.is_not(None), Order.paid_at.is_not(None))
    .group_by(Order.email, Order.currency)
    .subquery()
)
_SPENT = (
    select(_BY_CURRENCY.c.email, func.jsonb_object_agg(_BY_CURRENCY.c.currency, _BY_CURRENCY.c.micros).label("spent"))
    .group_by(_BY_CURRENCY.c.email)
    .subquery()
)
_CUSTOMER: dict[str, tuple[Any, Form]] = {
    "email": (_EVERYBODY.c.email, "text"),
    "name": (_EVERYBODY.c.name, "text"),
    "country": (_EVERYBODY.c.country, "text"),
    "is_fan": (_EVERYBODY.c.is_fan, "flag"),
    "orders": (_EVERYBODY.c.orders, "int"),
    "spent_micros": (func.coalesce(cast(_SPENT.c.spent, Text), "{}"), "text"),
    "seen_at": (_EVERYBODY.c.seen, "moment"),
}
_ACTIVITY: dict[str, tuple[Any, Form]] = {
    **own(
        Activity, id="text", at="moment", action="text", actor_kind="text", actor_id="text", actor_name="text",
        on_behalf_of="text", client_id="text", subject_type="text", subject_id="text",
    ),
    "before": (cast(Activity.before, Text), "text"),
    "after": (cast(Activity.after, Text), "text"),
    "request_id": (Activity.request_id, "text"),
}  # fmt: skip


def _of_products(query: Select[Any]) -> Select[Any]:
    return query.join(Product, Product.id == Variant.product_id)


def _of_variants(query: Select[Any]) -> Select[Any]:
    query = query.join(Variant, Variant.id == Stock.variant_id).join(Product, Product.id == Variant.product_id)
    return query.join(StockLocation, StockLocation.id == Stock.location_id)


SHOP: Final[dict[str, Listing]] = {
    "orders": Listing(
        "store.view",
        Order,
        (Order.id,),
        _ORDER,
        join=lambda query: query.join(Market, Market.id == Order.market_id),
        since=Order.placed_at,
        of={"market_id": Order.market_id},
    ),
    "products": Listing(
        "store.view", Product, (Product.id,), _PRODUCT, since=Product.updated_at, of={"release_id": Product.release_id}
    ),
    "variants": Listing("store.view", Variant, (Variant.id,), _VARIANT, join=_of_products),
    "stock": Listing("store.view", Stock, (Stock.variant_id, Stock.location_id), _STOCK, join=_of_variants),
    "customers": Listing(
        "store.view",
        _EVERYBODY,
        (_EVERYBODY.c.email,),
        _CUSTOMER,
        join=lambda query: query.outerjoin(_SPENT, _SPENT.c.email == _EVERYBODY.c.email),
        since=_EVERYBODY.c.seen,
    ),
    "activity": Listing(
        "activity.export", Activity, (Activity.id,), _ACTIVITY, visible=news.may_see, since=Activity.at
    ),
}
"""Of an order no name, address or mail is among them: those are read one by one."""
