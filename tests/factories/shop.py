"""Shops for tests: markets, products, baskets and orders, through the services that people use; and plain open ones."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.royalties.service import rates
from app.storefront.models import (
    Basket,
    Market,
    Order,
    Product,
    StockLocation,
    StorePage,
    StoreSettings,
    TaxRegistration,
    Variant,
)
from app.storefront.rules.details import Address, Details
from app.storefront.rules.products import NewPart, NewProduct, NewVariant
from app.storefront.service import baskets, markets, ordering, products, stock
from app.storefront.service.markets import MarketView
from app.storefront.service.quoting import quote
from tests.factories.catalog import a_release

_numbers = count(1)
UNIT = 1_000_000
RATES = {
    "EUR": "1", "USD": "1.08", "GBP": "0.86", "JPY": "162.5", "AED": "3.97", "BRL": "5.9", "CAD": "1.48",
    "AUD": "1.65", "CHF": "0.95", "SEK": "11.3", "KRW": "1480", "KWD": "0.332",
}  # fmt: skip
"""What a euro is worth in these tests."""


def a_shop(tenant: Tenant, *, country: str = "DE", with_rates: bool = True) -> None:
    """A label's shop as it is when it is turned on, with exchange rates for all its markets; made once."""
    with tenant_work(tenant) as session:
        if session.get(StoreSettings, 1) is not None:
            return
        markets.open_shop(session, Actor.system(tenant), tenant, country=country)
        today = clock.now().date()
        base = Decimal(RATES[tenant.currency])
        for code, rate in RATES.items():
            if with_rates and code != tenant.currency:
                rate_ = (Decimal(rate) / base).quantize(Decimal("0.000001"))
                rates.keep_rate(session, None, base=tenant.currency, quote=code, on=today, rate=rate_, source="test")


def a_market(tenant: Tenant, key: str = "eu", **details: Any) -> MarketView:
    """A market of the label's shop by its key, changed as is said."""
    a_shop(tenant)
    with tenant_work(tenant) as session:
        row = session.scalars(select(Market).where(Market.key == key)).one()
        for name, value in details.items():
            setattr(row, name, value)
        session.flush()
        return MarketView.of(row)


def registered(tenant: Tenant, scheme: str, country: str, region: str | None = None) -> None:
    """Have the label collect tax somewhere."""
    with tenant_work(tenant) as session:
        known = select(TaxRegistration.id).where(TaxRegistration.scheme == scheme, TaxRegistration.country == country)
        if session.scalar(known.where(TaxRegistration.region.is_not_distinct_from(region))) is None:
            row = TaxRegistration(id=ids.new_id(), scheme=scheme, country=country, region=region, number="1")
            row.starts_on = clock.now().date()
            session.add(row)


def a_product(
    tenant: Tenant,
    kind: str = "digital",
    *,
    price: int = 10 * UNIT,
    in_stock: int | None = None,
    is_live: bool = True,
    variants: list[NewVariant] | None = None,
    parts: list[tuple[UUID, int]] | None = None,
    **details: Any,
) -> Product:
    """A product on sale: digital ones are of a new release unless one is given; `in_stock` puts that many on the shelf."""
    a_shop(tenant)
    if kind == "digital" and not {"release_id", "recording_id"} & details.keys():
        details["release_id"] = a_release(tenant)
    wish = NewProduct(
        kind=kind,
        title=details.pop("title", f"Product {next(_numbers)}"),
        variants=variants or [NewVariant(price_micros=price, grams=250 if kind == "physical" else 0)],
        parts=[NewPart(key, quantity) for key, quantity in parts or ()],
        **details,
    )
    actor = Actor.system(tenant)
    with tenant_work(tenant) as session:
        product = products.create(session, actor, tenant, wish)
        if is_live:
            products.publish(session, actor, product)
        if in_stock is not None:
            for variant in variants_of(session, product):
                stock.move(session, actor, variant.id, a_place(session).id, in_stock, "counted")
    return product


def a_place(session: Session) -> StockLocation:
    """Where the label's things lie."""
    query = select(StockLocation).order_by(StockLocation.position, StockLocation.id).limit(1)
    return session.scalars(query).one()


def variants_of(session: Session, product: Product) -> list[Variant]:
    """A product's variants in their order."""
    query = select(Variant).where(Variant.product_id == product.id, Variant.is_active)
    return list(session.scalars(query.order_by(Variant.position)))


def a_variant(tenant: Tenant, kind: str = "digital", **details: Any) -> Variant:
    """The first variant of a new product."""
    product = a_product(tenant, kind, **details)
    with tenant_work(tenant) as session:
        return variants_of(session, product)[0]


class Held(NamedTuple):
    """A basket, and the secret of whoever holds it."""

    basket: Basket
    token: str


def a_basket(
    tenant: Tenant,
    *variants: Variant | tuple[Variant, int],
    market: str = "eu",
    country: str | None = "DE",
    codes: tuple[str, ...] = (),
    language: str = "en",
) -> Held:
    """A basket with so many of each variant; one of a new digital product where none is said."""
    view = a_market(tenant, market)
    wanted = [each if isinstance(each, tuple) else (each, 1) for each in variants or (a_variant(tenant),)]
    with tenant_work(tenant) as session:
        basket, token = baskets.start(session, view, language)
        baskets.move_to(session, basket, view, country=country)
        for variant, quantity in wanted:
            baskets.add(session, tenant, basket, variant.id, quantity)
        for code in codes:
            baskets.add_code(session, basket, code)
    return Held(basket, token)


