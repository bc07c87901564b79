"""The shop's pages, for fans and in the portal."""

from __future__ import annotations

from app.storefront.pages import (
    account,
    artist,
    cards,
    crawled,
    embeds,
    front,
    lists,
    pictures,
    release,
    shelves,
    sounds,
    texts,
)
from app.storefront.pages.routes import nowhere

handlers = [
    *front.handlers,
    *lists.handlers,
    *release.handlers,
    *sounds.handlers,
    *artist.handlers,
    *shelves.handlers,
    *texts.handlers,
    *pictures.handlers,
    *cards.handlers,
    *embeds.handlers,
    *crawled.handlers,
    *account.handlers,
]
__all__ = ["handlers", "nowhere"]
