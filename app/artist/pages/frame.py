"""The frame of the app: tabs within a thumb's reach, what is new, and what of a page a device may keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response

from app.artist.queries import news
from app.artist.rules.tasks import APP
from app.identity.pages import AnyRequest, visitor_of
from app.identity.policies import Visitor
from app.kernel import crypto
from app.kernel.db import tenant_read
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant, TenantState
from app.kernel.web import own_words
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of

SEEN_BY, KEEP = "x-seen-by", "x-keep"
"""Whose page it is, by a name that says nothing about them; and that the worker may keep it for them.

Every page is `no-store` for browsers and whatever lies between. The copies that the app shows without a connection
are its worker's own, of the pages that say so here, for one member at a time; whoever leaves takes them along.
"""


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab; it is also where its children belong."""

    name: str
    href: str
    icon: str
    children: tuple[str, ...] = ()


TABS = (
    Tab(sentence("Home"), APP, "house"),
    Tab(sentence("Releases"), f"{APP}/releases", "disc-3"),
    Tab(sentence("Money"), f"{APP}/money", "banknote", (f"{APP}/statements",)),
    Tab(sentence("Contracts"), f"{APP}/contracts", "file-text", (f"{APP}/splits",)),
    Tab(sentence("You"), f"{APP}/me", "user", (f"{APP}/team",)),
)
own_words.offer(*(tab.name for tab in TABS))


def visitor_here(request: AnyRequest) -> Visitor:
    """Who is signed in; from here on the page is one of the app's."""
    realm_of(request).facts["surface"] = "artist"
    return visitor_of(request)


def app_page(
    request: AnyRequest, template: str, visitor: Visitor, *, keep: bool = False, **values: Any
) -> Response[str]:
    """A page of the app; with `keep`, the device may show it again when there is no connection."""
    response = page(template, realm_of(request), **around(request, visitor), **values)
    return seen(response, tenant_of(request), visitor, keep=keep)


def seen(response: Response[Any], tenant: Tenant, visitor: Visitor, *, keep: bool = False) -> Response[Any]:
    """An answer that says whose it is."""
    response.headers[SEEN_BY] = crypto.fingerprint(tenant, f"artist-app:{visitor.member.id}")[:32]
    if keep and visitor.acting is None:
        response.headers[KEEP] = "1"
    return response


def around(request: AnyRequest, visitor: Visitor) -> dict[str, Any]:
    """What the frame shows."""
    tenant, path = tenant_of(request), request.url.path
    with tenant_read(tenant) as session:
        unread = news.count_unread(session, visitor)
    return {
        "tabs": TABS,
        "here": _tab_of(path),
        "exactly": path,
        "unread": unread,
        "suspended": tenant.state is TenantState.SUSPENDED,
        "me": visitor.member,
    }


def _tab_of(path: str) -> str:
    """The tab that a page belongs to: the one with the longest address that it lies under."""
    known = {address: tab.href for tab in TABS for address in (tab.href, *tab.children)}
    under = [address for address in known if path == address or (address != APP and path.startswith(f"{address}/"))]
    return known[max(under, key=len)] if under else ""
