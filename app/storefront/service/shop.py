"""What every page of a shop needs to know of it: whether it is open, its markets, its menus."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import exists, literal, select, union_all
from sqlalchemy.orm import Session

from app.kernel.db import tenant_read
from app.kernel.tenant import Tenant
from app.kernel.web.languages import LANGUAGES, SOURCE
from app.kernel.web.page_cache import pages
from app.storefront.models import MenuEntry, Product, StorePage, StoreSettings
from app.storefront.service.markets import MarketView, markets


class Entry(msgspec.Struct, frozen=True):
    """A way that a menu leads."""

    names: dict[str, str]
    target: str


class Shop(msgspec.Struct, frozen=True):
    """A label's shop as it stands."""

    is_open: bool = False
    ships_from: str = ""
    facts: dict[str, Any] = {}
    sections: tuple[dict[str, Any], ...] = ()
    markets: tuple[MarketView, ...] = ()
    head: tuple[Entry, ...] = ()
    foot: tuple[Entry, ...] = ()
    legal: tuple[tuple[str, dict[str, str]], ...] = ()
    """Slugs and titles of its legal pages."""

    titles: dict[str, dict[str, str]] = {}
    """Of its other pages, by slug."""

    has: frozenset[str] = frozenset()
    """What there is to look at besides music: "merch", "journal"."""

    def languages(self, tenant: Tenant) -> tuple[str, ...]:
        """The languages that its pages are read in, the label's own first."""
        wanted = [*tenant.languages, *(language for market in self.markets for language in market.languages)]
        return tuple(dict.fromkeys(each for each in wanted if each in LANGUAGES)) or (SOURCE,)


def shop_of(tenant: Tenant) -> Shop:
    """The shop of a label; closed where it has none. Asked for once in a generation of pages."""
    return pages.known(tenant, "shop", lambda: _read(tenant))


def _read(tenant: Tenant) -> Shop:
    with tenant_read(tenant) as session:
        settings = session.get(StoreSettings, 1)
        if settings is None:
            return Shop()
        entries = list(session.scalars(select(MenuEntry).order_by(MenuEntry.menu, MenuEntry.position)))
        menus = {
            menu: tuple(Entry(row.names, row.target) for row in entries if row.menu == menu)
            for menu in ("head", "foot")
        }
        legal, titles = _titles(session)
        found = tuple(markets(session))
        return Shop(
            is_open=settings.is_open and bool(found),
            ships_from=settings.ships_from,
            facts=settings.facts,
            sections=tuple(settings.sections),
            markets=found,
            head=menus["head"],
            foot=menus["foot"],
            legal=legal,
            titles=titles,
            has=_what_there_is(session),
        )


def _titles(session: Session) -> tuple[tuple[tuple[str, dict[str, str]], ...], dict[str, dict[str, str]]]:
    rows = session.execute(
        select(StorePage.kind, StorePage.slug, StorePage.titles)
        .where(StorePage.kind != "post", StorePage.published_at.is_not(None))
        .order_by(StorePage.slug)
    ).all()
    legal = tuple((slug, titles) for kind, slug, titles in rows if kind == "legal")
    return legal, {slug: titles for kind, slug, titles in rows if kind == "page"}


def _what_there_is(session: Session) -> frozenset[str]:
    goods = exists().where(Product.state == "live", Product.kind.in_(("physical", "bundle", "membership")))
    posts = exists().where(StorePage.kind == "post", StorePage.published_at.is_not(None))
    query = union_all(select(literal("merch")).where(goods), select(literal("journal")).where(posts))
    return frozenset(session.scalars(query))
