"""The shop in the label's portal: what it sells, to whom, where, and how it does."""

from __future__ import annotations

from app.kernel.sentences import sentence
from app.kernel.web import shell
from app.kernel.web.shell import Action, Place
from app.storefront.pages.portal import (
    around,
    customers,
    discounts,
    markets,
    menus,
    order,
    orders,
    overview,
    product,
    products,
    refunds,
    stock,
    taxes,
    texts,
)
from app.storefront.queries import choices  # noqa: F401  registers what can be chosen by name

VIEW = "store.view"
shell.add(
    Place(sentence("Shop"), around.STORE, "store", group="fans", order=10, keys="g w", permission=VIEW, whole=True),
    Place(sentence("Orders"), around.ORDERS, "receipt", group="fans", order=11, keys="g o", permission=VIEW, whole=True),
    Place(sentence("Products"), around.PRODUCTS, "tag", group="fans", order=12, keys="g g", permission=VIEW, whole=True),
    Place(sentence("Stock"), around.STOCK, "package", group="fans", order=13, keys="g q", permission=VIEW, whole=True),
    Place(sentence("Customers"), around.CUSTOMERS, "users", group="fans", order=14, keys="g n", permission=VIEW, whole=True),
    Place(sentence("Discounts"), around.DISCOUNTS, "percent", group="fans", order=15, keys="g d", permission=VIEW, whole=True),
    Place(sentence("Pages"), around.TEXTS, "file-text", group="fans", order=16, keys="g j", permission=VIEW, whole=True),
    Place(sentence("Markets"), around.MARKETS, "globe", group="fans", order=17, keys="g z", permission=VIEW, whole=True),
    Action(sentence("Add a product"), f"{around.PRODUCTS}#add-product", "tag", permission="store.edit"),
    Action(sentence("Send what was ordered"), f"{around.ORDERS}?send=open", "truck", permission="store.edit"),
)  # fmt: skip

PARTS = (overview, orders, refunds, order, products, product, stock, customers, discounts, markets, taxes, menus, texts)
handlers = [handler for part in PARTS for handler in part.handlers]
__all__ = ["handlers"]
