"""The frame of the app: tabs within a thumb's reach, what is new, and where one is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response

from app.artist.queries import news
from app.artist.rules.tasks import APP
from app.identity.pages import AnyRequest, seen
from app.identity.policies import Visitor
from app.kernel.db import tenant_read
from app.kernel.sentences import sentence
from app.kernel.tenant import TenantState
from app.kernel.web import own_words
from app.kernel.web.pages import frame, page
from app.kernel.web.realm import Realm, realm_of, tenant_of


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


def app_page(
    request: AnyRequest, template: str, visitor: Visitor, *, keep: bool = False, **values: Any
) -> Response[str]:
    """A page of the app; with `keep`, the device may show it again when there is no connection."""
    response = page(template, realm_of(request), **around(request), **values)
    return seen(response, tenant_of(request), visitor, keep=keep)


def around(request: AnyRequest) -> dict[str, Any]:
    """Where in the app a page stands."""
    return {"here": _tab_of(request.url.path), "exactly": request.url.path}


@frame
def app_frame(realm: Realm) -> dict[str, Any]:
    """What is around every page of the app, those of payouts and tax among them."""
    visitor: Visitor | None = realm.facts.get("visitor")
    if realm.facts.get("surface") != "artist" or visitor is None or realm.tenant is None:
        return {}
    with tenant_read(realm.tenant) as session:
        unread = news.count_unread(session, visitor)
    is_suspended = realm.tenant.state is TenantState.SUSPENDED
    return {"tabs": TABS, "here": "", "exactly": "", "unread": unread, "suspended": is_suspended, "me": visitor.member}


def _tab_of(path: str) -> str:
    """The tab that a page belongs to: the one with the longest address that it lies under."""
    known = {address: tab.href for tab in TABS for address in (tab.href, *tab.children)}
    under = [address for address in known if path == address or (address != APP and path.startswith(f"{address}/"))]
    return known[max(under, key=len)] if under else ""
