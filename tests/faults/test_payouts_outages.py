"""Payouts while the database crashes, the broker is gone, workers are replaced and clocks are wrong."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from app.kernel import clock, db, ids
from app.kernel.actor import Actor
from app.kernel.errors import Busy, Unavailable
from app.main import composition
from app.payouts.models import Payout, SandboxTransfer
from app.payouts.rules.schedules import Schedule
from app.payouts.service import scheduling
from app.roster.models import Payee
from tenants.provisioning.bootstrap import prepare_cells
from tests.factories.labels import a_label
from tests.factories.payouts import a_person, ask, four_numbers, owed
from tests.faults.conftest import broker
from tests.faults.own_postgres import own_postgres
from tests.faults.paying import WITHIN, all_are, all_is_well, states, transfers, wake
from tests.faults.test_clocks import PROGRAM, WrongClock
from tests.kernel.jobs.work import eventually, process

EUR = 1_000_000

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def mine(connected):
    return a_label()


@pytest.fixture
def environment(patient):
    return patient


class Asking:
    """People who ask for one payout after another, each again under its key until it is answered."""

    def __init__(self, label, payees, how_many, *, pause=0.0):
        self.label, self.payees, self.how_many, self.pause = label, payees, how_many, pause
        self.granted, self.broken = [], 0
        self.thread = threading.Thread(target=self.ask)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join()

    def ask(self):
        actor = Actor(kind="member", id=ids.new_id(), tenant=self.label, name="Ada")
        for number in range(self.how_many):
            payee, speed = self.payees[number % len(self.payees)], "instant" if number % 2 else "standard"
            while True:
                try:
                    made = ask(self.label, payee, 2_000, key=f"n{number}", actor=actor, speed=speed)
                except (DBAPIError, Busy, Unavailable, OSError):
                    self.broken += 1
                    time.sleep(0.1)
                    continue
                self.granted.append([each.id for each in made])
                break
            time.sleep(self.pause)


def test_a_hundred_payouts_while_their_workers_are_replaced_are_each_sent_once(mine, environment, tmp_path):
    payees = owed(mine, tmp_path, ["1000"] * 4)
    with process("scheduler", environment), Asking(mine, payees, 100, pause=0.15) as people:
        for _ in range(4):
            with process("worker", environment) as worker:
                seen = transfers(mine)
                assert eventually(lambda seen=seen: transfers(mine) > seen or not people.thread.is_alive(), WITHIN)
                worker.send_signal(signal.SIGTERM)
                assert worker.wait(WITHIN) is not None
        with process("worker", environment):
            assert eventually(lambda: len(people.granted) == 100, WITHIN)
            assert eventually(all_are(mine, "sent", "paid"), WITHIN)
    all_is_well(mine, 100)
    assert sum(four_numbers(mine, payee)[0] for payee in payees) == 2_000 * EUR


def test_two_workers_and_twice_the_messages_send_each_payout_once(mine, environment, tmp_path):
    payees = owed(mine, tmp_path, ["1000"] * 2)
    with ExitStack() as stack:
        for kind in ("scheduler", "worker", "worker"):
            stack.enter_context(process(kind, environment))
        for number in range(20):
            ask(mine, payees[number % 2], 2_000, speed="instant" if number % 3 else "standard")
            for task in ("payouts.send", "payouts.follow", "payouts.hear"):
                wake(mine, task)
        assert eventually(all_are(mine, "sent", "paid"), WITHIN)
    all_is_well(mine, 20)


def test_a_broker_that_is_emptied_again_and_again_loses_no_payout(mine, environment, connected, tmp_path):
    payees = owed(mine, tmp_path, ["1000"] * 2)
    with process("scheduler", environment):
        for number in range(20):
            ask(mine, payees[number % 2], 2_000)
            broker(connected).flushdb()
        with process("worker", environment):
            for _ in range(5):
                time.sleep(0.3)
                broker(connected).flushdb()
            assert eventually(all_are(mine, "sent", "paid"), WITHIN)
    all_is_well(mine, 20)


def test_nobody_wakes_the_workers_and_the_rows_drive_the_payouts_all_the_same(mine, environment, tmp_path):
    """Whatever was asked for is gone: the outbox was restored from before, or parked."""
    from sqlalchemy import text

    payees = owed(mine, tmp_path, ["1000", "1000"], endings=["1234", "0004"])
    for payee in payees:
        ask(mine, payee, 2_000)
    with db.platform_work() as session:
        session.execute(text("DELETE FROM shared.outbox"))
    with process("scheduler", environment), process("worker", environment):
        assert eventually(all_are(mine, "sent", "paid", "unknown"), WITHIN)
        assert eventually(all_are(mine, "sent", "paid"), WITHIN)
    all_is_well(mine, 2)


@contextmanager
def a_server_of_our_own(services, database_name):
    with own_postgres(services, durable=True) as server:
        chosen = services.settings(database_name, DATABASE_URL=server.url)
        prepare_cells(chosen)
        with composition.connected("test", chosen):
            yield server


def test_a_database_that_crashes_in_the_middle_loses_and_doubles_no_payout(services, database_name, tmp_path):
    with a_server_of_our_own(services, database_name) as server:
        mine = a_label()
        payees = owed(mine, tmp_path, ["1000"] * 4)
        environment = services.environment(database_name, DATABASE_URL=server.url, TASK_LEASE_SECONDS="8")
        with process("scheduler", environment), process("worker", environment):
            with Asking(mine, payees, 60, pause=0.1) as people:
                for how in (signal.SIGQUIT, signal.SIGKILL):
                    seen = len(people.granted)
                    assert eventually(lambda seen=seen: len(people.granted) > seen + 8, WITHIN)
                    server.crash(how)
                    time.sleep(1)
                    server.start()
                assert eventually(lambda: len(people.granted) == 60, WITHIN)
            assert people.broken > 0
            assert eventually(all_are(mine, "sent", "paid"), WITHIN)
        with db.tenant_read(mine) as session:
            asked = list(session.scalars(select(Payout.id)))
        assert Counter(asked) == Counter(key for keys in people.granted for key in keys), (
            "what was granted is there, once"
        )
        all_is_well(mine, 60)


@pytest.mark.skipif(PROGRAM is None, reason="faketime is not installed")
def test_workers_whose_clocks_are_wrong_pay_once_and_return_no_fee(mine, environment, tmp_path):
    payees = owed(mine, tmp_path, ["1000"] * 3, endings=["1234", "0004", "1234"])
    with db.tenant_work(mine) as session:
        scheduled = session.get_one(Payee, payees[2].id)
        scheduling.set_schedule(session, a_person(mine), scheduled, Schedule("daily")).next_on = clock.now().date()
    with ExitStack() as stack:
        stack.enter_context(process("scheduler", environment))
        for name, shift in (("fast", "+70m"), ("slow", "-70m")):
            wrong = WrongClock(tmp_path / name, shift)
            stack.enter_context(process("worker", environment | wrong.environment | {"WORKER_PROCESSES": "1"}))
        for number in range(20):
            ask(mine, payees[number % 2], 2_000, speed="instant")
        for _ in range(4):
            wake(mine, "payouts.schedule")
        assert eventually(lambda: len(states(mine)) == 21 and all_are(mine, "sent", "paid", "unknown")(), WITHIN)
        with db.tenant_work(mine) as session:  # their leases are over, and the bank's twenty seconds
            session.execute(update(Payout).values(due_at=clock.now() - timedelta(seconds=1)))
            session.execute(
                update(SandboxTransfer)
                .where(SandboxTransfer.speed == "instant", SandboxTransfer.moves_at.is_not(None))
                .values(moves_at=clock.now() - timedelta(seconds=1))
            )
        for _ in range(3):
            for task in ("payouts.follow", "payouts.bank", "payouts.keep_promises", "payouts.reconcile"):
                wake(mine, task)
        assert eventually(lambda: Counter(states(mine)) == {"paid": 20, "sent": 1}, WITHIN)
        for _ in range(4):
            wake(mine, "payouts.keep_promises")
        time.sleep(5)
    with db.tenant_read(mine) as session:
        assert not list(session.scalars(select(Payout.id).where(Payout.fee_returned_at.is_not(None))))
    all_is_well(mine, 21)
