"""Tax on the shop's sales: where the label collects it, and rates of its own."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Resource, Section, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Day, Id
from app.api.rest.markets import Country
from app.api.rest.products import whole_shop
from app.kernel import clock
from app.storefront.models import TaxRate, TaxRegistration
from app.storefront.policies import own_rate_to_change, registration_to_change, settings_to_change
from app.storefront.service import arranging
from app.storefront.service.arranging import NewRegistration, NewTaxRate

SECTION = Section("Tax on sales", "Where the shop collects tax, and the label's own rates.")
Scheme = Literal["domestic", "oss", "state"]
Region = Annotated[str, Meta(pattern="^[A-Z0-9]{1,3}$", description="A state or province.", examples=["TX"])]
RatePpm = Annotated[int, Meta(ge=0, le=500_000, description="Parts per million.", examples=[190_000])]


class TaxRegistrationView(View):
    """Where the label collects tax; with `oss` everywhere in the Union, at each buyer's rate."""

    id: Id
    scheme: Scheme
    country: str
    region: str | None
    number: str
    starts_on: Day
    ends_on: Day | None


class NewTaxRegistration(Body, frozen=True):
    """Where tax is collected from a day on; what is registered there already is changed. `state` needs a region."""

    scheme: Scheme
    country: Country
    region: Region | None = None
    number: Annotated[str, Meta(max_length=40, examples=["DE123456789"])] = ""
    starts_on: Day | None = None
    ends_on: Day | None = None


class StoreTaxRateView(View):
    """A rate of the label's own in place of the one that we know."""

    id: Id
    country: str
    region: str | None
    tax_class: str
    name: str
    rate_ppm: int
    starts_on: Day


class NewStoreTaxRate(Body, frozen=True):
    """A rate of the label's own, from a day on."""

    country: Country
    tax_class: Literal["goods", "digital"]
    name: Annotated[str, Meta(min_length=1, max_length=40, examples=["VAT"])]
    rate_ppm: RatePpm
    region: Region | None = None
    starts_on: Day | None = None


REGISTRATIONS = Resource(
    name="tax_registrations",
    view=TaxRegistrationView,
    model=TaxRegistration,
    visible=whole_shop,
    filters={"country": by.text(TaxRegistration.country, "Registrations in this country.", "DE")},
    version=None,
)
RATES = Resource(
    name="store_tax_rates",
    view=StoreTaxRateView,
    model=TaxRate,
    visible=whole_shop,
    filters={"country": by.text(TaxRate.country, "Rates in this country.", "DE")},
    version=None,
)


def _today(call: Call) -> date:
    return clock.now().astimezone(ZoneInfo(call.tenant.time_zone)).date()


@SECTION.listing("/store-tax/registrations", REGISTRATIONS, scope="store:read")
def list_store_tax_registrations(call: Call, session: Session) -> Answer:
    """List where the shop collects tax."""
    return REGISTRATIONS.page(call, session)


@SECTION.post("/store-tax/registrations", scope="store:write", takes=NewTaxRegistration, resource=REGISTRATIONS)
def collect_store_tax(call: Call, session: Session, body: NewTaxRegistration) -> Answer:
    """Collect tax somewhere. From the day that is said, else from today."""
    settings_to_change(session, call.visitor)
    wish = NewRegistration(
        scheme=body.scheme,
        country=body.country,
        region=body.region,
        number=body.number,
        starts_on=body.starts_on or _today(call),
        ends_on=body.ends_on,
    )
    made = arranging.register(session, call.actor, wish)
    return REGISTRATIONS.one(call, session, made.id, status=201)


@SECTION.delete("/store-tax/registrations/{registration_id}", scope="store:write", resource=REGISTRATIONS)
def end_store_tax(call: Call, session: Session) -> Answer:
    """Stop collecting tax somewhere. After today; what was collected stays in the books."""
    row = registration_to_change(session, call.visitor, call.id("registration_id"))
    arranging.unregister(session, call.actor, row, ends_on=_today(call))
    return REGISTRATIONS.one(call, session, row.id)


@SECTION.listing("/store-tax/rates", RATES, scope="store:read")
def list_store_tax_rates(call: Call, session: Session) -> Answer:
    """List the label's own tax rates."""
    return RATES.page(call, session)


@SECTION.post("/store-tax/rates", scope="store:write", takes=NewStoreTaxRate, resource=RATES)
def set_store_tax_rate(call: Call, session: Session, body: NewStoreTaxRate) -> Answer:
    """Set a tax rate. In place of the one that we know, from the day that is said, else from today."""
    settings_to_change(session, call.visitor)
    wish = NewTaxRate(
        country=body.country,
        tax_class=body.tax_class,
        name=body.name,
        rate_ppm=body.rate_ppm,
        region=body.region,
        starts_on=body.starts_on or _today(call),
    )
    made = arranging.set_tax_rate(session, call.actor, wish)
    return RATES.one(call, session, made.id, status=201)


@SECTION.delete("/store-tax/rates/{rate_id}", scope="store:write")
def drop_store_tax_rate(call: Call, session: Session) -> Answer:
    """Drop a tax rate. The one that we know counts again."""
    arranging.drop_tax_rate(session, call.actor, own_rate_to_change(session, call.visitor, call.id("rate_id")))
    return Answer()
