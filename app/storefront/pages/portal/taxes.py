"""Where the label collects tax on its sales, under which numbers, and at which rates of its own."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contracts.rules.numbers import read_percent
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid, Refusal
from app.kernel.ids import parse_uuid
from app.kernel.money import AmountMalformed, exact
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.realm import realm_of
from app.storefront.models import TaxRate, TaxRegistration
from app.storefront.pages.portal.around import (
    MARKETS,
    AnyRequest,
    Sent,
    countries,
    day_of,
    one,
    store_page,
    today_of,
    visitor_for,
)
from app.storefront.policies import own_rate_to_change, registration_to_change, settings_to_change, settings_to_read
from app.storefront.rules.portal_refusals import NumberUnusable
from app.storefront.service import arranging
from app.storefront.service.arranging import NewRegistration, NewTaxRate

TAXES = f"{MARKETS}/taxes"
SCHEME_SENTENCES = {
    "domestic": sentence("In this country"),
    "oss": sentence("One stop for the European Union (OSS)"),
    "state": sentence("In a state of the United States, or a province"),
}
CLASS_SENTENCES = {"goods": sentence("Things that are sent"), "digital": sentence("Downloads and services")}
TYPED = (
    "scheme",
    "country",
    "region",
    "number",
    "starts_on",
    "rate_country",
    "rate_region",
    "tax_class",
    "name",
    "rate",
)


@get(TAXES, sync_to_thread=True)
def show(request: AnyRequest) -> Response[str]:
    """Show registrations and rates of the label's own."""
    return _page(request)


def _page(request: AnyRequest, refusal: Refusal | None = None, typed: dict[str, str] | None = None) -> Response[str]:
    visitor, tenant = visitor_for(request)
    with tenant_read(tenant) as session:
        settings_to_read(session, visitor)
        order = (TaxRegistration.country, TaxRegistration.region, TaxRegistration.scheme)
        registered = list(session.scalars(select(TaxRegistration).order_by(*order)))
        own = list(session.scalars(select(TaxRate).order_by(TaxRate.country, TaxRate.region, TaxRate.starts_on)))
    told = {"registered": registered, "own_rates": own, "typed": typed or {}, "today": today_of(tenant)}
    words = {
        "schemes": SCHEME_SENTENCES,
        "classes": CLASS_SENTENCES,
        "countries": countries(realm_of(request).language),
    }
    return store_page(request, "taxes", TAXES, refusal=refusal, **told, **words)


def _kept(request: AnyRequest, data: Sent, keep: Any) -> Response[Any]:
    """Do something about taxes, or show once more what was typed."""
    visitor, tenant = visitor_for(request, "store.edit")
    try:
        with tenant_work(tenant) as session:
            settings_to_change(session, visitor)
            keep(session)
    except (Invalid, Conflict) as refusal:
        return _page(request, refusal, {name: one(data, name) for name in TYPED})
    return flash.done(TAXES, tenant, sentence("Saved."))


@post(TAXES, sync_to_thread=True)
def register(request: AnyRequest, data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Collect tax somewhere from a day on."""
    visitor, tenant = visitor_for(request, "store.edit")

    def keep(session: Session) -> None:
        wish = NewRegistration(
            scheme=one(data, "scheme"),
            country=one(data, "country").upper(),
            region=one(data, "region").upper()[:3] or None,
            number=one(data, "number")[:40],
            starts_on=day_of(one(data, "starts_on"), field="starts_on") or today_of(tenant),
        )
        arranging.register(session, visitor.actor, wish)

    return _kept(request, data, keep)


@post(f"{TAXES}/{{registration_id:str}}/end", sync_to_thread=True)
def unregister(request: AnyRequest, registration_id: FromPath[str]) -> Response[Any]:
    """Collect tax there until today."""
    visitor, tenant = visitor_for(request, "store.edit")

    def keep(session: Session) -> None:
        row = registration_to_change(session, visitor, parse_uuid(registration_id))
        arranging.unregister(session, visitor.actor, row, ends_on=today_of(tenant))

    return _kept(request, {}, keep)


@post(f"{TAXES}/rates", sync_to_thread=True)
def set_rate(request: AnyRequest, data: URLEncodedBody[dict[str, Any]]) -> Response[Any]:
    """Have a rate of the label's own in place of the one that we know."""
    visitor, tenant = visitor_for(request, "store.edit")
    reader = realm_of(request).language

    def keep(session: Session) -> None:
        wish = NewTaxRate(
            country=one(data, "rate_country").upper(),
            region=one(data, "rate_region").upper()[:3] or None,
            tax_class=one(data, "tax_class"),
            name=one(data, "name")[:40],
            rate_ppm=_ppm(one(data, "rate"), reader),
            starts_on=today_of(tenant),
        )
        arranging.set_tax_rate(session, visitor.actor, wish)

    return _kept(request, data, keep)


def _ppm(text: str, reader: str) -> int:
    try:
        with exact():
            ppm = read_percent(text, reader) * 1_000_000
    except AmountMalformed as refusal:
        raise NumberUnusable("rate", text) from refusal
    if ppm != ppm.to_integral_value() or not 0 <= ppm <= arranging.MOST_PPM:
        raise NumberUnusable("rate", text)
    return int(ppm)


@post(f"{TAXES}/rates/{{rate_id:str}}/removal", sync_to_thread=True)
def drop_rate(request: AnyRequest, rate_id: FromPath[str]) -> Response[Any]:
    """Have the rate that we know again."""
    visitor, _ = visitor_for(request, "store.edit")

    def keep(session: Session) -> None:
        arranging.drop_tax_rate(session, visitor.actor, own_rate_to_change(session, visitor, parse_uuid(rate_id)))

    return _kept(request, {}, keep)


handlers = [show, register, unregister, set_rate, drop_rate]
