"""Memberships: charged again for each period, once, at a price that was agreed or announced, until somebody ends them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select, update

from app.catalog.models import Release
from app.fans.models import Fan
from app.kernel import clock, ids
from app.kernel.db import tenant_read, tenant_work
from app.storefront.models import (
    Membership,
    MembershipRenewal,
    Order,
    Product,
    SandboxCharge,
    StoreSettings,
    Variant,
)
from app.storefront.queries import library as queries
from app.storefront.rules.refusals import MembershipNeedsFan
from app.storefront.rules.renewals import is_announced, is_to_announce, next_on, next_try, price_due
from app.storefront.service import library, members, paying, renewing, returning
from tests.factories.catalog import a_release
from tests.factories.shop import UNIT, a_variant, an_order
from tests.storefront.paid import LATER, check_money, give_back, lines_of, move, pay, payments_of, refunds_of, the_order
from tests.storefront.test_completing import letters
from tests.storefront.test_pay_killed import killed_at

AGAIN_DECLINED, LOST = "4000000000000341", "4000000000006975"
PRICE = 5 * UNIT


def at(day):
    """A day of the label's, at noon."""
    return clock.frozen_at(datetime.combine(day, time(12), UTC))


def a_fan(shop):
    fan_id = ids.new_id()
    with tenant_work(shop) as session:
        fan = Fan(id=fan_id, email=f"{fan_id.hex}@fans.test", name="Ada", language="en", created_at=clock.now())
        session.add(fan)
    return fan


def a_member(shop, day, *, card=None, interval="month", tier=None, fan=None):
    """Somebody who became a member on a day."""
    fan = fan or a_fan(shop)
    with at(day):
        tier = tier or a_variant(shop, "membership", price=PRICE, interval=interval)
        order = an_order(shop, tier, fan_id=fan.id, email=fan.email)
        pay(shop, order, card) if card else pay(shop, order)
    return of_fan(shop, fan)


def of_fan(shop, fan):
    with tenant_read(shop) as session:
        query = select(Membership).where(Membership.fan_id == fan.id)
        return session.scalars(query.order_by(Membership.started_at.desc()).limit(1)).one()


def the_member(shop, member):
    with tenant_read(shop) as session:
        return session.get_one(Membership, member.id)


def the_fan(shop, member):
    with tenant_read(shop) as session:
        return session.get_one(Fan, member.fan_id)


def renewals_of(shop, member):
    with tenant_read(shop) as session:
        query = select(MembershipRenewal, Order).join(Order, Order.id == MembershipRenewal.order_id)
        rows = session.execute(query.where(MembershipRenewal.membership_id == member.id).order_by(Order.number))
        return [tuple(row) for row in rows]


def begin(shop, day):
    """The label's morning, as far as it asks for work."""
    with at(day), tenant_work(shop) as session:
        renewing.begin_day(session, shop)


def renewed(shop, member, day):
    """The label's morning of a day, for one member."""
    begin(shop, day)
    with at(day):
        renewing.renew(shop, member.id)
    return the_member(shop, member)


def price(shop, member, micros):
    with tenant_work(shop) as session:
        session.execute(update(Variant).where(Variant.id == member.variant_id).values(price_micros=micros))


@pytest.mark.parametrize(
    ("start", "interval", "days"),
    [
        (date(2027, 1, 31), "month", [date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]),
        (date(2028, 2, 29), "year", [date(2029, 2, 28), date(2030, 2, 28), date(2031, 2, 28), date(2032, 2, 29)]),
    ],
)
def test_short_months_do_not_move_the_day(start, interval, days) -> None:
    day = start
    for expected in days:
        day = next_on(day, interval, start.day)
        assert day == expected


def test_it_is_tried_on_three_more_days() -> None:
    first = date(2027, 3, 1)
    assert [next_try(first, tries) for tries in (1, 2, 3, 4)] == [
        date(2027, 3, 2), date(2027, 3, 4), date(2027, 3, 8), None,
    ]  # fmt: skip


