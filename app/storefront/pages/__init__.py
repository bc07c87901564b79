"""The shop's pages, for fans and in the portal."""

from __future__ import annotations

from app.storefront.pages import account, basket, checkout, front, order

handlers = [*front.handlers, *account.handlers, *basket.handlers, *checkout.handlers, *order.handlers]
__all__ = ["handlers"]
