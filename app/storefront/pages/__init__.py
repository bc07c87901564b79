"""The shop's pages, for fans and in the portal."""

from __future__ import annotations

from typing import Any

from app.storefront.pages import (
    account,
    artist,
    basket,
    cards,
    checkout,
    crawled,
    embeds,
    front,
    hooks,
    lists,
    memberships,
    order,
    pictures,
    portal,
    receipt,
    release,
    sandbox,
    shelves,
    sounds,
    texts,
)
from app.storefront.pages.routes import nowhere

handlers: list[Any] = [
    *front.handlers,
    *lists.handlers,
    *release.handlers,
    *sounds.handlers,
    *artist.handlers,
    *shelves.handlers,
    *texts.handlers,
    *basket.handlers,
    *checkout.handlers,
    *sandbox.handlers,
    *order.handlers,
    *receipt.handlers,
    *account.handlers,
    *memberships.handlers,
    *pictures.handlers,
    *cards.handlers,
    *embeds.handlers,
    *crawled.handlers,
    *hooks.handlers,
    *portal.handlers,
]
__all__ = ["handlers", "nowhere"]
