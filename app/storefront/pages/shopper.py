"""Who visits a shop: in which language, in which market; and the frame around what they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.core import Locale
from litestar import Request, Response
from litestar.datastructures import Cookie

from app.brand.service import live_theme
from app.kernel import clock
from app.kernel.db import current
from app.kernel.errors import NotFound
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.languages import region, spoken_name
from app.kernel.web.page_cache import LONGEST_SECONDS, Key, pages
from app.kernel.web.pages import render
from app.kernel.web.realm import Realm, realm_of, tenant_of
from app.storefront.rules import ways
from app.storefront.rules.meta import Meta
from app.storefront.service.markets import MarketView, market_of
from app.storefront.service.shop import Entry, Shop, shop_of

AnyRequest = Request[Any, Any, Any]
YEAR_SECONDS = 365 * 24 * 3600
MARKET, COUNTRY, COUNT = "market", "country", "basket-count"
HTML = "text/html"
NOT_KEPT = {"cache-control": "private, no-store"}


@dataclass(frozen=True)
class Shopper:
    """Who looks at a page: nobody by name, somebody in a country, reading a language."""

    tenant: Tenant
    shop: Shop
    language: str
    market: MarketView
    country: str

    @property
    def root(self) -> str:
        """Where the shop begins in this language."""
        return f"/{self.language}"

    @property
    def languages(self) -> tuple[str, ...]:
        """Every language that this page can be read in."""
        return self.shop.languages(self.tenant)

    def said(self, texts: dict[str, str]) -> str:
        """A text of the label's in the reader's language, or the next best."""
        return ways.said(texts, self.language, self.tenant.languages)[0]

    def name_of(self, market: MarketView) -> str:
        """What a market is called here."""
        return ways.named(market.name, market.names, self.language)


def shopper_of(request: AnyRequest) -> Shopper:
    """The visitor of an open shop's page; its address says the language. Not found where no shop is open."""
    return shopper_in(request, str(request.path_params.get("language", "")))


def shopper_in(request: AnyRequest, language: str, *, of_closed: bool = False) -> Shopper:
    """The same, where something else than the address says the language; `of_closed` for who looks before it opens."""
    tenant, realm = tenant_of(request), realm_of(request)
    shop = shop_of(tenant)
    if not (shop.is_open or (of_closed and shop.markets)) or language not in shop.languages(tenant):
        raise NotFound
    realm.speak(language)
    market, country = _place_of(realm, request, shop)
    shopper = Shopper(tenant, shop, language, market, country)
    realm.facts["shopper"] = shopper
    return shopper


def _place_of(realm: Realm, request: AnyRequest, shop: Shop) -> tuple[MarketView, str]:
    """Which market somebody is in, and which country: as they chose, else as their browser says, else the label's."""
    open_ones = [market for market in shop.markets if market.is_open] or list(shop.markets)
    cookies = realm.facts.get("cookies", {})
    country = ways.country(cookies.get(COUNTRY))
    chosen = next((market for market in open_ones if market.key == cookies.get(MARKET)), None)
    if chosen is not None:
        fits = country if country and market_of(open_ones, country).key == chosen.key else None
        return chosen, fits or _country_in(chosen, shop)
    country = country or region(request.headers.get("accept-language", "")) or shop.ships_from
    return market_of(open_ones, country), country


def _country_in(market: MarketView, shop: Shop) -> str:
    if shop.ships_from in market.countries or not market.countries:
        return shop.ships_from
    return market.countries[0]


def place_cookie(name: str, value: str) -> Cookie:
    """A choice that a browser keeps; nothing secret stands in it."""
    secure = current().settings.boptone_env != "development"
    return Cookie(key=name, value=value, path="/", max_age=YEAR_SECONDS, secure=secure, samesite="lax")


def count_cookie(count: int) -> Cookie:
    """How much lies in the basket, for the pages' head, which is the same for everybody: a script reads it there."""
    return place_cookie(COUNT, str(count))


