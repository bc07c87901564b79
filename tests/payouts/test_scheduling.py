"""Payees who are paid without asking: each day once, whatever the clocks and the workers do."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.kernel import clock
from app.kernel.db import tenant_read, tenant_work
from app.payouts.models import Payout, PayoutSchedule
from app.payouts.rules.schedules import MANUAL, Schedule
from app.payouts.service import methods, scheduling
from app.roster.models import Payee
from tests.factories.labels import a_label
from tests.factories.payouts import a_person, ask, check_books, earn, four_numbers, owed

EUR = 1_000_000
MONDAY = date(2031, 3, 3)
"""A banking day like any other, long after the accounts have become usable."""


@pytest.fixture
def label(connected):
    return a_label()


def set_to(label, payee, rhythm, *, due=None):
    with tenant_work(label) as session:
        held = scheduling.set_schedule(session, a_person(label), session.get_one(Payee, payee.id), rhythm)
        if due is not None:
            held.next_on = due


def payouts(label):
    with tenant_read(label) as session:
        return list(session.scalars(select(Payout).order_by(Payout.number)))


def next_on(label, payee):
    with tenant_read(label) as session:
        return session.get_one(PayoutSchedule, payee.id).next_on


def at(day, hour=9, minute=0):
    return clock.frozen_at(datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC))


def test_each_day_pays_what_is_there_once_and_the_next_day_is_set(label, tmp_path):
    (payee,), monday = owed(label, tmp_path), MONDAY
    with at(monday - timedelta(days=3)):
        set_to(label, payee, Schedule("daily"))
    assert next_on(label, payee) == monday
    with at(monday):
        assert [scheduling.pay_scheduled(label) for _ in range(3)] == [1, 0, 0]
        earn(label, payee, 50 * EUR)
        assert scheduling.pay_scheduled(label) == 0, "what comes later the same day is paid the next"
    with at(next_on(label, payee)):
        assert scheduling.pay_scheduled(label) == 1
    assert [each.gross_micros for each in payouts(label)] == [1000 * EUR, 50 * EUR]
    check_books(label)


def test_a_clock_that_is_set_back_or_forth_pays_no_day_twice(label, tmp_path):
    (payee,), monday = owed(label, tmp_path), MONDAY
    set_to(label, payee, Schedule("weekly", 1), due=monday)
    moments = [
        (monday, 8, 55),
        (monday - timedelta(days=1), 23, 55),
        (monday, 9, 5),
        (monday - timedelta(days=7), 9, 0),
    ]
    asked = []
    for day, hour, minute in moments:
        earn(label, payee, 100 * EUR)
        with at(day, hour, minute):
            asked.append(scheduling.pay_scheduled(label))
    assert asked == [1, 0, 0, 0]
    assert next_on(label, payee) > monday
    assert len(payouts(label)) == 1


def test_days_that_nobody_worked_on_are_made_up_for_with_one_payout(label, tmp_path):
    (payee,), monday = owed(label, tmp_path), MONDAY
    set_to(label, payee, Schedule("daily"), due=monday)
    with at(monday + timedelta(days=3)):
        assert scheduling.pay_scheduled(label) == 1
    assert next_on(label, payee) > monday + timedelta(days=3)
    assert len(payouts(label)) == 1


@pytest.mark.parametrize(
    ("day", "following"),
    [
        (date(2036, 1, 31), date(2036, 2, 29)),  # the last day of a leap year's February, a Friday
        (date(2036, 2, 29), date(2036, 3, 31)),
        (date(2032, 9, 30), date(2032, 11, 1)),  # 31 October 2032 is a Sunday, and the night the clocks go back
        (date(2032, 12, 31), date(2033, 1, 31)),
    ],
)
def test_month_ends_leap_days_and_years_come_once_each(label, tmp_path, day, following):
    (payee,) = owed(label, tmp_path)
    set_to(label, payee, Schedule("monthly", 31), due=day)
    with at(day):
        assert scheduling.pay_scheduled(label) == 1
    assert next_on(label, payee) == following


def test_one_payees_refusal_keeps_nobody_else_from_their_day(label, tmp_path):
    payees, monday = owed(label, tmp_path, ["1000", "5", "700", "800"]), MONDAY
    with tenant_work(label) as session:
        (method,) = methods.methods_of(session, [payees[2].id])[payees[2].id]
        methods.remove(session, a_person(label), session.get_one(Payee, payees[2].id), method)
    for payee in payees:
        set_to(label, payee, Schedule("weekly", 1), due=monday)
    with at(monday):
        assert scheduling.pay_scheduled(label) == 2
    assert [four_numbers(label, payee)[0] for payee in payees] == [0, 5 * EUR, 700 * EUR, 0]
    assert all(next_on(label, payee) > monday for payee in payees)
    check_books(label)


def test_many_workers_and_a_person_at_once_pay_a_schedule_once(label, tmp_path):
    payees, monday = owed(label, tmp_path, ["100", "200"]), MONDAY
    for payee in payees:
        set_to(label, payee, Schedule("weekly", 1), due=monday)
    together = threading.Barrier(5)

    def works(_):
        together.wait()
        return scheduling.pay_scheduled(label)

    def asks():
        together.wait()
        try:
            return len(ask(label, payees[0]))
        except Exception as refusal:  # noqa: BLE001 of two, one is told no
            return type(refusal).__name__

    with at(monday), ThreadPoolExecutor(5) as pool:
        person = pool.submit(asks)
        asked = sum(pool.map(works, range(4)))
    assert (asked, person.result()) in ((2, "BelowMinimum"), (2, "NotEnough"), (1, 1))
    assert len(payouts(label)) == 2
    assert [four_numbers(label, payee)[0] for payee in payees] == [0, 0]
    check_books(label)


def test_a_schedule_that_is_taken_back_pays_nothing(label, tmp_path):
    (payee,), monday = owed(label, tmp_path), MONDAY
    set_to(label, payee, Schedule("weekly", 1), due=monday)
    set_to(label, payee, MANUAL)
    with at(monday):
        assert scheduling.pay_scheduled(label) == 0
    assert payouts(label) == []
