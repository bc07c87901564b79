"""What pages, browsers and other sites load of a label's brand; nobody has to be signed in."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from app.brand.errors import AssetUnknown, ThemeUnknown
from app.brand.rules.paper import ICONS
from app.brand.service import asset_bytes, drawn, live_theme, stylesheet
from app.brand.service.drawing import CARD
from app.kernel import ids
from app.kernel.errors import NotFound
from app.kernel.web.realm import tenant_of

FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}
FOR_A_WHILE = {"cache-control": "public, max-age=300"}
STILL = {"content-security-policy": "default-src 'none'; sandbox"}
"""A drawing that is opened by itself is no page of ours."""


def _named(name: str, ending: str) -> str:
    """A file's name without its ending; what ends otherwise is not here."""
    if not name.endswith(ending):
        raise NotFound
    return name.removesuffix(ending)


@get("/theme/{name:str}", sync_to_thread=True)
def theme_css(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[str]:
    """The tokens of one of this label's themes, under the hash of what they were made from."""
    if not name.endswith(".css"):
        raise ThemeUnknown
    css = stylesheet(tenant_of(request), name.removesuffix(".css"))
    return Response(css, media_type="text/css", headers=FOR_EVER)


@get("/theme/logos/{asset_id:str}", sync_to_thread=True)
def logo(request: Request[Any, Any, Any], asset_id: FromPath[str]) -> Response[bytes]:
    """One of the label's logos."""
    body, media_type = asset_bytes(tenant_of(request), ids.parse_uuid(asset_id))
    return Response(body, media_type=media_type, headers=FOR_EVER | STILL)


@get("/theme/fonts/{name:str}", sync_to_thread=True)
def own_font(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """A font that the label brought."""
    if not name.endswith(".woff2"):
        raise AssetUnknown
    body, media_type = asset_bytes(tenant_of(request), ids.parse_uuid(name.removesuffix(".woff2")), fonts=True)
    return Response(body, media_type=media_type, headers=FOR_EVER)


@get("/manifest.webmanifest", sync_to_thread=True)
def manifest(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What a phone needs to know to keep the label's pages as an app."""
    tenant = tenant_of(request)
    theme = live_theme(tenant)
    colours = theme.flat[theme.flat["scheme"]]
    icons: list[dict[str, str]] = [{"src": "/favicon.svg", "type": "image/svg+xml", "sizes": "any", "purpose": "any"}]
    for size in ("192", "512"):
        icon = {"src": f"/icons/{size}.png", "type": "image/png", "sizes": f"{size}x{size}"}
        icons += [icon | {"purpose": purpose} for purpose in ("any", "maskable")]
    document = {
        "name": theme.legal_name or tenant.name,
        "short_name": tenant.name[:30],
        "id": "/",
        "start_url": "/",
        "display": "standalone",
        "theme_color": colours["bg"],
        "background_color": colours["bg"],
        "icons": icons,
    }
    return Response(msgspec.json.encode(document), media_type="application/manifest+json", headers=FOR_A_WHILE)


@get("/favicon.svg", sync_to_thread=True)
def favicon(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The small icon: the label's mark or first letter on its colour."""
    tenant = tenant_of(request)
    body = drawn(tenant, live_theme(tenant), "favicon")
    return Response(body, media_type="image/svg+xml", headers=FOR_A_WHILE | STILL)


@get("/icons/{name:str}", sync_to_thread=True)
def icon(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """An icon for a launcher; only sizes that are in use are drawn."""
    wanted = _named(name, ".png")
    if wanted not in ICONS:
        raise NotFound
    tenant = tenant_of(request)
    return Response(drawn(tenant, live_theme(tenant), wanted), media_type="image/png", headers=FOR_A_WHILE)


@get("/og.png", sync_to_thread=True)
def card(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The picture that other sites show for this label."""
    tenant = tenant_of(request)
    headers = FOR_A_WHILE | {"cross-origin-resource-policy": "cross-origin"}
    return Response(drawn(tenant, live_theme(tenant), CARD), media_type="image/png", headers=headers)


handlers = [theme_css, logo, own_font, manifest, favicon, icon, card]
