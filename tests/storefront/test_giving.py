"""Gifts reach whom they are for: by a mail as soon as they are paid, or on the day that the giver chose."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.fans.models import Fan
from app.fans.service import erasing
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import platform_read, tenant_work
from app.kernel.jobs.outbox import OutboxRow
from app.kernel.tenant import Tenant
from app.settings import Settings
from app.storefront.models import Basket, Order
from app.storefront.rules.refusals import GiftDayUnusable
from app.storefront.service import baskets, giving, ordering
from app.storefront.service.quoting import quote
from tests.factories.catalog import a_release
from tests.factories.fans import a_fan, signed_in
from tests.factories.shop import UNIT, a_basket, a_variant, the_details
from tests.identity.post import mails_to
from tests.storefront.paid import give_back, pay


def given(shop: Tenant, to: str, *, price: int = 9 * UNIT, **said: str) -> Order:
    """Music that was paid for somebody else."""
    held = a_basket(shop, a_variant(shop, release_id=a_release(shop, "For Bea"), title="For Bea", price=price))
    with tenant_work(shop) as session:
        basket = session.get_one(Basket, held.basket.id)
        line = baskets.lines_of(session, basket)[0]
        baskets.give(session, basket, line.id, {"to": to} | said)
        total = quote(session, shop, basket, country="DE").total_micros
        order = ordering.place(session, shop, Actor.system(shop), basket, the_details(total))
    return pay(shop, order)


def asked_of(shop: Tenant) -> int:
    """How often somebody was to be told of a gift."""
    with platform_read() as session:
        query = select(func.count()).select_from(OutboxRow)
        return session.scalar(query.where(OutboxRow.task == "storefront.give", OutboxRow.label == shop.id)) or 0


def test_whoever_gets_a_gift_is_told_at_once_from_whom_it_is_and_where_it_waits(
    client_of: Any, settings: Settings, shop: Tenant
) -> None:
    given(
        shop,
        "bea@fans.test",
        **{
            "from": "Ada",
            "words": "Listen! https://evil.test/x, Evil.test/x or www.evil.test: 9.50, J.R.R. & St. Pauli.",
        },
    )
    (mail,) = mails_to(settings, shop, "bea@fans.test")
    assert mail.subject == "Ada has a gift for you"
    assert "For Bea" in mail.text
    assert "“Listen! … … or … 9.50, J.R.R. & St. Pauli.”" in mail.text, (
        "nobody leads strangers anywhere in the label's name"
    )
    assert "/en/account/library" in mail.text
    client = signed_in(client_of(f"{shop.slug}.localhost"), shop, a_fan(shop, "bea@fans.test"))
    page = client.get("/en/account/library").text
    for part in ("From Ada", "Listen!", "Take the gift"):
        assert part in page, part


def test_a_gift_for_a_day_is_neither_told_nor_seen_before_it_and_told_once(
    client_of: Any, settings: Settings, shop: Tenant
) -> None:
    to, day = "cem@fans.test", clock.now() + timedelta(days=20)
    given(shop, to, on=day.date().isoformat(), **{"from": "Ada"})
    fan = a_fan(shop, to)
    for ahead, told in ((0, 0), (19, 0), (21, 1), (22, 1)):  # on the day itself nothing ran
        with clock.frozen_at(clock.now() + timedelta(days=ahead)):
            with tenant_work(shop) as session:
                giving.begin_day(session, shop)
            assert len(mails_to(settings, shop, to)) == told, ahead
            client = signed_in(client_of(f"{shop.slug}.localhost"), shop, fan)
            assert ("Take the gift" in client.get("/en/account").text) is bool(told), ahead


def test_a_gift_for_a_day_arrives_though_whoever_gave_it_was_erased(
    client_of: Any, settings: Settings, shop: Tenant
) -> None:
    to, day, giver = "fay@fans.test", clock.now() + timedelta(days=5), a_fan(shop, "gus@fans.test")
    order = given(shop, to, on=day.date().isoformat(), **{"from": "Gus", "words": "From Gus"})
    with tenant_work(shop) as session:
        session.get_one(Order, order.id).fan_id = giver.id
        session.flush()
        erasing.erase(session, shop, session.get_one(Fan, giver.id))
    fan = a_fan(shop, to)
    client = signed_in(client_of(f"{shop.slug}.localhost"), shop, fan)
    assert "Take the gift" not in client.get("/en/account").text
    with clock.frozen_at(day + timedelta(days=1)), tenant_work(shop) as session:
        giving.begin_day(session, shop)
    (mail,) = mails_to(settings, shop, to)
    assert mail.subject == "Somebody has a gift for you"
    assert "Gus" not in mail.text


def test_nobody_is_told_of_a_gift_that_was_given_back(settings: Settings, shop: Tenant) -> None:
    day = clock.now() + timedelta(days=5)
    give_back(shop, given(shop, "dora@fans.test", on=day.date().isoformat()))
    before = asked_of(shop)
    with clock.frozen_at(day + timedelta(days=1)):
        with tenant_work(shop) as session:
            giving.begin_day(session, shop)
        assert mails_to(settings, shop, "dora@fans.test") == []
        assert asked_of(shop) == before, "nor is anybody asked to, day by day"


@pytest.mark.parametrize("day", ["2020-01-01", "tomorrow", "2026-02-30", "9999-12-31"])
def test_a_day_that_is_none_or_too_far_is_refused(shop: Tenant, day: str) -> None:
    held = a_basket(shop)
    with pytest.raises(GiftDayUnusable), tenant_work(shop) as session:
        basket = session.get_one(Basket, held.basket.id)
        baskets.give(session, basket, baskets.lines_of(session, basket)[0].id, {"to": "e@fans.test", "on": day})
