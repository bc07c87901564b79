"""What machines read of a shop: which pages there are, what is new, and the pictures that other sites show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from litestar import Response, get
from litestar.params import FromPath
from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from app.catalog.models import Release
from app.kernel.db import tenant_read
from app.kernel.errors import NotFound
from app.kernel.web.realm import Realm, realm_of, tenant_of
from app.roster.models import Artist
from app.storefront.models import Product, StorePage
from app.storefront.pages import music
from app.storefront.pages.routes import shop_get
from app.storefront.pages.shopper import AnyRequest, Shopper, shopper_in, shopper_of
from app.storefront.pages.texts import read
from app.storefront.queries import goods, texts
from app.storefront.queries import music as queries
from app.storefront.rules.slugs import slug
from app.storefront.service.shop import shop_of

PER_SITEMAP = 2_000
"""Addresses of one map, before languages: each stands there once for every language (sitemaps.org allows 50,000)."""

NEW = 30
FOR_A_WHILE = {"cache-control": "public, max-age=300"}
ROBOTS = """User-agent: *
Disallow: /portal/
Disallow: /artist/
Disallow: /files/
Disallow: /stream/
Disallow: /embed/
Disallow: /*/account
Disallow: /*/basket
Disallow: /*/checkout
Disallow: /*/orders/
Disallow: /*/search
Disallow: /*/pay/
Disallow: /*?market=
Disallow: /*?country=
"""


@get("/robots.txt", sync_to_thread=True)
def robots(request: AnyRequest) -> Response[str]:
    """Say what may be read by whom; while no shop is open, nothing."""
    if not shop_of(tenant_of(request)).is_open:
        return Response("User-agent: *\nDisallow: /\n", media_type="text/plain", headers=FOR_A_WHILE)
    text = f"{ROBOTS}\nSitemap: {realm_of(request).origin}/sitemap.xml\n"
    return Response(text, media_type="text/plain", headers=FOR_A_WHILE)


@get("/sitemap.xml", sync_to_thread=True)
def sitemap_index(request: AnyRequest) -> Response[str]:
    """Show which maps there are (sitemaps.org)."""
    realm, shopper = realm_of(request), _anybody(request)
    with tenant_read(shopper.tenant) as session:
        count = session.scalar(select(func.count()).select_from(_addresses(shopper).subquery())) or 0
    maps = range(1, -(-(count + len(_places(shopper))) // PER_SITEMAP) + 1)
    lines = "".join(f"<sitemap><loc>{realm.origin}/sitemaps/{number}.xml</loc></sitemap>" for number in maps)
    body = f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{lines}</sitemapindex>'
    return _xml(body, "application/xml")


@get("/sitemaps/{name:str}", sync_to_thread=True)
def sitemap(request: AnyRequest, name: FromPath[str]) -> Response[str]:
    """Show one map: every page in every language, and each with the others."""
    realm, shopper, number = realm_of(request), _anybody(request), name.removesuffix(".xml")
    if (
        not name.endswith(".xml")
        or not number.isascii()
        or not number.isdigit()
        or not 1 <= int(number[:6]) == int(number)
    ):
        raise NotFound
    places, offset = _places(shopper), (int(number) - 1) * PER_SITEMAP
    listed = [(place, "") for place in places[offset : offset + PER_SITEMAP]]
    with tenant_read(shopper.tenant) as session:
        listed += _listed(session, shopper, max(0, offset - len(places)), PER_SITEMAP - len(listed))
    if not listed:
        raise NotFound
    lines = "".join(line for path, changed in listed for line in _urls(realm, shopper, path, changed))
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'
    return _xml(f"<urlset {space}>{lines}</urlset>", "application/xml")


def _anybody(request: AnyRequest) -> Shopper:
    """A machine reads as somebody at the label's home."""
    tenant = tenant_of(request)
    shop = shop_of(tenant)
    if not shop.is_open:
        raise NotFound
    return shopper_in(request, shop.languages(tenant)[0])


def _places(shopper: Shopper) -> list[str]:
    more = [f"/{place}" for place in ("merch", "journal") if place in shopper.shop.has]
    legal = [f"/legal/{name}" for name, _ in shopper.shop.legal]
    return ["", "/releases", "/artists", *more, *(f"/pages/{name}" for name in shopper.shop.titles), *legal]


def _addresses(shopper: Shopper) -> Any:
    """Every page that a row stands behind: what it is, its id, how it is called, when it changed."""
    here = music.here(shopper)
    release = select(literal("releases").label("place"), Release.id, Release.title.label("name"), Release.updated_at)
    artist = queries.artists(here).with_only_columns(literal("artists"), Artist.id, Artist.name, Artist.updated_at)
    thing = select(literal("merch"), Product.id, Product.slug, Product.updated_at).where(
        *goods.on_sale(), goods.merch()
    )
    post = select(literal("journal"), StorePage.id, StorePage.slug, StorePage.updated_at)
    return union_all(
        release.where(*queries.shown(here)),
        artist,
        thing,
        post.where(StorePage.kind == "post", StorePage.published_at <= func.now()),
    )


def _listed(session: Session, shopper: Shopper, offset: int, limit: int) -> list[tuple[str, str]]:
    found = _addresses(shopper).subquery()
    rows = session.execute(select(found).order_by(found.c.place, found.c.id).offset(offset).limit(limit)).all()
    by_id = {"releases", "artists"}
    return [
        (
            f"/{row.place}/{slug(row.name, row.id) if row.place in by_id else row.name}",
            row.updated_at.date().isoformat(),
        )
        for row in rows
    ]


def _urls(realm: Realm, shopper: Shopper, path: str, changed: str) -> Iterator[str]:
    spelled = {tongue: escape(f"{realm.origin}/{tongue}{quote(path)}") for tongue in shopper.languages}
    others = "".join(
        f'<xhtml:link rel="alternate" hreflang="{tongue}" href="{address}"/>' for tongue, address in spelled.items()
    )
    when = f"<lastmod>{changed}</lastmod>" if changed else ""
    for address in spelled.values():
        yield f"<url><loc>{address}</loc>{when}{others}</url>"


@shop_get("/feed.xml")
def feed(request: AnyRequest) -> Response[str]:
    """Tell what is new, releases and posts together (RFC 4287)."""
    shopper, origin = shopper_of(request), realm_of(request).origin
    with tenant_read(shopper.tenant) as session:
        cards = session.execute(queries.cards(music.here(shopper)).order_by(*queries.NEWEST).limit(NEW)).all()
        posts = list(session.scalars(texts.posts().limit(NEW)))
    entries = [
        (
            row.id,
            f"{music.title_of(row, shopper)} · {row.artist_line}",
            music.release_href(shopper, row),
            row.updated_at,
            "",
        )
        for row in cards
    ]
    for row in posts:
        told = read(shopper, row)
        entries.append((row.id, told["title"], told["href"], row.updated_at, str(told["body"])))
    entries.sort(key=lambda entry: entry[3], reverse=True)
    return _xml(_atom(shopper, origin, entries), "application/atom+xml")


def _atom(shopper: Shopper, origin: str, entries: list[tuple[Any, ...]]) -> str:
    home = f"{origin}{shopper.root}"
    latest = entries[0][3].isoformat() if entries else "1970-01-01T00:00:00+00:00"
    lines = "".join(
        f"<entry><id>urn:uuid:{key}</id><title>{escape(title)}</title><link href={quoteattr(origin + quote(href))}/>"
        f"<updated>{changed.isoformat()}</updated>"
        + (f'<content type="html">{escape(body)}</content>' if body else "")
        + "</entry>"
        for key, title, href, changed, body in entries
    )
    name = escape(shopper.tenant.name)
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{shopper.language}"><id>{escape(home)}/feed.xml</id>'
        f"<title>{name}</title><author><name>{name}</name></author><updated>{latest}</updated>"
        f'<link rel="self" href="{escape(home)}/feed.xml"/><link href="{escape(home)}"/>{lines}</feed>'
    )


def _xml(body: str, media_type: str) -> Response[str]:
    text = "".join(letter for letter in body if letter >= " " or letter in "\t\n")
    content = f'<?xml version="1.0" encoding="utf-8"?>\n{text}'
    return Response(content, media_type=media_type, headers=FOR_A_WHILE)


handlers = [robots, sitemap_index, sitemap, feed]
