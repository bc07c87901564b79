"""A release's player in other sites' pages: the only page that may stand in a frame, and it keeps nothing there."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from litestar import Response, get
from litestar.params import FromPath

from app.kernel.db import tenant_read
from app.kernel.errors import NotFound
from app.kernel.web.headers import content_policy
from app.kernel.web.languages import choose
from app.kernel.web.pages import render
from app.kernel.web.realm import realm_of, tenant_of
from app.storefront.pages import music
from app.storefront.pages.pictures import picture
from app.storefront.pages.release import release_named
from app.storefront.pages.shopper import AnyRequest, Shopper, shopper_in
from app.storefront.service.shop import shop_of

EMBEDDED = re.compile(r"/([A-Za-z-]{2,7})/releases/([^/]{9,120})")
WIDTH, HEIGHT = 640, 420
OPEN = {"access-control-allow-origin": "*", "cache-control": "public, max-age=300"}


@get("/embed/releases/{name:str}", sync_to_thread=True)
def embed(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Show a player of a release by itself, for a frame in any site."""
    realm, shopper = realm_of(request), _shopper(request)
    with tenant_read(shopper.tenant) as session:
        found = release_named(session, shopper, name)
    release = found.row.Release
    facts = {
        "shopper": shopper,
        "root": shopper.root,
        "title": music.title_of(release, shopper),
        "by": release.artist_line,
        "cover": picture(release.artwork, most=320),
        "address": f"{realm.origin}{shopper.root}/releases/{quote(found.slug)}",
        "sound": f"{shopper.root}/releases/{found.slug}/sounds",
        "tracks": [
            track
            | {"title": music.titled(track["title"], track["titles"], shopper), "length": music.lasting(track["ms"])}
            for track in found.tracks
        ],
    }
    policy = content_policy(realm.nonce, framed_by="*").decode()
    headers = {
        "content-security-policy": policy,
        "x-frame-options": "ALLOWALL",
        "cross-origin-resource-policy": "cross-origin",
        "cache-control": "private, no-store",
        "x-robots-tag": "noindex",
        "content-language": shopper.language,
    }
    content = render("store/embed.html", realm, **facts).encode()
    return Response(content, media_type="text/html", headers=headers)


@get("/oembed", sync_to_thread=True)
def oembed(request: AnyRequest) -> Response[Any]:
    """Tell another site how to show a release of ours (oembed.com, 2.3.4)."""
    realm, tenant = realm_of(request), tenant_of(request)
    address = urlsplit(request.query_params.get("url", "")[:500])
    found = EMBEDDED.fullmatch(unquote(address.path))
    is_ours = f"{address.scheme}://{address.netloc}" == realm.origin
    if not is_ours or found is None or found[1] not in shop_of(tenant).languages(tenant):
        raise NotFound
    shopper = shopper_in(request, found[1])
    with tenant_read(tenant) as session:
        one = release_named(session, shopper, found[2])
    release, title = one.row.Release, music.title_of(one.row.Release, shopper)
    source = f"{realm.origin}/embed/releases/{quote(one.slug)}?language={found[1]}"
    cover = picture(release.artwork, most=640)
    document: dict[str, Any] = {
        "version": "1.0",
        "type": "rich",
        "provider_name": tenant.name,
        "provider_url": realm.origin,
        "title": title,
        "author_name": release.artist_line,
        "width": WIDTH,
        "height": HEIGHT,
        "html": render("store/_frame_of.html", realm, source=source, title=title).strip(),
    }
    if cover is not None:
        document |= {"thumbnail_url": realm.origin + cover.src, "thumbnail_width": 640, "thumbnail_height": 640}
    return Response(document, headers=OPEN)


def _shopper(request: AnyRequest) -> Shopper:
    """Who looks into a frame: in the language that it was put there in."""
    tenant = tenant_of(request)
    offered = shop_of(tenant).languages(tenant)
    wanted = request.query_params.get("language", "")
    return shopper_in(
        request, wanted if wanted in offered else choose(request.headers.get("accept-language", ""), offered)
    )


handlers = [embed, oembed]
