"""Pages as linked data (schema.org), for search engines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from app.kernel.money import exponent, from_micros
from app.storefront.pages import music
from app.storefront.pages.shopper import Shopper
from app.storefront.rules.meta import spelled
from app.storefront.service.offers import Offer

CONTEXT = "https://schema.org"
KINDS = {"album": "AlbumRelease", "ep": "EPRelease", "single": "SingleRelease"}


def release(origin: str, shopper: Shopper, found: Any, facts: dict[str, Any]) -> tuple[Markup, ...]:
    """A release: the album, its recordings, and what it is offered for."""
    row = found.row.Release
    address = f"{origin}{shopper.root}/releases/{quote(found.slug)}"
    by = [{"@type": "MusicGroup", "name": one["name"], "url": origin + quote(one["href"])} for one in facts["by"]]
    album: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "MusicAlbum",
        "@id": address,
        "url": address,
        "name": facts["title"],
        "byArtist": by,
        "albumReleaseType": KINDS.get(row.kind, "AlbumRelease"),
        "numTracks": len(found.tracks),
        "track": [
            {
                "@type": "MusicRecording",
                "position": track["place"],
                "name": track["title"],
                "url": f"{address}#t{track['place']}",
                "duration": music.as_iso(track["ms"]),
            }
            | ({"isrcCode": track["isrc"]} if track["isrc"] else {})
            for track in facts["tracks"]
        ],
        "offers": [offer(one, address, facts["product_title"](one.product)) for one in facts["formats"]],
    }
    known = {
        "genre": row.genre,
        "datePublished": row.release_date,
        "gtin": row.upc,
        "catalogNumber": row.catalog_number,
    }
    album |= {name: value for name, value in known.items() if value}
    if facts["cover"]:
        album["image"] = origin + facts["cover"].src
    crumbs = [(facts["title"], address)]
    if facts["by"]:
        crumbs.insert(0, (facts["by"][0]["name"], by[0]["url"]))
    return spelled(album), breadcrumbs(origin, shopper, [*crumbs])


def product(
    origin: str, shopper: Shopper, title: str, address: str, sold: Sequence[Offer], image: str
) -> tuple[Markup, ...]:
    """A thing of the shop."""
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "Product",
        "url": address,
        "name": title,
        "brand": {"@type": "Brand", "name": shopper.tenant.name},
        "offers": [offer(one, address, one.variant.title or title) for one in sold],
    }
    if image:
        document["image"] = origin + image
    return spelled(document), breadcrumbs(origin, shopper, [(title, address)])


def artist(origin: str, name: str, address: str, links: Sequence[str], image: str) -> tuple[Markup, ...]:
    """An act."""
    document: dict[str, Any] = {"@context": CONTEXT, "@type": "MusicGroup", "url": address, "name": name}
    if links:
        document["sameAs"] = list(links)
    if image:
        document["image"] = origin + image
    return (spelled(document),)


def offer(one: Offer, address: str, name: str) -> dict[str, Any]:
    """What something costs, and whether it is to be had."""
    state = "PreOrder" if one.is_preorder else "InStock" if one.is_there else "SoldOut"
    return {
        "@type": "Offer",
        "name": name,
        "url": address,
        "sku": one.variant.sku,
        "price": f"{from_micros(one.micros):.{exponent(one.currency)}f}",
        "priceCurrency": one.currency,
        "availability": f"{CONTEXT}/{state}",
    }


def breadcrumbs(origin: str, shopper: Shopper, steps: Sequence[tuple[str, str]]) -> Markup:
    """The way from the front page."""
    whole = [(shopper.tenant.name, f"{origin}{shopper.root}"), *steps]
    items = [
        {"@type": "ListItem", "position": place, "name": name, "item": address}
        for place, (name, address) in enumerate(whole, 1)
    ]
    return spelled({"@context": CONTEXT, "@type": "BreadcrumbList", "itemListElement": items})
