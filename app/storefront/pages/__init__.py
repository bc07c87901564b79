"""The shop's pages, for fans and in the portal."""

from __future__ import annotations

from typing import Any

from app.storefront.pages import account, basket, checkout, front, hooks, order, sandbox

handlers: list[Any] = [
    *front.handlers,
    *basket.handlers,
    *checkout.handlers,
    *sandbox.handlers,
    *order.handlers,
    *account.handlers,
    *hooks.handlers,
]
__all__ = ["handlers"]