def test_no_more_is_charged_than_was_agreed_or_announced_in_time() -> None:
    renews = date(2027, 3, 31)
    assert [is_to_announce(None, renews, renews - timedelta(days=each)) for each in (22, 21, 14, 13)] == [
        False, True, True, False,
    ]  # fmt: skip
    assert not is_to_announce(renews - timedelta(days=20), renews, renews - timedelta(days=15))
    assert is_announced(renews - timedelta(days=14), renews, renews)
    assert not is_announced(renews - timedelta(days=13), renews, renews)
    assert not is_announced(renews - timedelta(days=40), renews, renews)
    assert (price_due(7, 5, None), price_due(7, 5, 6), price_due(7, 5, 7), price_due(4, 5, None)) == (5, 6, 7, 4)
    assert (price_due(7, None, None), price_due(7, None, 7)) == (None, 7)


def test_every_period_is_charged_once_and_on_the_day_on_which_it_began(shop):
    member = a_member(shop, date(2027, 1, 31))
    assert (member.renews_on, member.anchor_day, member.price_micros) == (date(2027, 2, 28), 31, PRICE)
    assert renewed(shop, member, date(2027, 2, 27)).renews_on == date(2027, 2, 28)
    assert renewed(shop, member, date(2027, 2, 28)).renews_on == date(2027, 3, 31)
    assert renewed(shop, member, date(2027, 2, 28)).renews_on == date(2027, 3, 31)
    assert renewed(shop, member, date(2027, 3, 31)).renews_on == date(2027, 4, 30)
    found = renewals_of(shop, member)
    assert [renewal.period_on for renewal, _ in found] == [date(2027, 2, 28), date(2027, 3, 31)]
    assert [(order.state, order.total_micros) for _, order in found] == [("delivered", PRICE)] * 2
    line = lines_of(shop, found[0][1])[0]
    assert (line.period_from, line.period_until) == (date(2027, 2, 28), date(2027, 3, 30))
    assert [each.state for each in payments_of(shop, found[0][1])] == ["paid"]
    check_money(shop)


def test_two_who_renew_at_once_charge_once(shop):
    from concurrent.futures import ThreadPoolExecutor

    member = a_member(shop, date(2027, 1, 10))
    with at(date(2027, 2, 10)), ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: renewing.renew(shop, member.id), range(4)))
    ((_, order),) = renewals_of(shop, member)
    assert the_member(shop, member).renews_on == date(2027, 3, 10)
    assert [each.state for each in payments_of(shop, order)] == ["paid"]
    check_money(shop)


@pytest.mark.parametrize(
    "place", ["store.renewing", "store.renewal_noted", "store.charge_committed", "store.applying", "store.settled"]
)
def test_whoever_is_killed_while_renewing_charges_once(shop, connected, monkeypatch, place):
    monkeypatch.setenv("BOPTONE_ENV", "test")
    today = members.today(shop)
    member = a_member(shop, today - timedelta(days=40))
    with tenant_work(shop) as session:
        session.execute(update(Membership).where(Membership.id == member.id).values(renews_on=today))
    assert killed_at(place, connected, lambda: renewing.renew(shop, member.id))
    renewing.renew(shop, member.id)
    paying.look(shop, renewals_of(shop, member)[0][1].id)
    ((_, order),) = renewals_of(shop, member)
    assert (order.state, the_member(shop, member).state) == ("delivered", "active")
    assert [each.state for each in payments_of(shop, order)] == ["paid"]
    with tenant_read(shop) as session:
        charges = select(func.count()).where(SandboxCharge.payment_id == payments_of(shop, order)[0].id)
        assert session.scalar(charges) == 1
    check_money(shop)


def test_an_answer_that_is_lost_is_asked_for_again(shop):
    member = a_member(shop, date(2027, 1, 10), card=LOST)
    assert renewed(shop, member, date(2027, 2, 10)).renews_on == date(2027, 3, 10)
    check_money(shop)


