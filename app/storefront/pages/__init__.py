"""The shop's pages, for fans and in the portal."""

from __future__ import annotations

from app.storefront.pages import front

handlers = [*front.handlers]
__all__ = ["handlers"]
