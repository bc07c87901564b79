"""Buying as a fan's browser does it: basket, checkout, payment, order; and whoever tampers with any of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from app.kernel import activity
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import new_id
from app.kernel.tenant import Tenant
from app.storefront.models import Basket, BasketLine, Discount, Order, Owned, Product, StoreSettings
from app.storefront.service import links
from app.storefront.service.paying import Step
from tests.factories.labels import a_label
from tests.factories.shop import UNIT, a_product, a_shop, a_variant
from tests.storefront.paid import GOOD, pay_with

HOME = {
    "email": "ada@fans.test", "country": "DE", "name": "Ada Berg", "street": "Weg 1", "city": "Berlin",
    "postcode": "10115", "terms": "yes", "method": "card",
}  # fmt: skip


@pytest.fixture
def fan(client_of: Any, shop: Tenant) -> Any:
    """A browser in which nobody is signed in."""
    return client_of(f"{shop.slug}.localhost")


def lay_in(fan: Any, variant: Any, language: str = "en", **form: str) -> Any:
    """Lay something in the basket, and look at it."""
    answer = fan.post(f"/{language}/basket/lines", data={"variant": str(variant.id), **form})
    return fan.get(answer.headers["location"]) if answer.status_code == 303 else answer


def total_of(page: Any) -> str:
    """What a checkout says that everything costs."""
    return re.search(r'name="total" value="(\d+)"', page.text)[1]


def way_of(page: Any) -> str:
    """The way of sending that a checkout has chosen."""
    return re.search(r'name="way" value="([^"]+)" checked', page.text)[1]


def bought(fan: Any, language: str = "en", **changed: str) -> Any:
    """Go through the checkout as somebody at home would."""
    look = fan.post(f"/{language}/checkout", data={**HOME, "step": "look", **changed})
    way = {"way": way_of(look)} if 'name="way"' in look.text else {}
    return fan.post(f"/{language}/checkout", data={**HOME, "step": "buy", "total": total_of(look), **way, **changed})


def orders(tenant: Tenant) -> int:
    with tenant_read(tenant) as session:
        return session.scalar(select(func.count()).select_from(Order)) or 0


def test_a_guest_buys_music_and_a_shirt_and_is_led_to_pay(fan: Any, shop: Tenant) -> None:
    music, shirt = (
        a_variant(shop, title="Salz"),
        a_variant(shop, "physical", title="Shirt", price=25 * UNIT, in_stock=3),
    )
    lay_in(fan, music)
    page = lay_in(fan, shirt, quantity="2")
    assert "Salz" in page.text
    assert "€60.00" in page.text
    paying = bought(fan)
    assert paying.status_code == 303
    assert "/pay/" in paying.headers["location"]
    pay_with(shop, Step("redirect", paying.headers["location"]), GOOD)
    with tenant_read(shop) as session:
        order = session.scalars(select(Order).order_by(Order.number.desc())).first()
        assert order is not None
        here = links.order_path(shop, "en", order.id)
    back = fan.get(f"{here}/payment")
    assert back.headers["location"] == here
    thanks = fan.get(here)
    assert "Thank you!" in thanks.text
    assert "Weg 1" in thanks.text
    assert "FLAC" in thanks.text
    assert thanks.headers["referrer-policy"] == "same-origin"
    assert "There is nothing in it yet." in fan.get("/en/basket").text
    asked = re.search(rf'action="({re.escape(here)}/music/[^"]+)"', thanks.text)[1]
    led = fan.post(asked, data={"format": "flac"})
    assert led.status_code == 409  # this release has no audio yet, and its buyer is told so
    assert "Some of the audio is missing" in led.text


def test_what_costs_nothing_is_ordered_without_paying(fan: Any, shop: Tenant) -> None:
    lay_in(fan, a_variant(shop, price=0))
    done = bought(fan)
    assert "/orders/" in done.headers["location"]
    assert "Thank you!" in fan.get(done.headers["location"]).text


def test_the_total_is_computed_here_whatever_the_form_says(fan: Any, shop: Tenant) -> None:
    lay_in(fan, a_variant(shop, price=30 * UNIT))
    before = orders(shop)
    cheaper = bought(fan, total="1000000")
    assert cheaper.status_code == 409
    assert "€30.00" in cheaper.text
    assert orders(shop) == before
    forged = fan.post("/en/checkout", data={**HOME, "step": "buy", "total": "1000000", "price": "1"})
    assert forged.status_code == 400  # a field that the page does not have


def test_a_price_that_changed_meanwhile_is_shown_before_anything_is_ordered(fan: Any, shop: Tenant) -> None:
    variant = a_variant(shop, price=12 * UNIT)
    lay_in(fan, variant)
    look = fan.get("/en/checkout")
    with tenant_work(shop) as session:
        session.merge(variant).price_micros = 15 * UNIT
    refused = fan.post("/en/checkout", data={**HOME, "step": "buy", "total": total_of(look)})
    assert refused.status_code == 409
    assert "€15.00" in refused.text
    assert bought(fan).status_code == 303


def test_what_is_missing_is_said_beside_its_field_and_nothing_typed_is_lost(fan: Any, shop: Tenant) -> None:
    lay_in(fan, a_variant(shop, "physical", in_stock=5))
    refused = bought(fan, postcode="nowhere", email="ada", terms="")
    assert refused.status_code == 422
    assert 'aria-describedby="postcode-problem"' in refused.text
    assert 'id="terms-problem"' in refused.text
    assert 'id="email-problem"' in refused.text, "all at once, not one after the other"
    assert 'value="Weg 1"' in refused.text
    again = bought(fan, email="ada")
    assert 'id="email-problem"' in again.text


def test_another_country_is_another_market_with_its_own_money(fan: Any, shop: Tenant) -> None:
    lay_in(fan, a_variant(shop, price=10 * UNIT))
    tokyo = fan.post("/en/checkout", data={**HOME, "step": "look", "country": "JP"})
    assert "¥" in tokyo.text
    assert ".00" not in re.sub(r"<script.*?</script>", "", tokyo.text.split('class="sums"')[1].split("</dl>")[0])
    refused = fan.post("/en/checkout", data={**HOME, "step": "buy", "country": "DE", "total": total_of(tokyo)})
    assert refused.status_code == 409
    assert "€10.00" in refused.text


def test_a_name_your_price_takes_more_and_not_less(fan: Any, shop: Tenant) -> None:
    variant = a_variant(shop, price=5 * UNIT, is_named_price=True)
    refused = lay_in(fan, variant, price="4.99")
    assert refused.status_code == 422
    assert "€5.00" in refused.text
    assert lay_in(fan, variant, price="viel").status_code == 422
    assert "€7.50" in lay_in(fan, variant, price="7,50").text


def test_a_code_makes_it_cheaper_and_a_wrong_one_says_so(fan: Any, shop: Tenant) -> None:
    with tenant_work(shop) as session:
        row = Discount(id=new_id(), code="TENTH", name="A tenth", kind="percent", value=100_000, used=0)
        row.created_at = session.scalar(select(func.now()))
        session.add(row)
    lay_in(fan, a_variant(shop, price=20 * UNIT))
    wrong = fan.post("/en/basket/codes", data={"code": "nothing"})
    assert wrong.status_code == 422
    assert "is not valid" in wrong.text
    fan.post("/en/basket/codes", data={"code": "tenth"})
    assert "€18.00" in fan.get("/en/basket").text
    fan.post("/en/basket/codes", data={"drop": "TENTH"})
    assert "€18.00" not in fan.get("/en/basket").text


def test_a_line_is_changed_and_taken_out(fan: Any, shop: Tenant) -> None:
    page = lay_in(fan, a_variant(shop, "physical", price=4 * UNIT, in_stock=9))
    line = re.search(r'action="(/en/basket/lines/[^"]+)"', page.text)[1]
    fan.post(line, data={"quantity": "3"})
    assert "€12.00" in fan.get("/en/basket").text
    too_many = fan.post(line, data={"quantity": "99"})
    assert too_many.status_code == 409
    fan.post(line, data={"quantity": "0"})
    assert "There is nothing in it yet." in fan.get("/en/basket").text


def test_somebody_elses_basket_is_not_there(fan: Any, client_of: Any, shop: Tenant) -> None:
    page = lay_in(fan, a_variant(shop, price=4 * UNIT))
    line = re.search(r'action="(/en/basket/lines/[^"]+)"', page.text)[1]
    stranger = client_of(f"{shop.slug}.localhost")
    stranger.post(line, data={"quantity": "0"})
    lay_in(stranger, a_variant(shop))
    stranger.post(line, data={"quantity": "0"})
    assert "€4.00" in fan.get("/en/basket").text


def test_a_rival_label_finds_no_basket_no_product_and_no_order(fan: Any, client_of: Any, shop: Tenant) -> None:
    rival = a_label(currency="EUR")
    a_shop(rival)
    other = client_of(f"{rival.slug}.localhost")
    variant = a_variant(shop)
    assert lay_in(other, variant).status_code == 404
    lay_in(fan, variant)
    here = bought(fan).headers["location"]
    with tenant_read(shop) as session:
        order = session.scalars(select(Order).order_by(Order.number.desc())).first()
        path = links.order_path(shop, "en", order.id)
    assert other.get(path).status_code == 404
    assert other.get(here).status_code == 404
    other.cookies = fan.cookies
    assert "There is nothing in it yet." in other.get("/en/basket").text
    with tenant_read(rival) as session:
        assert session.scalar(select(func.count()).select_from(BasketLine)) == 0


def test_an_order_is_shown_to_its_link_alone(fan: Any, shop: Tenant) -> None:
    lay_in(fan, a_variant(shop, price=0))
    here = bought(fan).headers["location"]
    assert fan.get(here[:-3] + "AAA").status_code == 404
    assert fan.get("/en/orders/" + "x" * 400).status_code == 404


def test_a_closed_market_and_a_closed_shop_sell_nothing(fan: Any, shop: Tenant) -> None:
    lay_in(fan, a_variant(shop))
    with tenant_work(shop) as session:
        session.get_one(StoreSettings, 1).is_open = False
        activity.record(session, Actor.system(shop), "shop.closed")
    try:
        assert fan.get("/en/basket").status_code == 404
    finally:
        with tenant_work(shop) as session:
            session.get_one(StoreSettings, 1).is_open = True
            activity.record(session, Actor.system(shop), "shop.opened")


def test_a_product_that_was_taken_off_sale_cannot_be_ordered(fan: Any, shop: Tenant) -> None:
    product = a_product(shop)
    with tenant_read(shop) as session:
        from tests.factories.shop import variants_of

        variant = variants_of(session, product)[0]
    lay_in(fan, variant)
    look = fan.get("/en/checkout")
    with tenant_work(shop) as session:
        session.get_one(Product, product.id).state = "archived"
    refused = fan.post("/en/checkout", data={**HOME, "step": "buy", "total": total_of(look)})
    assert refused.status_code in (303, 409)
    assert "This is not sold in your country." in fan.get("/en/basket").text


def test_markup_in_what_a_buyer_types_stays_text(fan: Any, shop: Tenant) -> None:
    lay_in(fan, a_variant(shop), gift_to='"><script>x</script>@a.test')
    lay_in(fan, a_variant(shop, price=0))
    page = bought(fan, name="<script>alert(1)</script>", email='"><svg onload=x>@fans.test')
    assert "<script>alert" not in page.text
    assert "<svg onload" not in page.text
    assert "<script>x" not in fan.get("/en/basket").text


def test_a_gift_is_its_receivers_and_not_the_buyers(fan: Any, shop: Tenant) -> None:
    page = lay_in(fan, a_variant(shop, price=0, title="For you"))
    line = re.search(r'action="(/en/basket/lines/[^"]+)/gift"', page.text)[1]
    assert fan.post(f"{line}/gift", data={"gift_to": "nobody"}).status_code == 422
    fan.post(f"{line}/gift", data={"gift_to": "Bea@fans.test", "gift_from": "Ada", "gift_words": "Listen!"})
    assert "bea@fans.test" in fan.get("/en/basket").text
    here = bought(fan).headers["location"]
    with tenant_read(shop) as session:
        owned = session.scalars(select(Owned).order_by(Owned.granted_at.desc())).first()
    assert (owned.gift_email, owned.fan_id) == ("bea@fans.test", None)
    assert 'id="music"' not in fan.get(here).text


def test_a_basket_comes_into_being_with_its_first_line_only(fan: Any, shop: Tenant) -> None:
    with tenant_read(shop) as session:
        before = session.scalar(select(func.count()).select_from(Basket))
    fan.get("/en/basket")
    fan.get("/en/checkout")
    with tenant_read(shop) as session:
        assert session.scalar(select(func.count()).select_from(Basket)) == before