def test_who_cannot_be_charged_is_told_tried_again_and_in_the_end_no_member(shop):
    member = a_member(shop, date(2027, 1, 10), card=AGAIN_DECLINED)
    fan, first = the_fan(shop, member), date(2027, 2, 10)
    states = [renewed(shop, member, first + timedelta(days=each)).state for each in (0, 0, 1, 2, 3, 7)]
    assert states == ["late", "late", "late", "late", "late", "ended"]
    ((renewal, order),) = renewals_of(shop, member)
    assert (renewal.tries, order.state) == (4, "cancelled")
    assert [each.state for each in payments_of(shop, order)] == ["failed"] * 4
    assert the_member(shop, member).ends_on == first
    told = [each for each in letters(shop, fan.email) if "could not be paid" in each.subject]
    assert len(told) == 3
    assert "/en/orders/" in told[0].places["link"]
    assert [each for each in letters(shop, fan.email) if "is over" in each.subject]
    assert renewed(shop, member, first + timedelta(days=30)).state == "ended"
    check_money(shop)


def test_who_is_late_pays_by_the_link_and_stays_with_the_new_card(shop):
    member = a_member(shop, date(2027, 1, 10), card=AGAIN_DECLINED)
    assert renewed(shop, member, date(2027, 2, 10)).state == "late"
    ((_, order),) = renewals_of(shop, member)
    with at(date(2027, 2, 12)):
        assert pay(shop, the_order(shop, order)).state == "delivered"
    again = the_member(shop, member)
    assert (again.state, again.renews_on) == ("active", date(2027, 3, 10))
    assert again.reference != member.reference
    assert renewed(shop, member, date(2027, 2, 13)).renews_on == date(2027, 3, 10)
    assert renewed(shop, member, date(2027, 3, 10)).renews_on == date(2027, 4, 10)
    check_money(shop)


def test_a_higher_price_is_charged_only_after_it_was_announced(shop):
    member = a_member(shop, date(2027, 1, 10))
    fan = the_fan(shop, member)
    begin(shop, date(2027, 1, 24))
    price(shop, member, 7 * UNIT)
    begin(shop, date(2027, 1, 30))
    assert not [each for each in letters(shop, fan.email) if "will cost" in each.subject]
    assert renewed(shop, member, date(2027, 2, 10)).price_micros == PRICE
    begin(shop, date(2027, 2, 17))
    begin(shop, date(2027, 2, 18))
    (told,) = [each for each in letters(shop, fan.email) if "will cost" in each.subject]
    assert (told.places["amount"], told.places["day"]) == ("€7.00", "March 10, 2027")
    price(shop, member, 9 * UNIT)
    assert renewed(shop, member, date(2027, 3, 10)).price_micros == 7 * UNIT
    price(shop, member, 4 * UNIT)
    assert renewed(shop, member, date(2027, 4, 10)).price_micros == 4 * UNIT
    assert [order.total_micros for _, order in renewals_of(shop, member)] == [PRICE, 7 * UNIT, 4 * UNIT]


def test_who_ends_a_membership_keeps_what_is_paid_for_and_pays_no_more(shop):
    member = a_member(shop, date(2027, 1, 10))
    fan = the_fan(shop, member)
    with at(date(2027, 1, 20)), tenant_work(shop) as session:
        members.end(session, shop, fan, member.id)
    kept = the_member(shop, member)
    assert (kept.state, kept.ends_on) == ("active", date(2027, 2, 10))
    assert renewed(shop, member, date(2027, 2, 9)).state == "active"
    assert renewed(shop, member, date(2027, 2, 10)).state == "ended"
    assert renewals_of(shop, member) == []


def test_who_ends_while_late_owes_nothing(shop):
    member = a_member(shop, date(2027, 1, 10), card=AGAIN_DECLINED)
    renewed(shop, member, date(2027, 2, 10))
    with at(date(2027, 2, 10)), tenant_work(shop) as session:
        members.end(session, shop, the_fan(shop, member), member.id)
    ((_, order),) = renewals_of(shop, member)
    assert (order.state, the_member(shop, member).state) == ("cancelled", "ended")
    assert renewed(shop, member, date(2027, 2, 11)).state == "ended"
    assert len(payments_of(shop, order)) == 1


def test_a_period_that_is_given_back_ends_the_membership_on_its_first_day(shop):
    member = a_member(shop, date(2027, 1, 10))
    renewed(shop, member, date(2027, 2, 10))
    ((_, order),) = renewals_of(shop, member)
    give_back(shop, order)
    ended = the_member(shop, member)
    assert (ended.state, ended.ends_on) == ("ended", date(2027, 2, 10))


