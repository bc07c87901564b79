"""The shop in the label's portal: what it sells, to whom, where, and how it does."""

from __future__ import annotations

from typing import Any, Final

from app.kernel.sentences import sentence
from app.kernel.web import shell
from app.kernel.web.shell import Action, Place
from app.storefront.pages.portal import (
    around,
    customers,
    differences,
    discounts,
    front,
    markets,
    menus,
    order,
    orders,
    overview,
    previews,
    printing,
    product,
    products,
    refunds,
    stock,
    taxes,
    texts,
)
from app.storefront.queries import (
    choices,  # noqa: F401  registers what can be chosen by name
    figures,  # noqa: F401  tells the label of its shop
)

WHOLE: Final[dict[str, Any]] = {"group": "fans", "permission": "store.view", "whole": True}
shell.add(
    Place(sentence("Shop"), around.STORE, "store", order=10, keys="g w", **WHOLE),
    Place(sentence("Orders"), around.ORDERS, "receipt", order=11, keys="g o", **WHOLE),
    Place(sentence("Products"), around.PRODUCTS, "tag", order=12, keys="g g", **WHOLE),
    Place(sentence("Stock"), around.STOCK, "package", order=13, keys="g q", **WHOLE),
    Place(sentence("Customers"), around.CUSTOMERS, "users", order=14, keys="g n", **WHOLE),
    Place(sentence("Discounts"), around.DISCOUNTS, "percent", order=15, keys="g d", **WHOLE),
    Place(sentence("Pages"), around.TEXTS, "file-text", order=16, keys="g j", **WHOLE),
    Place(
        sentence("Markets of the shop"),
        around.MARKETS,
        "globe",
        group="settings",
        section="shop",
        order=27,
        hint=sentence("Countries, prices, sending and taxes, and where the shop sends from"),
        permission="store.view",
        whole=True,
    ),
    Action(sentence("Add a product"), f"{around.PRODUCTS}#add-product", "tag", permission="store.edit"),
    Action(sentence("Send what was ordered"), f"{around.ORDERS}?send=open", "truck", permission="store.edit"),
)

PARTS = (
    overview,
    orders,
    refunds,
    order,
    products,
    product,
    stock,
    customers,
    discounts,
    markets,
    taxes,
    printing,
    menus,
    front,
    texts,
    differences,
    previews,
)
handlers = [handler for part in PARTS for handler in part.handlers]
__all__ = ["handlers"]
