"""The promise of an instant payout: within the hour, or its fee comes back by itself, once and never wrongly."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.kernel import clock
from app.kernel.activity import Activity
from app.kernel.db import tenant_read, tenant_work
from app.ledger.rules import Kind
from app.payouts.gateways import sandbox
from app.payouts.service import hearing, promising, sending
from tests.factories.labels import a_label
from tests.factories.payouts import a_day_later, ask, check_books, four_numbers, held_by, owed, the_payout

EUR = 1_000_000
FEE = 900_000
ALMOST, OVER = timedelta(minutes=59), timedelta(minutes=61)


@pytest.fixture
def label(connected):
    return a_label()


def instant(label, folder, ending):
    (payee,) = owed(label, folder, endings=[ending])
    (payout,) = ask(label, payee, 10_000, speed="instant")
    return payee, payout


def after(pause):
    return clock.frozen_at(clock.now() + pause)


def bank_moves(label, *, is_told=True):
    with tenant_work(label) as session:
        moved = sandbox.move(session)
        if is_told:
            hearing.hear_of(session, moved)
    hearing.hear(label)


def test_a_late_one_gives_its_fee_back_once_and_arrives_all_the_same(label, tmp_path):
    payee, payout = instant(label, tmp_path, "0003")
    sending.send_due(label)
    with after(ALMOST):
        assert promising.keep(label) == 0
    with after(OVER):
        assert [promising.keep(label) for _ in range(3)] == [1, 0, 0]
    assert four_numbers(label, payee) == (900 * EUR + FEE, 0, 100 * EUR - FEE, 0)
    check_books(label)
    with after(timedelta(hours=3)):
        bank_moves(label)
        assert promising.keep(label) == 0
    assert the_payout(label, payout.id).state == "paid"
    assert (held_by(label, Kind.PAYOUT_FEE), held_by(label, Kind.BANK)) == (0, -payout.sent_micros)
    assert four_numbers(label, payee) == (900 * EUR + FEE, 0, 0, 0)
    check_books(label)


def test_one_that_arrived_late_before_anybody_looked_gives_its_fee_back(label, tmp_path):
    payee, _ = instant(label, tmp_path, "0003")
    sending.send_due(label)
    with after(timedelta(hours=3)):
        bank_moves(label)
        assert held_by(label, Kind.PAYOUT_FEE) == FEE
        assert [promising.keep(label) for _ in range(2)] == [1, 0]
    assert held_by(label, Kind.PAYOUT_FEE) == 0
    assert four_numbers(label, payee)[0] == 900 * EUR + FEE
    check_books(label)


def test_one_that_arrived_in_time_keeps_its_fee_though_nobody_heard_of_it(label, tmp_path):
    payee, payout = instant(label, tmp_path, "1234")
    sending.send_due(label)
    with after(timedelta(minutes=1)):
        bank_moves(label, is_told=False)
    with after(timedelta(days=1)):
        assert promising.keep(label) == 0
    assert the_payout(label, payout.id).state == "paid"
    assert held_by(label, Kind.PAYOUT_FEE) == FEE
    assert four_numbers(label, payee)[0] == 900 * EUR
    check_books(label)


@pytest.mark.parametrize("pause", [OVER, -timedelta(minutes=10), -timedelta(days=1)])
def test_a_clock_that_is_set_back_returns_no_fee_that_was_earned(label, tmp_path, pause):
    _, payout = instant(label, tmp_path, "1234")
    sending.send_due(label)
    with after(timedelta(minutes=1)):
        bank_moves(label)
    with after(pause):
        assert promising.keep(label) == 0
    assert the_payout(label, payout.id).fee_returned_at is None
    check_books(label)


@pytest.mark.parametrize(("ending", "state"), [("0005", "failed"), ("0002", "returned")])
def test_a_fee_that_was_given_back_is_not_given_back_again_when_the_money_returns(label, tmp_path, ending, state):
    payee, payout = instant(label, tmp_path, ending)
    sending.send_due(label)
    with after(OVER):
        with tenant_work(label) as session:
            promising.keep_promises(session, label, clock.now())
    a_day_later(label)
    a_day_later(label)
    assert the_payout(label, payout.id).state == state
    assert four_numbers(label, payee) == (1000 * EUR, 0, 0, 0)
    assert {held_by(label, kind) for kind in (Kind.PAYOUT_FEE, Kind.BANK, Kind.PLATFORM)} == {0}
    check_books(label)


def test_a_lost_answer_does_not_keep_the_fee(label, tmp_path):
    payee, payout = instant(label, tmp_path, "0004")
    sending.send_due(label)
    assert the_payout(label, payout.id).state == "unknown"
    with after(OVER):
        assert promising.keep(label) == 1
        sending.ask_again(label)
    assert the_payout(label, payout.id).state == "sent"
    a_day_later(label)
    assert four_numbers(label, payee) == (900 * EUR + FEE, 0, 0, 0)
    check_books(label)


def test_many_workers_give_one_fee_back_once(label, tmp_path):
    payee, _ = instant(label, tmp_path, "0003")
    sending.send_due(label)
    together = threading.Barrier(4)

    def keeps(_):
        together.wait()
        return promising.keep(label)

    with after(OVER), ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(keeps, range(4))) == 1
    assert four_numbers(label, payee)[0] == 900 * EUR + FEE
    with tenant_read(label) as session:
        told = select(func.count()).select_from(Activity).where(Activity.action == "payout.fee_returned")
        assert session.scalar(told) == 1
    check_books(label)