def test_a_shop_that_is_closed_and_a_tier_that_is_gone_charge_nobody(shop):
    member, gone = a_member(shop, date(2027, 1, 10)), a_member(shop, date(2027, 1, 10))
    with tenant_work(shop) as session:
        session.execute(update(StoreSettings).values(is_open=False))
        session.execute(update(Product).where(Product.id == gone.product_id).values(state="archived"))
    assert renewed(shop, member, date(2027, 2, 10)).state == "active"
    assert renewed(shop, gone, date(2027, 2, 10)).state == "ended"
    assert renewals_of(shop, member) == renewals_of(shop, gone) == []
    with tenant_work(shop) as session:
        session.execute(update(StoreSettings).values(is_open=True))
    assert renewed(shop, member, date(2027, 2, 12)).renews_on == date(2027, 3, 10)


def test_a_limited_tier_that_is_full_keeps_its_members(shop):
    tier = a_variant(shop, "membership", price=PRICE, interval="month", most=1)
    member = a_member(shop, date(2027, 1, 10), tier=tier)
    assert renewed(shop, member, date(2027, 2, 10)).renews_on == date(2027, 3, 10)


def test_a_guest_cannot_be_a_member(shop):
    with pytest.raises(MembershipNeedsFan):
        an_order(shop, a_variant(shop, "membership", price=PRICE, interval="month"))


def test_members_have_what_comes_out_while_they_are_members(shop):
    member = a_member(shop, date(2027, 1, 10))
    fan = the_fan(shop, member)
    days = {"2027-01-09": False, "2027-01-10": True, "2027-01-20": True, "2027-02-10": False, "2027-02": False}
    titles = {day: a_release(shop, title=f"Out {day}") for day in days}
    with tenant_work(shop) as session:
        for day, release in titles.items():
            session.execute(update(Release).where(Release.id == release).values(release_date=day))

    def held():
        with tenant_read(shop) as session:
            return {item.release_id for item in library.owned_by(session, shop, fan)}

    with at(date(2027, 1, 15)):
        assert held() == {titles["2027-01-10"]}
    with at(date(2027, 1, 20)), tenant_work(shop) as session:
        members.end(session, shop, fan, member.id)
    with at(date(2027, 2, 28)):
        assert held() == {titles[day] for day, is_theirs in days.items() if is_theirs}
        with tenant_read(shop) as session:
            item = library.item_to_hear(session, shop, fan, titles["2027-01-20"])
            assert item.is_open
            assert library.tracks(session, item) is not None
            stranger = a_fan(shop)
            assert session.execute(queries.members_items(stranger, "UTC", "2027-02-28")).all() == []


def test_a_bank_that_takes_its_time_is_waited_for_and_nobody_pays_for_what_they_ended(shop):
    patient, leaving = a_member(shop, date(2027, 1, 10)), a_member(shop, date(2027, 1, 10))
    with tenant_work(shop) as session:
        kept = SandboxCharge.reference.in_([patient.reference, leaving.reference])
        session.execute(update(SandboxCharge).where(kept).values(ending=LATER[-4:]))
    for member in (patient, leaving):
        for day in (date(2027, 2, 10), date(2027, 2, 11)):
            assert renewed(shop, member, day).renews_on == date(2027, 2, 10)
        ((renewal, order),) = renewals_of(shop, member)
        assert (renewal.tries, [each.state for each in payments_of(shop, order)]) == (1, ["acting"])
    with at(date(2027, 2, 12)):
        with tenant_work(shop) as session:
            members.end(session, shop, the_fan(shop, leaving), leaving.id)
        move(shop)
        returning.send_open(shop)
    assert the_member(shop, patient).renews_on == date(2027, 3, 10)
    ((_, order),) = renewals_of(shop, leaving)
    assert (the_member(shop, leaving).state, order.state) == ("ended", "cancelled")
    assert [(each.state, each.problem) for each in payments_of(shop, order)] == [("cancelled", "too_late")]
    assert [each.amount_micros for each in refunds_of(shop, order)] == [PRICE]
    check_money(shop)
