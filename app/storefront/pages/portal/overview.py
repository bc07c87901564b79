"""How the shop does: sales against the time before, what sells best, and what waits for somebody."""

from __future__ import annotations

from typing import Any, NamedTuple

from litestar import Response, get, post
from litestar.params import URLEncodedBody
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.db import tenant_read, tenant_work
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.realm import realm_of
from app.lists.rules import asked_of
from app.storefront.gateways import gateways
from app.storefront.models import Product, StoreSettings
from app.storefront.pages.portal.around import STORE, AnyRequest, one, store_page, today_of, visitor_for
from app.storefront.policies import settings_to_change
from app.storefront.queries import orders, selling
from app.storefront.queries.products import unsold_releases
from app.storefront.queries.selling import Sold
from app.storefront.service import arranging, comparing, markets, offering

PERIODS = {1: sentence("Today"), 7: sentence("7 days"), 28: sentence("28 days"), 90: sentence("90 days")}
NOT_PAID = sentence("The shop is open, and only what is free can be ordered: nothing can be paid here yet.")
USUAL_DAYS = 28
SHOWN = 6
WIDTH, HEIGHT, GAP = 900, 120, 0.22


class Column(NamedTuple):
    """A day's column in the drawing, in its units."""

    x: float
    y: float
    width: float
    height: float
    kind: str


@get(STORE, sync_to_thread=True)
def overview(request: AnyRequest) -> Response[str]:
    """Show how the shop does; where there is none yet, how it begins."""
    _, tenant = visitor_for(request)
    asked = asked_of(request.url.query)
    with tenant_read(tenant) as session:
        settings = session.get(StoreSettings, 1)
        if settings is None:
            releases = len(unsold_releases(session))
            return store_page(request, "opening", STORE, releases=releases, can_be_paid=_can_be_paid())
        told = _told(session, tenant, one(asked, "days"), one(asked, "currency"))
    return store_page(request, "overview", STORE, settings=settings, language=realm_of(request).language, **told)


def _told(session: Session, tenant: Tenant, days_asked: str, currency_asked: str) -> dict[str, Any]:
    days = int(days_asked) if days_asked.isdecimal() and len(days_asked) < 4 else USUAL_DAYS
    days = days if days in PERIODS else USUAL_DAYS
    today = today_of(tenant)
    found = selling.sold(session, today, days, tenant.time_zone) or [Sold(tenant.currency)]
    sold = next((each for each in found if each.currency == currency_asked), found[0])
    products = session.execute(
        select(func.count(), func.count().filter(Product.state == "live")).where(Product.state != "archived")
    ).one()
    return {
        "periods": PERIODS,
        "days": days,
        "sold": sold,
        "currencies": [each.currency for each in found],
        "columns": columns(sold),
        "tops": selling.top_products(session, sold.currency, today, days, SHOWN),
        "waiting": selling.waiting(session),
        "to_send": orders.to_send(session, SHOWN),
        "prefix": session.get_one(StoreSettings, 1).order_prefix,
        "can_be_paid": _can_be_paid(),
        "low": selling.low_stock(session, SHOWN),
        "growth": selling.growth,
        "products": products,
        "unsold": len(unsold_releases(session)),
        "differing": len(comparing.open_differences(session)),
    }


def _can_be_paid() -> bool:
    """Whether there is somebody here who takes money from buyers."""
    return bool(gateways.reachable())


def columns(sold: Sold) -> list[Column]:
    """The days of a stretch as a drawing; one that brought less than nothing stands under the line."""
    if not sold.days:
        return []
    most, step = selling.longest(sold.days), WIDTH / len(sold.days)
    found = []
    for place, day in enumerate(sold.days):
        height = max(abs(day.gross_micros) / most * HEIGHT, 1.5)
        kind = "below" if day.gross_micros < 0 else "" if day.gross_micros else "quiet"
        height = min(height, HEIGHT)
        found.append(
            Column(round(place * step + step * GAP / 2, 2), HEIGHT - height, round(step * (1 - GAP), 2), height, kind)
        )
    return found


@post(f"{STORE}/opening", sync_to_thread=True)
def begin(request: AnyRequest) -> Response[Any]:
    """Make a shop and open it: the usual markets, and a download of each release that is out."""
    visitor, tenant = visitor_for(request, "store.edit")
    with tenant_work(tenant) as session:
        markets.open_shop(session, visitor.actor, tenant)
        offering.offer_releases(session, tenant, visitor.actor)
    said = sentence("Your shop is open. Look at it, and set your own prices.") if _can_be_paid() else NOT_PAID
    return flash.done(STORE, tenant, said)


@post(f"{STORE}/releases", sync_to_thread=True)
def offer_releases(request: AnyRequest) -> Response[Any]:
    """Make a download of each release that is out and has none."""
    visitor, tenant = visitor_for(request, "store.edit")
    with tenant_work(tenant) as session:
        markets.open_shop(session, visitor.actor, tenant)
        offering.offer_releases(session, tenant, visitor.actor)
    return flash.done(STORE, tenant, sentence("Each release that is out can be bought now."))


@post(f"{STORE}/state", sync_to_thread=True)
def set_state(request: AnyRequest, data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Open the shop for orders, or close it; pages stay to be looked at."""
    visitor, tenant = visitor_for(request, "store.edit")
    is_open = one(data, "open") == "1"
    with tenant_work(tenant) as session:
        settings_to_change(session, visitor)
        arranging.set_open(session, visitor.actor, is_open=is_open)
    opened = sentence("The shop is open.") if _can_be_paid() else NOT_PAID
    said = opened if is_open else sentence("The shop is closed: it takes no orders.")
    return flash.done(STORE, tenant, said)


handlers = [overview, begin, offer_releases, set_state]
