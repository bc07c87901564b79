"""The shop's pages, for fans and in the portal."""

from __future__ import annotations

from typing import Any

from app.storefront.pages import front, hooks, portal, sandbox

handlers: list[Any] = [*front.handlers, *hooks.handlers, *sandbox.handlers, *portal.handlers]
__all__ = ["handlers"]
