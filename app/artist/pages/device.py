"""What makes the pages an app on a device: its manifest, its worker, and the page for when there is no connection."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Any

import msgspec
from litestar import Response, get

from app.artist.pages.frame import TABS
from app.artist.rules.tasks import APP
from app.brand.service import LiveTheme, live_theme
from app.identity.pages import AnyRequest, SignedOut, visitor_of
from app.kernel.errors import NotFound, Refusal
from app.kernel.sentences import sentence
from app.kernel.web import assets, own_words
from app.kernel.web.languages import direction
from app.kernel.web.pages import page, told
from app.kernel.web.realm import realm_of, tenant_of

MANIFEST, WORKER, OFFLINE = f"{APP}/manifest.webmanifest", f"{APP}/sw.js", f"{APP}/offline"
FOR_A_WHILE = {"cache-control": "public, max-age=300"}
AT_ONCE = {"cache-control": "no-cache", "service-worker-allowed": APP}
"""Browsers look at the worker anew at each visit, and let it serve the app's first page, which lies above it."""

DESCRIPTION = sentence("Your music, your money and your contracts.")
own_words.offer(DESCRIPTION)
SHORTCUTS = 4


@get(MANIFEST, sync_to_thread=True)
def manifest(request: AnyRequest) -> Response[bytes]:
    """What a phone needs to keep the app; it is asked for without cookies, so it is the label's and nobody's own."""
    tenant, realm = tenant_of(request), realm_of(request)
    theme = live_theme(tenant)
    colours = theme.flat[theme.flat["scheme"]]
    document = {
        "id": APP,
        "start_url": APP,
        "scope": APP,
        "display": "standalone",
        "name": theme.legal_name or tenant.name,
        "short_name": tenant.name[:30],
        "description": told(realm, DESCRIPTION),
        "lang": realm.language,
        "dir": direction(realm.language),
        "categories": ["music", "business"],
        "orientation": "any",
        "theme_color": colours["bg"],
        "background_color": colours["bg"],
        "icons": list(_icons()),
        "shortcuts": [{"name": told(realm, tab.name), "url": tab.href} for tab in TABS if tab.href != APP][:SHORTCUTS],
    }
    headers = FOR_A_WHILE | {"vary": "Accept-Language"}
    return Response(msgspec.json.encode(document), media_type="application/manifest+json", headers=headers)


def _icons() -> list[dict[str, str]]:
    icons = [{"src": "/favicon.svg", "type": "image/svg+xml", "sizes": "any", "purpose": "any"}]
    for size in ("192", "512"):
        icon = {"src": f"/icons/{size}.png", "type": "image/png", "sizes": f"{size}x{size}"}
        icons += [icon | {"purpose": purpose} for purpose in ("any", "maskable")]
    return icons


@get(WORKER, sync_to_thread=True)
def worker(request: AnyRequest) -> Response[bytes]:
    """The worker of this label's app: another front end or another look makes it another worker."""
    script = assets.entry("artist-worker").script
    found = assets.find(script.removeprefix("/assets/"), "")
    if found is None:
        raise NotFound
    shell = _shell(live_theme(tenant_of(request)))
    body = f"self.SHELL = {msgspec.json.encode(shell).decode()};\n".encode() + found.content
    return Response(body, media_type="text/javascript; charset=utf-8", headers=AT_ONCE)


def _shell(theme: LiveTheme) -> str:
    """A name for all that the frame is made of."""
    front = assets.entry("artist-home")
    parts: list[Any] = [*front.sheets, front.script, theme.stylesheet, sorted(theme.fonts)]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


@get(OFFLINE, sync_to_thread=True)
def offline(request: AnyRequest) -> Response[str]:
    """Say that there is no connection; the worker keeps this page and everything that it is drawn with."""
    with suppress(SignedOut, Refusal):  # whoever is known reads it in their language
        visitor_of(request)
    realm_of(request).facts |= {"surface": "artist", "acting": None}
    return page("artist/offline.html", realm_of(request), tabs=TABS, here="", exactly=OFFLINE, unread=0)


handlers = [manifest, worker, offline]
