"""Machines whose clocks are wrong, or are set: each period is asked for once, and each task is done once, in time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.kernel import db, jobs
from tests.faults.stamps import stamping
from tests.faults.test_workers import all_done, ask, count, names_of
from tests.kernel.jobs.work import eventually, process

PROGRAM = shutil.which("faketime")
SCHEDULE = "walls.probe"

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="faketime is not installed")


class WrongClock:
    """A clock that runs as much ahead or behind as its file says this moment."""

    def __init__(self, file, shift: str) -> None:
        self.file = file
        self.set(shift)
        said = subprocess.run([PROGRAM, "-m", "-f", "+0", "printenv", "LD_PRELOAD"], capture_output=True, check=True)
        self.environment = {
            "LD_PRELOAD": said.stdout.decode().strip(),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, shift: str) -> None:
        """Set the clock, in one step, as somebody does by hand."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{shift}\n")
        new.rename(self.file)


def test_the_wrong_clock_is_wrong_and_can_be_set(tmp_path):
    """What the other tests stand on: a process sees the clock that its file says, at once."""
    clock = WrongClock(tmp_path / "clock", "+10m")

    def told():
        command = ["date", "-u", "+%s"]
        seen = subprocess.run(command, env=os.environ | clock.environment, capture_output=True, check=True)
        return float(seen.stdout) - time.time()

    assert 590 < told() < 610
    clock.set("-50m")
    assert -3_010 < told() < -2_990


def next_at():
    with db.platform_read() as session:
        query = text("SELECT next_at FROM shared.schedules WHERE name = :name")
        return session.execute(query, {"name": SCHEDULE}).scalar_one_or_none()


def put_back(moment):
    """The schedule stands before `moment` again, as when a scheduler died between asking and moving on."""
    with db.platform_work() as session:
        statement = text(
            "INSERT INTO shared.schedules (name, label, next_at) VALUES (:name, '', :moment)"
            " ON CONFLICT (name, label) DO UPDATE SET next_at = :moment"
        )
        session.execute(statement, {"name": SCHEDULE, "moment": moment})


def asked():
    """How often each period was asked for."""
    with db.platform_read() as session:
        query = text("SELECT key FROM shared.outbox WHERE task = :name")
        return Counter(datetime.fromisoformat(key) for key in session.scalars(query, {"name": SCHEDULE}))


def fired_by(moment) -> str:
    """Whose clock moved the schedule on: by the moment it stands at now."""
    ahead = (moment - datetime.now(UTC)).total_seconds() / 60
    return "fast" if ahead > 5 else "slow" if ahead < -5 else "right"


def test_schedulers_whose_clocks_differ_ask_for_each_period_once(environment, connected, tmp_path):
    clock = WrongClock(tmp_path / "clock", "+10m")
    period = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    fired = Counter()

    def fire_again():
        put_back(period)
        assert eventually(lambda: next_at() != period)
        fired[fired_by(next_at())] += 1

    with process("scheduler", environment | clock.environment):
        fire_again()
        assert fired == {"fast": 1}
        clock.set("-50m")  # its present is before what it asked for already
        resting = next_at()
        time.sleep(6)  # longer than the time between two looks
        assert next_at() == resting
        assert asked() == {period: 1}
        with process("scheduler", environment):
            assert eventually(lambda: (fire_again(), fired["slow"] and fired["right"])[1])
    seen = asked()
    assert seen[period] == 1
    assert set(seen.values()) == {1}


def test_a_worker_whose_clock_is_wrong_does_each_task_once_and_in_time(working, environment, tmp_path):
    fast, slow = WrongClock(tmp_path / "fast", "+10m"), WrongClock(tmp_path / "slow", "-1h")
    environment |= {"TASK_LEASE_SECONDS": "10"}  # less than any clock is wrong by, and more than a busy machine takes
    with ExitStack() as stack:
        stack.enter_context(process("scheduler", environment))
        for clock in (fast, slow):
            stack.enter_context(stamping(environment | clock.environment | {"WORKER_PROCESSES": "1"}))
        with db.tenant_work(working) as session:
            for number in range(30):
                jobs.ask(session, "test.stamp", {"name": f"n{number}", "seconds": 0.1})
        ask(working, [None], task="test.broken")
        assert eventually(lambda: count("task = 'test.stamp' AND done_at IS NOT NULL") == 30)
        # Its second try comes after a pause of seconds by everybody's clock, not after ten minutes by one machine's.
        assert eventually(lambda: count("task = 'test.broken' AND parked_at IS NOT NULL") == 1)
    assert Counter(names_of(working)) == Counter(f"n{number}" for number in range(30))
    assert count("task = 'test.stamp' AND attempts > 1") == 0
    assert count("task = 'test.broken' AND attempts = 2") == 1


def test_what_a_machine_with_a_fast_clock_asks_for_is_done_now(working, environment, tmp_path):
    clock = WrongClock(tmp_path / "clock", "+10m")
    code = (
        "import sys, tests.kernel.jobs.work; from app.main import composition; from app.kernel import db, jobs;"
        "from tenants.registry.queries import fresh_tenant\n"
        "with composition.connected('test'):\n"
        "  with db.tenant_work(fresh_tenant(sys.argv[1])) as session: jobs.ask(session, 'test.mark', {'name': 'now'})"
    )
    env = os.environ | environment | clock.environment
    subprocess.run([sys.executable, "-c", code, working.id], env=env, check=True)
    with process("scheduler", environment), process("worker", environment):
        assert eventually(all_done)
    assert names_of(working) == ["now"]