HOMES = {
    "DE": ("Berlin", "10437", ""), "AT": ("Wien", "1010", ""), "FR": ("Paris", "75011", ""), "GB": ("London", "E8 3DL", ""),
    "US": ("Austin", "78701", "TX"), "AE": ("Dubai", "", "Dubai"), "KR": ("Mapo-gu", "04001", "Seoul"),
    "NZ": ("Auckland", "1010", ""), "JP": ("Shibuya-ku", "150-0001", "Tokyo"), "KW": ("Salmiya", "22001", "Hawalli"),
}  # fmt: skip
"""A town, its postcode and its region in countries to which these tests send something."""


def an_address(country: str = "DE", **details: str) -> Address:
    """Where somebody lives."""
    city, postcode, region = HOMES.get(country, HOMES["DE"])
    said = {"name": "Ada Fan", "street": "Gleimstr. 1", "city": city, "postcode": postcode, "region": region}
    return Address(**(said | {"country": country} | details))


def the_details(total_micros: int, country: str = "DE", **said: Any) -> Details:
    """Who orders, and what they were shown."""
    usual = {"email": f"fan-{next(_numbers)}@fans.test", "name": "Ada Fan", "country": country}
    return Details(**(usual | {"address": an_address(country), "shown_total_micros": total_micros} | said))


def an_order(
    tenant: Tenant,
    *variants: Variant | tuple[Variant, int],
    paid: bool = False,
    market: str = "eu",
    country: str = "DE",
    codes: tuple[str, ...] = (),
    **said: Any,
) -> Order:
    """An order of these, placed; `paid` marks it so and takes it off the shelf, with no payment behind it."""
    language = said.get("language", "en")
    held = a_basket(tenant, *variants, market=market, country=country, codes=codes, language=language)
    actor = Actor(kind="fan", id=said.get("fan_id"), tenant=tenant, name="Ada Fan")
    with tenant_work(tenant) as session:
        basket = session.get_one(Basket, held.basket.id)
        shown = quote(session, tenant, basket, country=country, region=said.get("region"), way=said.get("way"))
        order = ordering.place(session, tenant, actor, basket, the_details(shown.total_micros, country, **said))
        if paid:
            order.state, order.paid_at = "paid", clock.now()
            session.flush()
            stock.take(session, order)
    return order


THREE: tuple[dict[str, Any], ...] = (
    {"key": "eu", "name": "Europe", "currency": "EUR", "countries": ["DE", "FR"], "languages": ["de", "fr"], "tax_shown": "included"},
    {"key": "us", "name": "United States", "currency": "USD", "countries": ["US"], "languages": ["en"], "tax_shown": "added"},
    {"key": "rest", "name": "Everywhere else", "currency": "EUR", "languages": ["en", "ar"], "is_rest": True, "tax_shown": "included"},
)  # fmt: skip


def an_open_shop(tenant: Tenant, **details: Any) -> None:
    """Open a label's shop, with three markets."""
    with tenant_work(tenant) as session:
        session.add(
            StoreSettings(**({"id": 1, "is_open": True, "ships_from": "DE", "changed_at": clock.now()} | details))
        )
        for position, market in enumerate(THREE):
            session.add(Market(**({"id": ids.new_id(), "position": position, "version": 1} | market)))
        activity.record(session, Actor.system(tenant), "store.opened")


def a_thing(tenant: Tenant, *, kind: str = "digital", title: str = "", price: int = 9_000_000, **details: Any) -> UUID:
    """A live product with one variant, written behind everybody's back so that it may be anything; gives the variant."""
    number, now = next(_numbers), clock.now()
    values = {
        "id": ids.new_id(), "kind": kind, "slug": f"thing-{number}", "title": title or f"Thing {number}", "state": "live",
        "tax_class": "digital" if kind == "digital" else "goods", "fulfilled_by": "nobody" if kind == "digital" else "label",
        "created_at": now, "updated_at": now,
    } | details  # fmt: skip
    variant = Variant(id=ids.new_id(), product_id=values["id"], sku=f"SKU-{number}", price_micros=price)
    with tenant_work(tenant) as session:
        session.add(Product(**values))
        session.flush()
        session.add(variant)
        activity.record(
            session, Actor.system(tenant), "product.created", subject_type="product", subject_id=values["id"]
        )
        return variant.id


def a_text(tenant: Tenant, kind: str, slug: str, titles: dict[str, str], bodies: dict[str, str]) -> UUID:
    """A page, a post or a legal page that is published."""
    now = clock.now()
    row = StorePage(
        id=ids.new_id(), kind=kind, slug=slug, titles=titles, bodies=bodies, published_at=now, created_at=now, updated_at=now
    )  # fmt: skip
    with tenant_work(tenant) as session:
        session.add(row)
        activity.record(session, Actor.system(tenant), "page.published", subject_type="page", subject_id=row.id)
        return row.id
