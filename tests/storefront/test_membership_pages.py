"""Being a member as a fan's browser sees it: in by the door, what comes next and what it costs, and out again."""

from __future__ import annotations

from sqlalchemy import select

from app.kernel import clock
from app.kernel.db import tenant_read
from app.storefront.models import Membership, Order, OrderLine
from app.storefront.rules.renewals import next_on
from app.storefront.service import links, members, telling
from app.storefront.service.paying import Step
from tests.factories.fans import a_fan, signed_in
from tests.factories.shop import UNIT, a_variant
from tests.storefront.paid import GOOD, pay_with
from tests.storefront.test_buying import HOME, bought, lay_in

PAGE = {"accept": "text/html"}
PLACE = "/en/account/memberships"


def a_browser(client_of, shop, fan=None):
    client = client_of(f"{shop.slug}.localhost")
    return signed_in(client, shop, fan) if fan else client


def a_member(client_of, shop):
    """A fan who became a member through the shop's pages, and their browser and order."""
    fan = a_fan(shop)
    browser = a_browser(client_of, shop, fan)
    lay_in(browser, a_variant(shop, "membership", price=5 * UNIT, interval="month", title="Friends"))
    pay_with(shop, Step("redirect", bought(browser).headers["location"]), GOOD)
    with tenant_read(shop) as session:
        order = session.scalars(select(Order).where(Order.fan_id == fan.id)).one()
    browser.get(links.order_path(shop, "en", order.id) + "/payment")
    return fan, browser, order


def the_member(shop, fan):
    with tenant_read(shop) as session:
        return session.scalars(select(Membership).where(Membership.fan_id == fan.id)).one()


def test_a_guest_who_wants_to_be_a_member_comes_in_first_and_is_back_then(client_of, shop):
    guest = a_browser(client_of, shop)
    lay_in(guest, a_variant(shop, "membership", price=5 * UNIT, interval="month"))
    led = guest.get("/en/checkout", headers=PAGE)
    assert (led.status_code, led.headers["location"]) == (303, "/en/account/sign-in?next=%2Fen%2Fcheckout")
    assert 'value="/en/checkout"' in guest.get(led.headers["location"], headers=PAGE).text
    forced = guest.post("/en/checkout", data={**HOME, "step": "buy", "total": str(5 * UNIT)})
    assert forced.headers["location"] == led.headers["location"]
    signed_in(guest, shop)
    assert "is charged again in this way" in guest.get("/en/checkout", headers=PAGE).text


def test_how_often_a_membership_is_charged_stands_beside_its_price(client_of, shop):
    fan = a_fan(shop)
    browser = a_browser(client_of, shop, fan)
    variant = a_variant(shop, "membership", price=60 * UNIT, interval="year", title="Patrons", slug="patrons")
    for path in ("/en/merch", "/en/merch/patrons"):
        assert "Every year" in browser.get(path).text, path
    lay_in(browser, variant)
    basket = browser.get("/en/basket").text
    assert "Every year" in basket
    assert 'type="number"' not in basket, "nobody needs a membership twice"
    assert "Every year" in browser.get("/en/checkout", headers=PAGE).text


def test_a_member_sees_what_comes_next_on_the_page_and_the_period_on_the_receipt(client_of, shop):
    fan, browser, order = a_member(client_of, shop)
    shown = browser.get(PLACE, headers=PAGE).text
    assert "Friends" in shown
    assert "Next payment on" in shown
    assert "€5.00" in shown
    member = the_member(shop, fan)
    assert member.renews_on == next_on(members.today(shop), "month", member.anchor_day)
    with tenant_read(shop) as session:
        line = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).one()
        said = "\n".join(telling.receipt(shop, order, [line]))
    assert f"Friends, {clock.now():%B} " in said
    assert " to " in said
    for path in (links.order_path(shop, "en", order.id), f"/en/account/orders/{order.id}"):
        assert f"{line.period_until:%b} " in browser.get(path, headers=PAGE).text, path
    assert browser.get(links.order_path(shop, "en", order.id) + "/receipt.pdf").content.startswith(b"%PDF")


def test_a_fan_ends_a_membership_and_nobody_else_does(client_of, shop):
    fan, browser, _ = a_member(client_of, shop)
    member = the_member(shop, fan)
    stranger = a_browser(client_of, shop, a_fan(shop))
    assert stranger.post(f"{PLACE}/{member.id}/end", headers=PAGE).status_code == 404
    assert "Friends" not in stranger.get(PLACE, headers=PAGE).text
    assert a_browser(client_of, shop).get(PLACE, headers=PAGE).headers["location"].startswith("/en/account/sign-in")
    assert the_member(shop, fan).ends_on is None
    assert browser.post(f"{PLACE}/{member.id}/end", headers=PAGE).headers["location"] == PLACE
    assert (the_member(shop, fan).state, the_member(shop, fan).ends_on) == ("active", member.renews_on)
    shown = browser.get(PLACE, headers=PAGE).text
    assert "Stays open until" in shown
    assert "Next payment on" not in shown
