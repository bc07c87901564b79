"""Real workers, a real broker, and everything that can happen to them: nothing is lost and nothing happens twice."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from contextlib import ExitStack, suppress

import psutil
import pytest
from sqlalchemy import text

from app.kernel import db, jobs
from tests.faults.conftest import broker
from tests.kernel.jobs.work import eventually, kill_tree, process, relay

KILLS = 12
PLACES = ["task.before_claim", "task.claimed", "task.worked", "task.marked", "task.committed"]


def ask(tenant, names, task="test.mark", **args):
    with db.tenant_work(tenant) as session:
        for name in names:
            jobs.ask(session, task, {"name": name, **args} if task == "test.mark" else args)


def names_of(tenant):
    with db.tenant_read(tenant) as session:
        return [row.name for row in session.execute(text("SELECT name FROM marks"))]


ASKED_FOR = "coalesce(key, '') !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T'"
"""What a test asked for. What is asked for by itself has a moment as its key, and comes whenever a minute ends."""


def count(where):
    """How many of the tasks that were asked for here are so."""
    with db.platform_read() as session:
        query = text(f"SELECT count(*) FROM shared.outbox WHERE {ASKED_FOR} AND ({where})")
        return session.execute(query).scalar_one()


def all_done():
    return count("done_at IS NULL") == 0


def left_over():
    """How many rows are not done, by how often they were sent, taken up and tried."""
    with db.platform_read() as session:
        query = "SELECT sends, claimed, attempts, parked_at IS NULL, count(*), max(problem) FROM shared.outbox"
        query += f" WHERE {ASKED_FOR} AND done_at IS NULL GROUP BY 1, 2, 3, 4"
        return [tuple(row) for row in session.execute(text(query))]


def children_of(running):
    try:
        return psutil.Process(running.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


@pytest.mark.parametrize("place", PLACES)
def test_a_worker_killed_at_this_step_loses_and_doubles_nothing(working, environment, place):
    ask(working, ["a", "b", "c"])
    with process("scheduler", environment):
        with process("worker", environment | {"CRASH_AT": place, "WORKER_PROCESSES": "1"}) as doomed:
            moved = "sends > 0" if place == "task.before_claim" else "claimed > 0"
            assert eventually(lambda: count(moved) > 0)
            time.sleep(0.5)
            kill_tree(doomed)
        with process("worker", environment):
            assert eventually(all_done)
    assert sorted(names_of(working)) == ["a", "b", "c"]


def test_a_poison_task_is_parked_after_its_attempts_and_others_go_on(working, environment):
    ask(working, [None], task="test.poison")
    ask(working, [f"n{number}" for number in range(30)])
    with process("scheduler", environment), process("worker", environment):
        assert eventually(lambda: count("task = 'test.mark' AND done_at IS NOT NULL") == 30)
        assert eventually(lambda: count("task = 'test.poison' AND parked_at IS NOT NULL") == 1)
    with db.platform_read() as session:
        row = session.execute(text("SELECT attempts, problem FROM shared.outbox WHERE task = 'test.poison'")).one()
    assert row.attempts == 3
    assert "died" in row.problem


def test_an_endless_task_is_stopped_and_parked(working, environment):
    ask(working, [None], task="test.endless")
    with process("scheduler", environment), process("worker", environment):
        assert eventually(lambda: count("attempts >= 1 AND problem IS NOT NULL") == 1)
    with db.platform_read() as session:
        assert (
            "SoftTimeLimit"
            in session.execute(text("SELECT problem FROM shared.outbox WHERE task = 'test.endless'")).scalar_one()
        )


def test_an_emptied_broker_loses_nothing(working, environment, connected):
    with process("scheduler", environment):
        ask(working, [f"n{number}" for number in range(40)])
        assert eventually(lambda: count("sends > 0") > 0)
        for _ in range(5):
            broker(connected).flushdb()
            time.sleep(0.1)
        with process("worker", environment):
            assert eventually(all_done)
    assert Counter(names_of(working)) == Counter(f"n{number}" for number in range(40))


def test_a_worker_told_to_stop_finishes_what_it_does(working, environment):
    ask(working, ["slow"], seconds=1.5)
    with process("scheduler", environment), process("worker", environment) as worker:
        assert eventually(lambda: count("claimed > 0") == 1)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) is not None
    assert names_of(working) == ["slow"]
    assert count("done_at IS NOT NULL AND attempts = 1") == 1


def test_a_worker_that_has_something_to_say_says_it_and_goes_on(working, environment):
    """Every statement is a slow one here: its line is written from the middle of the work."""
    ask(working, ["said"])
    speaking = environment | {"LOG_LEVEL": "warning", "SLOW_QUERY_MS": "0"}
    with process("scheduler", environment), process("worker", speaking):
        assert eventually(all_done, 60)
    assert names_of(working) == ["said"]


def test_two_relays_send_a_task_once(working, environment):
    patient = environment | {"TASK_LEASE_SECONDS": "60"}  # what waits past its lease is rightly sent once more
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(process("scheduler", patient))
        stack.enter_context(process("worker", patient))
        ask(working, ["first"])
        assert eventually(all_done)  # the worker is up: what is sent from now on does not wait for it past its lease
        sent_again = count("sends > 1")
        ask(working, [f"n{number}" for number in range(50)])
        assert eventually(all_done)
    assert count("sends > 1") == sent_again
    assert len(names_of(working)) == 51


def test_a_scheduler_killed_in_the_middle_is_replaced(working, environment):
    ask(working, [f"n{number}" for number in range(60)])
    with process("worker", environment):
        for _ in range(3):
            with process("scheduler", environment) as relay:
                time.sleep(1.2)
                kill_tree(relay)
        with process("scheduler", environment):
            assert eventually(all_done)
    assert Counter(names_of(working)) == Counter(f"n{number}" for number in range(60))


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_ten_thousand_tasks_through_a_storm_of_kills(labels, patient):
    """Twenty labels, five hundred tasks each, workers killed the whole time: each task leaves exactly one row."""
    wanted = {tenant.id: Counter(f"{place}-{number}" for number in range(500)) for place, tenant in enumerate(labels)}
    with db.platform_work() as session:
        session.execute(text("DELETE FROM shared.outbox"))
    for place, tenant in enumerate(labels):
        ask(tenant, [f"{place}-{number}" for number in range(500)])
    chance, kills = random.Random(5), 0
    with relay(patient), ExitStack() as stack:
        worker = stack.enter_context(process("worker", patient))
        while kills < KILLS and count("done_at IS NULL") > 0:
            time.sleep(chance.uniform(1.0, 4.0))
            family = children_of(worker)
            if kills in (3, 7) or not family:
                kill_tree(worker)
                worker = stack.enter_context(process("worker", patient))
            else:
                with suppress(psutil.NoSuchProcess):
                    chance.choice(family).kill()
            kills += 1
        assert eventually(all_done, 900), left_over()
    for tenant in labels:
        assert Counter(names_of(tenant)) == wanted[tenant.id]
    assert kills == KILLS
    assert count("parked_at IS NOT NULL") == 0
