"""Holding back what is disputed: no more, no longer, and renewed only by a second person."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.identity.errors import SamePerson
from app.kernel import clock
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Refusal
from app.payouts.errors import HoldOver, HoldTooLarge, NotEnough
from app.payouts.models import PayoutHold
from app.payouts.service import holds
from tests.factories.labels import a_label
from tests.factories.payouts import a_person, ask, check_books, earn, four_numbers, owed

EUR = 1_000_000


@pytest.fixture
def label(connected):
    return a_label()


def held(label, payee, euros, by=None):
    with tenant_work(label) as session:
        return holds.hold(
            session, by or a_person(label), payee, currency="EUR", amount_micros=euros * EUR, reason="who wrote it"
        )


def the_hold(session, key):
    return session.get_one(PayoutHold, key, with_for_update=True)


def test_only_what_is_disputed_is_held_and_the_rest_can_be_had(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    held(label, payee, 300)
    assert four_numbers(label, payee) == (700 * EUR, 0, 0, 300 * EUR)
    with pytest.raises(NotEnough):
        ask(label, payee, 70_001)
    with pytest.raises(HoldTooLarge, match=r"At most €700\.00 can be held"):
        held(label, payee, 701)
    ask(label, payee, 70_000)
    with pytest.raises(HoldTooLarge):
        held(label, payee, 1)
    check_books(label)


def test_a_hold_ends_by_itself_once_and_never_before_its_day(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    hold = held(label, payee, 300)
    with clock.frozen_at(hold.ends_at - timedelta(minutes=1)):
        assert holds.release_over(label) == 0
    with clock.frozen_at(hold.ends_at):
        assert [holds.release_over(label) for _ in range(2)] == [1, 0]
    assert four_numbers(label, payee) == (1000 * EUR, 0, 0, 0)
    with tenant_work(label) as session, pytest.raises(HoldOver):
        holds.renew(session, a_person(label), the_hold(session, hold.id))
    check_books(label)


def test_only_a_second_person_renews_and_each_time_another(label, tmp_path):
    (payee,), first, second = owed(label, tmp_path), a_person(label), a_person(label)
    hold = held(label, payee, 300, by=first)
    with tenant_work(label) as session, pytest.raises(SamePerson):
        holds.renew(session, first, the_hold(session, hold.id))
    with clock.frozen_at(hold.ends_at - timedelta(days=1)):
        with tenant_work(label) as session:
            holds.renew(session, second, the_hold(session, hold.id))
    with tenant_work(label) as session, pytest.raises(SamePerson):
        holds.renew(session, second, the_hold(session, hold.id))
    with clock.frozen_at(hold.ends_at + timedelta(days=1)):
        assert holds.release_over(label) == 0
    with clock.frozen_at(hold.ends_at + timedelta(days=30)):
        assert holds.release_over(label) == 1
    check_books(label)


def test_a_hold_and_a_payout_at_once_share_what_is_there(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    together = threading.Barrier(6)

    def tries(number):
        together.wait()
        try:
            held(label, payee, 300) if number % 2 else ask(label, payee, 30_000)
        except Refusal:
            return 0
        return 1

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(tries, range(6))) == 3
    available, _, reserved, kept = four_numbers(label, payee)
    assert (available, reserved + kept) == (100 * EUR, 900 * EUR)
    check_books(label)


def test_many_let_go_of_one_hold_once(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    hold = held(label, payee, 300)
    together = threading.Barrier(6)

    def tries(number):
        together.wait()
        if number % 2:
            return holds.release_over(label)
        try:
            with tenant_work(label) as session:
                holds.release(session, a_person(label), the_hold(session, hold.id))
        except HoldOver:
            return 0
        return 1

    with clock.frozen_at(hold.ends_at), ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(tries, range(6))) == 1
    assert four_numbers(label, payee) == (1000 * EUR, 0, 0, 0)
    check_books(label)


def test_what_is_held_can_be_let_go_of_after_all_else_was_taken_back(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    hold = held(label, payee, 300)
    earn(label, payee, -900 * EUR)
    assert four_numbers(label, payee)[3] == 300 * EUR
    with tenant_work(label) as session:
        holds.release(session, a_person(label), the_hold(session, hold.id))
    assert four_numbers(label, payee) == (100 * EUR, 0, 0, 0)
    with tenant_read(label) as session:
        assert session.scalars(select(PayoutHold)).one().released_by is not None
    check_books(label)
