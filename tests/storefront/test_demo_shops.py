"""The shops of the demo labels."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.kernel.db import tenant_read
from app.kernel.tenant import Tenant
from app.main.scenes import SCENES, Scene, _music
from app.main.shops import WELCOME, make_shop
from app.settings import Settings
from app.storefront.models import Discount, Market, Product, Stock, Variant
from app.storefront.service import pricing
from app.storefront.service.markets import market_of, markets
from tests.factories.labels import a_label
from tests.storefront.placing import statements_of

ALL = {"EUR", "USD", "GBP", "JPY", "AED", "BRL", "CAD", "AUD", "CHF", "SEK", "KRW", "KWD"}


def _opened(scene: Scene) -> Tenant:
    tenant = a_label(currency=scene.currency, time_zone=scene.time_zone, languages=scene.languages, name=scene.name)
    _music(tenant, scene)
    return tenant


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.slug)
def test_a_demo_label_has_a_shop_in_twelve_currencies(scene: Scene, connected: Settings) -> None:
    tenant = _opened(scene)
    asked = statements_of(lambda: make_shop(tenant))
    assert statements_of(lambda: make_shop(tenant)) == 1, "what is there stays as it is"
    with tenant_read(tenant) as session:
        views = markets(session)
        assert {view.currency for view in views} == ALL
        assert views[0].currency == scene.currency
        assert market_of(views, "JP").currency == "JPY"
        kinds = dict(session.execute(select(Product.kind, func.count()).group_by(Product.kind)).all())
        assert kinds["physical"] == 4
        assert kinds["bundle"] == kinds["membership"] == 1
        assert session.scalar(select(func.count()).select_from(Product).where(Product.state != "live")) == 0
        assert session.scalar(select(func.count()).select_from(Product).where(Product.ships_on.is_not(None))) >= 2
        assert set(session.scalars(select(Product.is_named_price))) == {True, False}
        assert session.scalars(select(Discount.code)).one() == WELCOME
        assert session.scalar(select(func.count()).select_from(Stock)) == 7
        assert session.scalar(select(func.count()).select_from(Market).where(Market.is_rest)) == 1
        everything = list(session.scalars(select(Variant.id)))
        for view in views:
            assert set(pricing.prices(session, tenant, view, everything)) == set(everything)
    assert asked < 90, "seeds are made before tests and pictures"
