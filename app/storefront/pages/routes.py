"""Addresses of the shop's pages: each begins with the language that it is read in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from litestar import Response, get
from litestar.concurrency import sync_to_thread
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from app.kernel.errors import NotFound
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.refusals import handle, prefers_page
from app.storefront.pages.shopper import COUNTRY, MARKET, AnyRequest, place_cookie, shop_page, shopper_of
from app.storefront.rules import ways
from app.storefront.rules.meta import Meta
from app.storefront.service.shop import shop_of

LANGUAGE = "/{language:str}"


def lost(request: AnyRequest, problem: Exception) -> Response[Any]:
    """Say that there is nothing here, in the shop's frame and with a search where there is a shop."""
    realm = realm_of(request)
    if realm.tenant is None or not prefers_page(request.headers.get("accept", "")) or request.method != "GET":
        return handle(request, problem)
    try:
        shopper = realm.facts.get("shopper") or shopper_of(request)
    except NotFound:
        return handle(request, problem)
    return shop_page(request, "store/lost.html", shopper, status=404, meta=Meta(noindex=True))


def nowhere(request: AnyRequest, problem: Exception) -> Response[Any]:
    """The same for an address that no page has, if it begins as the shop's do."""
    realm, first = realm_of(request), request.url.path.split("/")[1]
    if realm.tenant is not None and first in shop_of(tenant_of(request)).languages(realm.tenant):
        request.scope["path_params"] = {"language": first}
        return lost(request, problem)
    return handle(request, problem)


def shop_get(path: str, **options: Any) -> Callable[[Callable[..., Any]], HTTPRouteHandler]:
    """A page of the shop at `path` behind the language; what it does not find is said in the shop's frame."""
    return get(
        LANGUAGE + path,
        sync_to_thread=True,
        exception_handlers={NotFound: lost},
        before_request=choose_first,
        **options,
    )


async def choose_first(request: AnyRequest) -> Response[Any] | None:
    """Where an address chooses a market, keep that and lead to the page itself."""
    if MARKET in request.query_params or COUNTRY in request.query_params:
        return await sync_to_thread(chosen, request)
    return None


def chosen(request: AnyRequest) -> Response[Any]:
    """Keep the market or country that an address chooses, and lead to the page itself."""
    query = request.query_params
    shop = shop_of(tenant_of(request))
    cookies = []
    if query.get(MARKET) in {market.key for market in shop.markets if market.is_open}:
        cookies = [place_cookie(MARKET, query[MARKET])]
    elif (country := ways.country(query.get(COUNTRY))) is not None:
        cookies = [place_cookie(COUNTRY, country), place_cookie(MARKET, "")]
    return Redirect(quote(request.scope["path"]), status_code=303, cookies=cookies)
