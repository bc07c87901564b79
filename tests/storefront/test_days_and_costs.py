"""Taxes count from the label's own midnight, and what nobody can say the cost of is not sold as if it cost nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from app.kernel import clock
from app.kernel.db import tenant_read, tenant_work
from app.royalties.service import rates
from app.settings import Settings
from app.storefront.models import Market, TaxRegistration, Variant, VariantPrice
from app.storefront.pages.portal.products import LISTING
from app.storefront.queries import products
from tests.factories.catalog import a_release
from tests.factories.labels import a_label
from tests.factories.shop import UNIT, a_basket, a_shop, a_variant
from tests.storefront.placing import quoted


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_tax_is_collected_from_the_labels_midnight_on(connected: Settings, zone: str) -> None:
    tenant = a_label(currency="EUR", time_zone=zone)
    a_shop(tenant)
    day = clock.day_in(zone) + timedelta(days=3)
    with tenant_work(tenant) as session:
        session.execute(update(TaxRegistration).values(starts_on=day))
    held = a_basket(tenant, a_variant(tenant, price=119 * UNIT))
    midnight = datetime.combine(day, datetime.min.time(), ZoneInfo(zone))
    found = []
    for moment in (midnight - timedelta(minutes=1), midnight + timedelta(minutes=1)):
        with clock.frozen_at(moment.astimezone(ZoneInfo("UTC"))):
            found.append(quoted(tenant, held, country="DE").tax_micros)
    assert found == [0, 19 * UNIT]


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_a_pre_order_is_one_until_the_labels_midnight(connected: Settings, zone: str) -> None:
    tenant = a_label(currency="EUR", time_zone=zone)
    a_shop(tenant)
    day = clock.day_in(zone) + timedelta(days=3)
    variant = a_variant(tenant, "physical", ships_on=day, in_stock=3)
    release = a_release(tenant, release_date=day.isoformat())
    held, asked = a_basket(tenant, variant), LISTING.asked("preorder=open")
    midnight = datetime.combine(day, datetime.min.time(), ZoneInfo(zone))
    found = []
    for moment in (midnight - timedelta(minutes=1), midnight + timedelta(minutes=1)):
        with clock.frozen_at(moment.astimezone(ZoneInfo("UTC"))), tenant_read(tenant) as session:
            listed = session.execute(products.products(asked, today=clock.day_in(zone), limit=9)).all()
            unsold = [row.id for row in products.unsold_releases(session)]
            found.append((quoted(tenant, held).lines[0].ships_on, len(listed), unsold))
    assert found == [(day.isoformat(), 1, []), (None, 0, [release])]


@pytest.mark.parametrize("kind", ["alone", "in a bundle"])
def test_what_has_a_price_in_a_market_is_not_sold_there_before_a_rate_says_what_it_costs(
    connected: Settings, kind: str
) -> None:
    tenant = a_label(currency="EUR", time_zone="Europe/Berlin")
    a_shop(tenant, with_rates=False)
    shirt = a_variant(tenant, "physical", price=25 * UNIT, in_stock=9)
    sold = shirt if kind == "alone" else a_variant(tenant, "bundle", price=20 * UNIT, parts=[(shirt.id, 1)])
    with tenant_work(tenant) as session:
        session.get_one(Variant, shirt.id).cost_micros = 8 * UNIT
        market = session.scalars(select(Market).where(Market.currency == "USD")).one()
        for each in {shirt.id, sold.id}:
            session.add(VariantPrice(variant_id=each, market_id=market.id, price_micros=30 * UNIT))
    held = a_basket(tenant, sold, market="us")
    assert [line.problem for line in quoted(tenant, held, country="US").lines] == ["price_gone"]
    with tenant_work(tenant) as session:
        today = clock.day_in(tenant.time_zone)
        rates.keep_rate(session, None, base="EUR", quote="USD", on=today, rate=Decimal("1.08"), source="test")
    assert [line.problem for line in quoted(tenant, held, country="US").lines] == [None]