def shop_page(
    request: AnyRequest, template: str, shopper: Shopper, *, status: int = 200, keep: bool = False, **values: Any
) -> Response[bytes]:
    """A page in the shop's frame. With `keep` it is the same for everybody in this market and is kept until news."""
    realm = realm_of(request)
    content = render(template, realm, **(around(request, shopper) | values)).encode()
    headers = dict(NOT_KEPT)
    if keep and status == 200:
        headers = _kept(realm, content, values.get("kept_seconds", LONGEST_SECONDS))
    headers |= {"content-language": shopper.language}
    cookies = [] if keep else flash.spent(realm)
    return Response(content, media_type=HTML, status_code=status, headers=headers, cookies=cookies)


def _kept(realm: Realm, content: bytes, seconds: float) -> dict[str, str]:
    key: Key | None = realm.facts.get("page_key")
    headers = {"cache-control": "private, no-cache", "vary": "Accept-Language, Cookie"}
    theme = realm.facts.get("theme")
    if key is None or theme is None or theme.is_preview:
        return headers
    kept = [(b"cache-control", b"private, no-cache"), (b"vary", b"Accept-Encoding, Accept-Language, Cookie")]
    kept += [(b"content-language", realm.language.encode()), (b"content-type", f"{HTML}; charset=utf-8".encode())]
    tag = pages.keep(
        key,
        content,
        kept,
        nonce=realm.nonce,
        generation=realm.facts["page_generation"],
        seconds=_until_midnight(realm, seconds),
    )
    return headers | {"etag": tag}


def _until_midnight(realm: Realm, seconds: float) -> float:
    """A day that begins brings releases out."""
    now = clock.now().astimezone(ZoneInfo(realm.tenant.time_zone if realm.tenant else "UTC"))
    left = 86_400 - (now.hour * 3_600 + now.minute * 60 + now.second)
    return min(seconds, left)


def around(request: AnyRequest, shopper: Shopper) -> dict[str, Any]:
    """What the frame shows: where one is, where one may go, what one may choose."""
    realm, shop = realm_of(request), shopper.shop
    whole: str = request.scope["path"]
    path = whole.removeprefix(shopper.root).rstrip("/")
    theme = realm.facts.get("theme") or live_theme(shopper.tenant)
    return {
        "shopper": shopper,
        "root": shopper.root,
        "path": path,
        "origin": realm.origin,
        "canonical": f"{realm.origin}{quote(whole)}",
        "tongues": [(each, spoken_name(each), f"/{each}{quote(path)}") for each in shopper.languages],
        "markets": [market for market in shop.markets if market.is_open],
        "head": _menu(shop, shopper, shop.head),
        "foot": _menu(shop, shopper, shop.foot) if shop.foot else [],
        "legal": [(shopper.said(titles), f"{shopper.root}/legal/{slug}") for slug, titles in shop.legal],
        "rtl": Locale.parse(shopper.language, sep="-").text_direction == "rtl",
        "layout": theme.layout,
        "meta": Meta(),
    }


def _menu(shop: Shop, shopper: Shopper, entries: tuple[Entry, ...]) -> list[dict[str, Any]]:
    """Ways in the reader's language; where the label made no menu, the usual places that have something."""
    if not entries:
        usual = [place for place in ways.USUAL if place in ("releases", "artists") or place in shop.has]
        entries = tuple(Entry({}, place) for place in usual)
    found = []
    for entry in entries:
        kind, _, slug = entry.target.partition(":")
        if entry.target in ways.PLACES:
            path, name = ways.PLACES[entry.target]
            found.append({"href": shopper.root + path, "own": shopper.said(entry.names), "name": name, "out": False})
        elif kind == "page" and slug in shop.titles:
            name = shopper.said(entry.names) or shopper.said(shop.titles[slug])
            found.append({"href": f"{shopper.root}/pages/{slug}", "own": name, "name": "", "out": False})
        elif ways.is_elsewhere(entry.target):
            found.append(
                {"href": entry.target, "own": shopper.said(entry.names) or entry.target, "name": "", "out": True}
            )
    return found
