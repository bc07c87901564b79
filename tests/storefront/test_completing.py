"""What a paid order gives: music now or when it comes out, gifts to others, memberships; and mail in the buyer's tongue."""

from __future__ import annotations

from datetime import UTC, timedelta

import msgspec
import pytest
from sqlalchemy import select, update

from app.catalog.models import Track
from app.fans.models import Fan
from app.kernel import clock, crypto, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.jobs.outbox import OutboxRow
from app.kernel.mail import Mail
from app.kernel.tenant import Tenant
from app.storefront import tasks
from app.storefront.models import (
    Basket,
    BasketLine,
    Fulfilment,
    Membership,
    Order,
    Owned,
)
from app.storefront.rules.renewals import next_on
from app.storefront.service import ordering, telling
from app.storefront.service.quoting import quote
from tests.factories.catalog import a_release
from tests.factories.shop import UNIT, a_basket, a_variant, an_order, the_details
from tests.storefront.paid import give_back, pay, the_order


def owned_of(shop: Tenant, order: Order) -> list[Owned]:
    with tenant_read(shop) as session:
        return list(session.scalars(select(Owned).where(Owned.order_id == order.id).order_by(Owned.opens_at, Owned.id)))


def test_music_that_is_not_out_yet_opens_on_its_day_and_some_tracks_at_once(shop: Tenant) -> None:
    day = (clock.now() + timedelta(days=30)).date()
    release = a_release(shop, tracks=3, release_date=day.isoformat())
    with tenant_work(shop) as session:
        first = session.scalars(select(Track).where(Track.release_id == release, Track.number == 1)).one()
        session.execute(update(Track).where(Track.id == first.id).values(is_instant_grat=True))
    order = pay(shop, an_order(shop, a_variant(shop, release_id=release)))
    early, whole = owned_of(shop, order)
    assert (early.recording_id, early.opens_at <= clock.now()) == (first.recording_id, True)
    assert (whole.release_id, whole.opens_at.astimezone(UTC).date() in (day, day - timedelta(days=1))) == (
        release,
        True,
    )


def test_a_gift_belongs_to_whoever_it_was_given_to(shop: Tenant) -> None:
    held = a_basket(shop, a_variant(shop))
    with tenant_work(shop) as session:
        session.execute(
            update(BasketLine).where(BasketLine.basket_id == held.basket.id).values(gift={"to": "b@fans.test"})
        )
    with tenant_work(shop) as session:
        basket = session.get_one(Basket, held.basket.id)
        total = quote(session, shop, basket, country="DE").total_micros
        order = ordering.place(session, shop, Actor.system(shop), basket, the_details(total))
    (owned,) = owned_of(shop, pay(shop, order))
    assert (owned.gift_email, owned.fan_id) == ("b@fans.test", None)


def test_a_member_begins_when_the_first_month_is_paid_and_ends_when_it_goes_back(shop: Tenant) -> None:
    fan_id = ids.new_id()
    with tenant_work(shop) as session:
        session.add(Fan(id=fan_id, email=f"{fan_id.hex}@fans.test", language="en", created_at=clock.now()))
    tier = a_variant(shop, "membership", price=5 * UNIT, interval="month")
    order = pay(shop, an_order(shop, tier, fan_id=fan_id))
    assert order.state == "delivered"
    with tenant_read(shop) as session:
        member = session.scalars(select(Membership).where(Membership.fan_id == fan_id)).one()
    assert (member.state, member.renews_on) == ("active", next_on(clock.now().date(), "month"))
    give_back(shop, order)
    with tenant_read(shop) as session:
        assert session.scalars(select(Membership.state).where(Membership.fan_id == fan_id)).one() == "ended"


@pytest.mark.parametrize(
    ("day", "interval", "expected"),
    [
        ((2026, 1, 31), "month", (2026, 2, 28)),
        ((2028, 2, 29), "year", (2029, 2, 28)),
        ((2026, 11, 30), "quarter", (2027, 2, 28)),
    ],
)
def test_a_membership_is_renewed_on_the_same_day_or_the_months_last(day, interval, expected) -> None:
    from datetime import date

    assert next_on(date(*day), interval) == date(*expected)


def letters(shop: Tenant, to: str) -> list[Mail]:
    """What was written to somebody, as far as it waits to be sent."""
    import base64

    from app.kernel.db import platform_read

    with platform_read() as session:
        asked = select(OutboxRow).where(OutboxRow.task == "mail.send", OutboxRow.label == shop.id)
        rows = session.scalars(asked.order_by(OutboxRow.id))
        sealed = [base64.b64decode(row.args["sealed"]) for row in rows]
    found = [msgspec.json.decode(crypto.open_sealed(shop, each, "mail"), type=Mail) for each in sealed]
    return [each for each in found if each.to == to]


def test_the_buyer_is_told_once_of_each_step_in_their_language(shop: Tenant) -> None:
    shirt = a_variant(shop, "physical", in_stock=5, title="Nachtfalter-Shirt")
    order = pay(shop, an_order(shop, shirt, language="de"))
    with tenant_work(shop) as session:
        tasks.thank(session, shop, order=str(order.id))
    with tenant_work(shop) as session:
        sent = session.scalars(select(Fulfilment).where(Fulfilment.order_id == order.id)).one()
        sent.carrier, sent.tracking = "DHL", "00340"
        telling.tell_shipped(session, shop, session.get_one(Order, order.id), sent)
    made = give_back(shop, order)
    with tenant_work(shop) as session:
        tasks.tell_refund(session, shop, refund=str(made.id))
    told = letters(shop, the_order(shop, order).email)
    assert [each.language for each in told] == ["de"] * 3
    places = [each.places or {} for each in told]
    assert "Nachtfalter-Shirt" in places[0]["receipt"]
    assert "€" in places[0]["receipt"]
    assert "00340" in places[1]["tracking"]
    assert places[2]["amount"].replace("\xa0", " ").endswith("€")
    assert all("/de/orders/" in each["link"] for each in places)


def test_nobody_is_written_to_who_was_erased(shop: Tenant) -> None:
    order = pay(shop, an_order(shop))
    with tenant_work(shop) as session:
        held = session.get_one(Order, order.id)
        email, held.email = held.email, None
        session.flush()
        telling.thank(session, shop, held)
    assert letters(shop, str(email)) == []
