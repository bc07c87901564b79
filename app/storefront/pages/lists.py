"""Music and the people who make it, in lists; and the search through all of it."""

from __future__ import annotations

from typing import Any

from litestar import Response

from app.catalog.models import Release
from app.kernel.collation import as_sorted
from app.kernel.db import tenant_read
from app.kernel.errors import NotFound
from app.kernel.sentences import sentence
from app.kernel.web.strict import query
from app.roster.models import Artist
from app.roster.queries.search import forgive
from app.roster.rules import fold
from app.storefront.models import Product
from app.storefront.pages import music
from app.storefront.pages.routes import shop_get
from app.storefront.pages.shelves import product_cards
from app.storefront.pages.shopper import AnyRequest, shop_page, shopper_of
from app.storefront.pages.turning import PER_PAGE, turned
from app.storefront.queries import goods
from app.storefront.queries import music as queries
from app.storefront.rules.meta import Meta
from app.storefront.rules.slugs import digits

SORTS = {
    "newest": sentence("Newest first"), "oldest": sentence("Oldest first"), "title": sentence("By title"),
    "artist": sentence("By artist"),
}  # fmt: skip
FORMATS = {"digital": sentence("Download"), "physical": sentence("On vinyl, CD and more")}
LONGEST_SEARCH = 100
FOUND = 24


@shop_get("/releases")
def releases(request: AnyRequest) -> Response[Any]:
    """Show the label's music, all of it or what is asked for."""
    shopper, asked = shopper_of(request), query(request, "artist", "genre", "format", "sort", "page")
    chosen = {name: asked.get(name, "") for name in ("artist", "genre", "format", "sort")}
    if chosen["sort"] not in ("", *SORTS) or chosen["format"] not in ("", *FORMATS):
        raise NotFound
    here, also = music.here(shopper), _also(chosen)
    with tenant_read(shopper.tenant) as session:
        count = session.scalar(queries.counted(here, *also)) or 0
        page = turned(asked.get("page"), count, f"{shopper.root}/releases", chosen)
        found = queries.cards(here, *also).order_by(*queries.SORTS[chosen["sort"] or "newest"])
        cards = music.cards(session, shopper, found.offset(page.offset).limit(PER_PAGE))
        genres = list(session.scalars(queries.genres(here)))
    is_whole = not any(chosen.values()) and page.number == 1
    facts: dict[str, Any] = {
        "cards": cards,
        "page": page,
        "chosen": chosen,
        "genres": genres,
        "sorts": SORTS,
        "formats": FORMATS,
    }
    return shop_page(
        request, "store/releases.html", shopper, keep=count > 0, meta=Meta(noindex=any(chosen.values())), **facts,
        is_whole=is_whole,
    )  # fmt: skip


def _also(chosen: dict[str, str]) -> list[Any]:
    also: list[Any] = []
    if chosen["artist"]:
        ending = digits(chosen["artist"])
        if ending is None:
            raise NotFound
        also.append(queries.by_artist_named(ending))
    if chosen["genre"]:
        also.append(Release.genre == chosen["genre"])
    if chosen["format"]:
        also.append(queries.sold_as(queries.FORMATS[chosen["format"]]))
    return also


@shop_get("/artists")
def artists(request: AnyRequest) -> Response[Any]:
    """Show who the label works with."""
    shopper, asked = shopper_of(request), query(request, "page")
    here = music.here(shopper)
    with tenant_read(shopper.tenant) as session:
        count = session.scalar(queries.counted_artists(here)) or 0
        page = turned(asked.get("page"), count, f"{shopper.root}/artists")
        listed = (
            queries.artists(here).order_by(as_sorted(Artist.sort_name), Artist.id).offset(page.offset).limit(PER_PAGE)
        )
        cards = music.people(session, shopper, listed)
    return shop_page(request, "store/artists.html", shopper, keep=True, cards=cards, page=page)


@shop_get("/search")
def search(request: AnyRequest) -> Response[Any]:
    """Show what fits best; a slip of the finger is forgiven, accents and case are all one."""
    shopper, asked = shopper_of(request), query(request, "q")
    wanted = asked.get("q", "").strip()[:LONGEST_SEARCH]
    found: dict[str, Any] = {"releases": [], "artists": [], "goods": []}
    if fold(wanted):
        here = music.here(shopper)
        with tenant_read(shopper.tenant) as session:
            forgive(session)
            found["releases"] = music.cards(session, shopper, queries.found(wanted, here).limit(FOUND))
            found["artists"] = music.people(session, shopper, queries.found_artists(wanted, here).limit(FOUND))
            best = list(session.scalars(goods.found(wanted, FOUND)))
            cards = {card["id"]: card for card in product_cards(session, shopper, Product.id.in_(best))} if best else {}
            found["goods"] = [cards[key] for key in best if key in cards]
    return shop_page(request, "store/search.html", shopper, q=wanted, found=found, meta=Meta(noindex=True))


handlers = [releases, artists, search]
