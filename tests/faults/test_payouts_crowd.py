"""Many at once at one balance, one payout, one label: what one after the other would come to, and nobody is stuck."""

from __future__ import annotations

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Busy, Refusal, Unavailable
from app.ledger.rules import Kind
from app.payouts.errors import NotEnough
from app.payouts.gateways.rail import Report
from app.payouts.models import Payout, SandboxTransfer
from app.payouts.service import applying, hearing, methods, reconciling, requesting, sending
from app.roster.models import Payee
from tests.factories.labels import a_label
from tests.factories.payouts import (
    a_day_later,
    a_person,
    ask,
    check_books,
    due_now,
    earn,
    four_numbers,
    held_by,
    owed,
    the_payout,
)

EUR = 1_000_000


@pytest.fixture
def label(connected):
    return a_label()


def crowd(people, act):
    """What came of many doing something at the same moment; who finds no room comes again, as a browser does."""
    together = threading.Barrier(people)

    def one(number):
        together.wait()
        while True:
            try:
                return act(number)
            except (Busy, Unavailable, OperationalError):  # who waited too long for a row is asked to come again, too
                continue
            except Refusal as refusal:
                return type(refusal)

    with ThreadPoolExecutor(people) as pool:
        return list(pool.map(one, range(people)))


def payouts(label):
    with tenant_read(label) as session:
        return list(session.scalars(select(Payout).order_by(Payout.number)))


@pytest.mark.slow
def test_of_twenty_who_ask_for_thirty_of_a_hundred_three_get_it(label, tmp_path):
    (payee,) = owed(label, tmp_path, ["100"])
    came = crowd(20, lambda _: len(ask(label, payee, 3_000)))
    assert Counter(came) == {1: 3, NotEnough: 17}
    assert four_numbers(label, payee) == (10 * EUR, 0, 90 * EUR, 0)
    check_books(label)
    sending.send_due(label)
    a_day_later(label)
    assert held_by(label, Kind.BANK) == -81 * EUR


@pytest.mark.slow
def test_one_wish_sent_fifty_times_at_once_is_one_payout_and_fifty_answers(label, tmp_path):
    (payee,), who = owed(label, tmp_path), a_person(label)
    came = crowd(50, lambda _: ask(label, payee, 10_000, key="once", actor=who)[0].id)
    assert len(set(came)) == 1
    assert [each.id for each in payouts(label)] == came[:1]
    assert four_numbers(label, payee) == (900 * EUR, 0, 100 * EUR, 0)
    check_books(label)


def test_two_devices_that_both_want_everything_share_it_never(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    came = crowd(2, lambda _: len(ask(label, payee)))
    assert came.count(1) == 1
    assert four_numbers(label, payee) == (0, 0, 1000 * EUR, 0)
    check_books(label)


@pytest.mark.slow
def test_many_workers_share_the_payouts_and_each_is_sent_once(label, tmp_path):
    payees = owed(label, tmp_path, ["1000"] * 3, endings=["1234", "0004", "0001"])
    for payee in payees:
        for _ in range(12):
            ask(label, payee, 2_000)
    came = crowd(6, lambda _: sending.send_due(label))
    assert sum(came) == 36
    due_now(label)
    crowd(6, lambda number: sending.ask_again(label) if number % 2 else hearing.hear(label))
    assert Counter(each.state for each in payouts(label)) == {"sent": 24, "failed": 12}
    assert {each.attempts for each in payouts(label)} == {1}
    with tenant_read(label) as session:
        assert len(list(session.scalars(select(SandboxTransfer)))) == 36
    check_books(label)
    a_day_later(label)
    assert held_by(label, Kind.BANK) == -24 * 18 * EUR
    check_books(label)


@pytest.mark.slow
def test_workers_that_ask_and_hand_over_one_lost_payout_at_once_send_it_once(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    for _ in range(5):
        (payout,) = ask(label, payee, 2_000)
        sending.claim(label)  # and the worker is gone
        due_now(label)
        crowd(6, lambda _: sending.ask_again(label))
        assert the_payout(label, payout.id).state == "sent"
    with tenant_read(label) as session:
        assert len(list(session.scalars(select(SandboxTransfer)))) == 5
    check_books(label)


def test_stopped_sent_and_its_account_removed_at_once_is_one_of_these(label, tmp_path):
    (payee,) = owed(label, tmp_path)
    (payout,) = ask(label, payee, 10_000)

    def stops():
        with tenant_work(label) as session:
            row = session.get_one(Payout, payout.id, with_for_update=True)
            requesting.stop(session, a_person(label), row)
        return "cancelled"

    def removes():
        with tenant_work(label) as session:
            (method,) = methods.methods_of(session, [payee.id])[payee.id]
            methods.remove(session, a_person(label), session.get_one(Payee, payee.id), method)

    crowd(3, lambda number: (stops, removes, lambda: sending.send_due(label))[number]())
    state = the_payout(label, payout.id).state
    assert state in ("cancelled", "sent")
    assert four_numbers(label, payee) == (
        (1000 * EUR, 0, 0, 0) if state == "cancelled" else (900 * EUR, 0, 100 * EUR, 0)
    )
    check_books(label)


@pytest.mark.slow
def test_news_of_the_same_payees_taken_crosswise_never_wait_for_each_other(label, tmp_path):
    """What arrived is posted and what came back is taken back in one statement; in two, these would embrace for ever."""
    payees = owed(label, tmp_path, ["1000"] * 6)
    for _ in range(8):
        for payee in payees:
            ask(label, payee, 2_000)
    made = payouts(label)
    while sending.claim(label):
        pass
    batches = [made[place : place + 6] for place in range(0, len(made), 6)]
    chance = random.Random(7)

    def takes(number):
        words = ["paid", "failed"] * 3
        chance.shuffle(words)
        reports = [
            Report(payout.id, word, f"sb_{payout.number}") for payout, word in zip(batches[number], words, strict=True)
        ]
        with tenant_work(label) as session:
            return len(applying.apply(session, label, reports))

    assert crowd(8, takes) == [6] * 8
    assert Counter(each.state for each in payouts(label)) == {"paid": 24, "failed": 24}


@pytest.mark.slow
def test_everything_at_once_leaves_the_books_right(label, tmp_path):
    payees = owed(label, tmp_path, ["500"] * 4, endings=["1234", "0002", "0004", "0005"])
    acts = [
        lambda: len(ask(label, random.choice(payees), 2_000, speed=random.choice(["instant", "standard"]))),
        lambda: sending.send_due(label),
        lambda: sending.ask_again(label),
        lambda: a_day_later(label),
        lambda: hearing.hear(label),
        lambda: reconciling.reconcile(label),
        lambda: earn(label, random.choice(payees), random.choice([-5, 5]) * EUR),
        lambda: due_now(label),
    ]
    for _ in range(4):
        crowd(8, lambda number: acts[number]())
        crowd(8, lambda number: acts[random.randrange(len(acts))]())
    for _ in range(3):
        sending.send_due(label)
        due_now(label)
        sending.ask_again(label)
        a_day_later(label)
    assert {each.state for each in payouts(label)} <= {"paid", "failed", "returned"}
    check_books(label)
