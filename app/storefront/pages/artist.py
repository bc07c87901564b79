"""The page of an artist."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Response
from litestar.params import FromPath
from litestar.response import Redirect

from app.kernel.db import tenant_read
from app.kernel.errors import NotFound
from app.kernel.web.realm import realm_of
from app.roster.models import Artist
from app.storefront.models import Product
from app.storefront.pages import linked, music
from app.storefront.pages.pictures import copies_of, portrait
from app.storefront.pages.routes import shop_get
from app.storefront.pages.shelves import product_cards
from app.storefront.pages.shopper import AnyRequest, Shopper, shop_page, shopper_of
from app.storefront.queries import goods
from app.storefront.queries import music as queries
from app.storefront.rules import ways
from app.storefront.rules.meta import Meta, shortened
from app.storefront.rules.slugs import digits, slug

MOST = 60


@shop_get("/artists/{name:str}")
def artist_page(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
    """Show an artist: who they are, what they made, and where else they are."""
    shopper, ending = shopper_of(request), digits(name)
    here = music.here(shopper)
    with tenant_read(shopper.tenant) as session:
        artist: Artist | None = session.scalar(queries.artist(ending, here)) if ending else None
        if artist is None:
            raise NotFound
        right = slug(artist.name, artist.id)
        if right != name:
            return Redirect(f"{shopper.root}/artists/{quote(right)}", status_code=301)
        made = queries.cards(here, queries.by_artist(artist.id)).order_by(*queries.NEWEST).limit(MOST)
        releases = music.cards(session, shopper, made)
        there = music.pictures_there(session, copies_of([artist.image_id])) if artist.image_id else set()
        things = product_cards(session, shopper, goods.merch(), Product.artist_id == artist.id)
    return _shown(request, shopper, artist, releases=releases, things=things, image=portrait(artist.image_id, there))


def _shown(request: AnyRequest, shopper: Shopper, artist: Artist, **facts: Any) -> Response[Any]:
    name, image = music.name_of(artist, shopper), facts["image"]
    said, tongue = ways.said(artist.biographies, shopper.language, shopper.tenant.languages)
    origin, links = realm_of(request).origin, [(urlsplit(link).hostname or link, link) for link in artist.links]
    address = f"{origin}{shopper.root}/artists/{quote(slug(artist.name, artist.id))}"
    documents = linked.artist(origin, name, address, artist.links, image.src if image else "")
    meta = Meta(title=name, description=shortened(said), kind="profile", facts=documents)
    facts["face"] = image or next((card["cover"] for card in facts["releases"] if card["cover"]), None)
    facts |= {"artist": artist, "name": name, "said": said, "tongue": tongue, "links": links}
    return shop_page(request, "store/artist.html", shopper, keep=True, meta=meta, **facts)


handlers = [artist_page]
