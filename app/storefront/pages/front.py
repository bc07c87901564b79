"""The front page: sections in the order that the label chose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from litestar import Response
from sqlalchemy.orm import Session

from app.brand.pages.looking import theme_of
from app.kernel.collation import as_sorted
from app.kernel.db import tenant_read
from app.kernel.web.realm import realm_of
from app.roster.models import Artist
from app.storefront.models import Product
from app.storefront.pages import music
from app.storefront.pages.routes import shop_get
from app.storefront.pages.shelves import product_cards
from app.storefront.pages.shopper import AnyRequest, Shopper, shop_page, shopper_of
from app.storefront.pages.texts import read
from app.storefront.queries import goods, texts
from app.storefront.queries import music as queries
from app.storefront.rules import prose
from app.storefront.rules import sections as rules
from app.storefront.rules.meta import Meta


@shop_get("")
def front(request: AnyRequest) -> Response[Any]:
    """Show what the label wants to be seen first."""
    shopper = shopper_of(request)
    theme = theme_of(realm_of(request), shopper.tenant)
    shown = sections_of(shopper, theme.front)
    return shop_page(
        request, "store/front.html", shopper, keep=True, sections=shown, meta=Meta(title=shopper.tenant.name)
    )


def sections_of(shopper: Shopper, wanted: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """These sections with what they show here, without those that have nothing; the usual where none are wanted."""
    asked = list(wanted or shopper.shop.sections or rules.usual())
    has_hero = any(section["kind"] == "hero" for section in asked)
    found = []
    with tenant_read(shopper.tenant) as session:
        for section in asked:
            make = SECTIONS.get(str(section.get("kind")))
            shown = make(session, shopper, section | {"skip": int(has_hero)}) if make else None
            if shown:
                found.append({"kind": section["kind"], "title": shopper.said(_texts(section, "titles")), **shown})
    return found


def _texts(section: dict[str, Any], name: str) -> dict[str, str]:
    held = section.get(name)
    return held if isinstance(held, dict) else {}


def _count(section: dict[str, Any], usual: int) -> int:
    held = section.get("count")
    return min(rules.MOST, held) if isinstance(held, int) and held > 0 else usual


def _hero(session: Session, shopper: Shopper, _section: dict[str, Any]) -> dict[str, Any] | None:
    newest = music.cards(session, shopper, queries.cards(music.here(shopper)).order_by(*queries.NEWEST).limit(1))
    return {"card": newest[0]} if newest else None


def _releases(session: Session, shopper: Shopper, section: dict[str, Any]) -> dict[str, Any] | None:
    """The newest; where a hero shows the first of them, those after it."""
    found = queries.cards(music.here(shopper)).order_by(*queries.NEWEST)
    cards = music.cards(session, shopper, found.offset(section["skip"]).limit(_count(section, 8)))
    return {"cards": cards} if cards else None


def _artists(session: Session, shopper: Shopper, section: dict[str, Any]) -> dict[str, Any] | None:
    listed = queries.artists(music.here(shopper)).order_by(as_sorted(Artist.sort_name), Artist.id)
    cards = music.people(session, shopper, listed.limit(_count(section, 4)))
    return {"cards": cards} if cards else None


def _merch(session: Session, shopper: Shopper, section: dict[str, Any]) -> dict[str, Any] | None:
    if "merch" not in shopper.shop.has:
        return None
    wanted = goods.product_ids(goods.merch()).limit(_count(section, 4)).scalar_subquery()
    cards = product_cards(session, shopper, Product.id.in_(wanted))
    return {"cards": cards} if cards else None


def _journal(session: Session, shopper: Shopper, section: dict[str, Any]) -> dict[str, Any] | None:
    if "journal" not in shopper.shop.has:
        return None
    rows = session.scalars(texts.posts().limit(_count(section, 3)))
    return {"posts": [read(shopper, row) for row in rows]}


def _text(_session: Session, shopper: Shopper, section: dict[str, Any]) -> dict[str, Any] | None:
    body = shopper.said(_texts(section, "bodies"))
    return {"body": prose.shown(body)} if body else None


SECTIONS: dict[str, Callable[[Session, Shopper, dict[str, Any]], dict[str, Any] | None]] = {
    "hero": _hero,
    "releases": _releases,
    "artists": _artists,
    "merch": _merch,
    "journal": _journal,
    "text": _text,
}
"""What a front page can be made of, by kind."""

handlers = [front]
