"""The shop's pages, for fans and in the portal."""

from __future__ import annotations

from typing import Any

from app.storefront.pages import hooks, receipt, sandbox

handlers: list[Any] = [*hooks.handlers, *receipt.handlers, *sandbox.handlers]
__all__ = ["handlers"]
