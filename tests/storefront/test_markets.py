"""Markets: who sees which prices, and how a label arranges its shop."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from app.identity.errors import OutOfScope, PermissionMissing
from app.identity.models import Member
from app.identity.policies import Visitor, permissions_of
from app.kernel import clock, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.settings import Settings
from app.storefront import policies
from app.storefront.models import (
    Market,
    ShippingRate,
    StockLocation,
    StoreSettings,
    TaxRate,
    TaxRegistration,
)
from app.storefront.rules.products import NewVariant
from app.storefront.rules.refusals import (
    DiscountUnknown,
    LocationUnknown,
    MarketUnknown,
    MarketUnusable,
    OrderUnknown,
    PriceGone,
    ProductChanged,
    ProductUnknown,
    ShippingUnusable,
    TaxUnusable,
)
from app.storefront.rules.usual import home_of, usual_markets
from app.storefront.service import arranging, pricing
from app.storefront.service.arranging import NewMarket, NewRate, NewRegistration, NewTaxRate
from app.storefront.service.markets import MarketView, market_of, markets, open_shop
from tests.factories.catalog import narrowed
from tests.factories.labels import a_label
from tests.factories.members import a_member
from tests.factories.shop import RATES, UNIT, a_market, a_product, a_shop, a_variant, an_order


def _markets(tenant: Tenant) -> list[MarketView]:
    with tenant_read(tenant) as session:
        return markets(session)


def test_a_new_shop_sells_in_twelve_currencies_and_to_every_country_once(shop: Tenant) -> None:
    found = _markets(shop)
    assert {each.currency for each in found} == set(RATES)
    assert (found[0].key, found[0].currency) == ("eu", "EUR")
    countries = [code for each in found for code in each.countries]
    assert len(countries) == len(set(countries))
    assert [each.key for each in found if each.is_rest] == ["world"]


def test_a_country_sees_its_market_else_that_of_all_others(shop: Tenant) -> None:
    found = _markets(shop)
    assert [market_of(found, code).key for code in ("DE", "SE", "JP", "KW", "NO", "ZZ", "")] == [
        "eu", "sweden", "japan", "kuwait", "world", "world", "world",
    ]  # fmt: skip
    assert market_of(found, "DE").id == market_of(found, "AT").id
    assert market_of(found, "JP").id != market_of(found, "AT").id


def test_a_shop_opens_where_a_place_has_the_labels_name_already(connected: Settings) -> None:
    label = a_label()
    with tenant_work(label) as session:
        made = arranging.add_location(session, Actor.system(label), name=label.name, country="FR")
        open_shop(session, Actor.system(label), label)
        session.flush()
        assert [row.id for row in session.scalars(select(StockLocation))] == [made.id]


def test_a_shop_is_opened_once(shop: Tenant) -> None:
    with tenant_work(shop) as session:
        before = session.scalar(select(func.count()).select_from(Market))
        open_shop(session, Actor.system(shop), shop, country="FR")
        assert session.scalar(select(func.count()).select_from(Market)) == before
        assert session.get_one(StoreSettings, 1).ships_from == "DE"
        assert session.scalar(select(func.count()).select_from(StockLocation)) == 1


@pytest.mark.parametrize(
    ("currency", "zone", "country"),
    [("EUR", "Europe/Berlin", "DE"), ("USD", "America/New_York", "US"), ("AED", "Asia/Dubai", "AE"),
     ("EUR", "UTC", "DE"), ("JPY", "UTC", "JP"), ("USD", "Etc/GMT", "US")],
)  # fmt: skip
def test_a_label_is_at_home_where_its_clocks_are(currency: str, zone: str, country: str) -> None:
    assert home_of(currency, zone) == country


@pytest.mark.parametrize(("currency", "country"), [("PLN", "PL"), ("EUR", "CH"), ("SAR", "SA"), ("USD", "JP")])
def test_a_label_that_no_usual_market_fits_has_one_of_its_own_first(currency: str, country: str) -> None:
    found = usual_markets(currency, country)
    assert (found[0].currency, found[0].countries) == (currency, (country,))
    countries = [code for each in found for code in each.countries]
    assert countries.count(country) == 1
    assert len({each.key for each in found}) == len(found)
    assert all(sent.price_micros > 0 for each in found for sent in each.sent)


def test_prices_are_the_lists_else_converted_and_rounded_as_the_market_likes(shop: Tenant) -> None:
    variant = a_variant(shop, price=9 * UNIT)
    with tenant_read(shop) as session:
        found = {
            view.key: pricing.prices(session, shop, view, [variant.id])[variant.id].micros for view in markets(session)
        }
    assert found == {
        "eu": 9 * UNIT, "uk": 7_990_000, "us": 9_990_000, "japan": 1_500 * UNIT, "emirates": 36 * UNIT,
        "brazil": 52_900_000, "canada": 12_990_000, "australia": 14_990_000, "switzerland": 8_550_000,
        "sweden": 102 * UNIT, "korea": 13_300 * UNIT, "kuwait": 3_000_000, "world": 9 * UNIT,
    }  # fmt: skip


def test_what_has_neither_a_listed_price_nor_a_rate_has_no_price(connected: Settings) -> None:
    label = a_label(currency="EUR", time_zone="Europe/Berlin")
    a_shop(label, with_rates=False)
    japan, home = a_market(label, "japan"), a_market(label)
    dear = NewVariant(price_micros=10 * UNIT, prices={japan.id: 1_480 * UNIT})
    listed, other = a_variant(label, "physical", variants=[dear]), a_variant(label, "physical")
    with tenant_read(label) as session:
        both = [listed.id, other.id]
        assert set(pricing.prices(session, label, home, both)) == set(both)
        assert pricing.prices(session, label, japan, both) == {
            listed.id: pricing.Price(1_480 * UNIT, None, "JPY", is_listed=True)
        }
        assert pricing.prices(session, label, japan, []) == {}
    with pytest.raises(PriceGone):
        an_order(label, other, market="japan", country="JP")


def _create(tenant: Tenant, **said: Any) -> Market:
    wish = {"key": f"m-{ids.new_id().hex[-8:]}", "name": "A market", "currency": "NOK", "countries": ["NO"]}
    with tenant_work(tenant) as session:
        return arranging.create_market(session, Actor.system(tenant), NewMarket(**(wish | said)))


def test_a_market_takes_a_country_out_of_the_rest(shop: Tenant) -> None:
    norway = _create(shop)
    assert market_of(_markets(shop), "NO").id == norway.id
    with tenant_work(shop) as session:
        arranging.remove_market(session, Actor.system(shop), session.get_one(Market, norway.id))
    assert market_of(_markets(shop), "NO").key == "world"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"key": "Not A Key"}, "key"),
        ({"key": "eu"}, "key"),
        ({"name": " "}, "name"),
        ({"currency": "XXQ"}, "currency"),
        ({"countries": ["DE"]}, "countries"),
        ({"countries": ["QQ"]}, "countries"),
        ({"countries": []}, "countries"),
        ({"is_rest": True}, "is_rest"),
        ({"languages": ["tlh"]}, "languages"),
        ({"rounding": "up"}, "rounding"),
        ({"tax_shown": "hidden"}, "rounding"),
    ],
)
def test_a_market_that_cannot_be_is_refused(shop: Tenant, said: dict[str, Any], field: str) -> None:
    with pytest.raises(MarketUnusable) as refused:
        _create(shop, **said)
    assert set(refused.value.fields) == {field}


def test_a_market_changes_once_at_a_time_and_loses_prices_of_another_currency(shop: Tenant) -> None:
    iceland = _create(shop, currency="ISK", countries=["IS"])
    actor = Actor.system(shop)
    wish = NewMarket(name="Iceland", currency="EUR", countries=["IS"])
    with tenant_work(shop) as session:
        held = session.get_one(Market, iceland.id)
        arranging.set_rates(session, actor, held, [NewRate(name="Post", price_micros=900 * UNIT)])
        arranging.change_market(session, actor, held, wish, version=1)
        assert (held.name, held.currency, held.key, held.version) == ("Iceland", "EUR", iceland.key, 2)
        rates = select(func.count()).where(ShippingRate.market_id == held.id)
        assert session.scalar(rates) == 0
        with pytest.raises(ProductChanged):
            arranging.change_market(session, actor, held, wish, version=1)


def test_a_market_that_was_sold_in_is_closed_and_the_rest_stays(shop: Tenant) -> None:
    actor = Actor.system(shop)
    turkey = _create(shop, currency="EUR", countries=["TR"])
    an_order(shop, market=turkey.key, country="TR")
    with tenant_work(shop) as session:
        arranging.remove_market(session, actor, session.get_one(Market, turkey.id))
        assert not session.get_one(Market, turkey.id).is_open
        rest = session.scalars(select(Market).where(Market.is_rest)).one()
        with pytest.raises(MarketUnusable):
            arranging.remove_market(session, actor, rest)


@pytest.mark.parametrize(
    "wish",
    [
        NewRate(name="", price_micros=UNIT),
        NewRate(name="Post", price_micros=-1),
        NewRate(name="Post", price_micros=1),
        NewRate(name="Post", price_micros=UNIT, days_from=5, days_until=2),
        NewRate(name="Post", price_micros=UNIT, most_grams=0),
    ],
)
def test_a_way_of_sending_that_is_none_is_refused(shop: Tenant, wish: NewRate) -> None:
    with tenant_work(shop) as session, pytest.raises(ShippingUnusable):
        market = session.scalars(select(Market).where(Market.key == "uk")).one()
        arranging.set_rates(session, Actor.system(shop), market, [wish])


def test_registrations_and_rates_of_the_labels_own_decide_what_is_collected(shop: Tenant) -> None:
    actor, since = Actor.system(shop), clock.now().date()
    variant = a_variant(shop, "physical", price=100 * UNIT, in_stock=20)

    def collected() -> int:
        order = an_order(shop, variant, market="world", country="NZ")
        return order.tax_micros

    assert collected() == 0
    with tenant_work(shop) as session:
        arranging.register(
            session, actor, NewRegistration(scheme="domestic", country="NZ", starts_on=since, number="1")
        )
        again = NewRegistration(scheme="domestic", country="NZ", starts_on=since, number="2")
        assert arranging.register(session, actor, again).number == "2"
    assert collected() > 10 * UNIT
    own = NewTaxRate(country="NZ", tax_class="goods", name="GST", rate_ppm=0, starts_on=since)
    with tenant_work(shop) as session:
        arranging.set_tax_rate(session, actor, own)
    assert collected() == 0
    with tenant_work(shop) as session:
        arranging.drop_tax_rate(session, actor, session.scalars(select(TaxRate)).one())
        row = session.scalars(select(TaxRegistration).where(TaxRegistration.country == "NZ")).one()
        row.starts_on = date(2020, 1, 1)
        arranging.unregister(session, actor, row, ends_on=date(2020, 1, 2))
    assert collected() == 0
    with tenant_work(shop) as session:
        for wrong in ({"scheme": "state"}, {"country": "QQ"}, {"scheme": "none"}, {"region": "NY"}):
            with pytest.raises(TaxUnusable):
                wish = {"scheme": "domestic", "country": "NZ", "starts_on": since} | wrong
                arranging.register(session, actor, NewRegistration(**wish))


def _visitor(tenant: Tenant, role: str, **scope: list[str]) -> Visitor:
    member = a_member(tenant, role=role)
    if scope:
        narrowed(tenant, member, **scope)
    with tenant_read(tenant) as session:
        member = session.get_one(Member, member.id)
    actor = Actor(kind="member", id=member.id, tenant=tenant, name=member.name)
    return Visitor(member, ids.new_id(), actor, permissions_of(member), member.scope)


def test_the_shop_is_run_by_who_may(shop: Tenant) -> None:
    product, order = a_product(shop, "physical"), an_order(shop)
    market = a_market(shop)
    with tenant_work(shop) as session:
        for role in ("owner", "store"):
            visitor = _visitor(shop, role)
            assert policies.product_to_change(session, visitor, product.id).id == product.id
            assert policies.order_to_change(session, visitor, order.id).id == order.id
            assert policies.market_to_change(session, visitor, market.id).id == market.id
        looking = _visitor(shop, "read_only")
        assert policies.order_to_read(session, looking, order.id).id == order.id
        with pytest.raises(PermissionMissing):
            policies.order_to_change(session, looking, order.id)
        with pytest.raises(PermissionMissing):
            policies.product_to_read(session, _visitor(shop, "artist"), product.id)
        with pytest.raises(OutOfScope):
            policies.product_to_read(session, _visitor(shop, "store", imprints=["nightjar"]), product.id)


def test_ids_of_a_rival_lead_nowhere(shop: Tenant, rival: Tenant) -> None:
    product, order, market = a_product(shop, "physical"), an_order(shop), a_market(shop)
    visitor = _visitor(rival, "owner")
    doors = (
        (policies.product_to_read, product.id, ProductUnknown),
        (policies.order_to_read, order.id, OrderUnknown),
        (policies.market_to_read, market.id, MarketUnknown),
        (policies.discount_to_change, ids.new_id(), DiscountUnknown),
        (policies.location_to_change, None, LocationUnknown),
    )
    with tenant_work(rival) as session:
        for door, key, unknown in doors:
            with pytest.raises(unknown):
                door(session, visitor, key)
