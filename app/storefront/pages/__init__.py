"""The shop's pages, for fans and in the portal."""

from __future__ import annotations

from typing import Any

from app.storefront.pages import hooks, sandbox

handlers: list[Any] = [*hooks.handlers, *sandbox.handlers]
__all__ = ["handlers"]
