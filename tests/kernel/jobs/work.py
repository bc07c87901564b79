"""Tasks that only tests know, and the processes that run them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.kernel.db import owner_work
from app.kernel.errors import Conflict, Unavailable
from app.kernel.jobs import label_task, platform_task
from app.kernel.tenant import Tenant
from tests.kernel.jobs.nursery import Child, nursery

MANY = 50
UNSCHEDULED = "from app.kernel.jobs.registry import schedules; schedules.clear(); from app.main.cli import main; main()"
LINKED = "LD_PRELOAD"
"""What takes hold when a program is started, and not when one is forked: a wrong clock."""


@label_task("test.mark", max_attempts=MANY, time_limit=20)
def mark(session: Session, tenant: Tenant, *, name: str, seconds: float = 0.0) -> None:
    """Leave one row; a second run would leave a second."""
    time.sleep(seconds)
    session.execute(text("INSERT INTO marks (name, role) VALUES (:name, current_user)"), {"name": name})


@label_task("test.poison", time_limit=20)
def poison(session: Session, tenant: Tenant) -> None:
    """Kill whoever does it."""
    os.kill(os.getpid(), signal.SIGKILL)


@label_task("test.broken", max_attempts=2)
def broken(session: Session, tenant: Tenant) -> None:
    """Fail every time."""
    raise RuntimeError("this never works")


@label_task("test.refused")
def refused(session: Session, tenant: Tenant) -> None:
    """Be declined for good."""
    raise Conflict("The thing is %(state)s.", state="gone")


@label_task("test.busy", max_attempts=1)
def busy(session: Session, tenant: Tenant) -> None:
    """Be told to come again."""
    raise Unavailable


@label_task("test.endless", time_limit=1, max_attempts=2)
def endless(session: Session, tenant: Tenant) -> None:
    """Never end."""
    while True:
        time.sleep(0.1)


@platform_task("test.platform")
def platform(session: Session, *, name: str) -> None:
    """Leave a trace in the shared tables."""
    session.execute(text("UPDATE shared.tenants SET name = :name WHERE slug = 'canary'"), {"name": name})


def add_marks(*tenants: Tenant) -> None:
    """Give labels the table the test tasks write into."""
    for tenant in tenants:
        with owner_work(tenant.cell) as owner:
            owner.execute(
                f'CREATE TABLE IF NOT EXISTS "{tenant.id}".marks '
                "(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, role text NOT NULL)"
            )


@contextmanager
def relay(environment: dict[str, str]) -> Iterator[Child]:
    """Run a scheduler that sends what is asked for, and asks for nothing by itself.

    Of a thousand labels that other tests left, what is due every minute would keep a busy machine's worker from all else.
    """
    around = os.environ | {"TASK_LEASE_SECONDS": "2"} | environment
    running = nursery().running(UNSCHEDULED, ["scheduler"], around)
    try:
        yield running
    finally:
        kill_tree(running)


@contextmanager
def process(kind: str, environment: dict[str, str]) -> Iterator[Child | subprocess.Popen[bytes]]:
    """Run a worker or a scheduler that knows the test tasks; whatever is left of it at the end is killed."""
    around = os.environ | {"TASK_LEASE_SECONDS": "2"} | environment
    running = _from_nothing(kind, around) if LINKED in environment else nursery().child([kind], around)
    try:
        yield running
    finally:
        kill_tree(running)


def _from_nothing(kind: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    code = "import sys, tests.kernel.jobs.work; from app.main.cli import main; main()"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([sys.executable, "-c", code, kind], env=environment, start_new_session=True, **quiet)


def kill_tree(running: subprocess.Popen[bytes] | Child) -> None:
    """SIGKILL a process and all its children."""
    try:
        family = [psutil.Process(running.pid), *psutil.Process(running.pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        family = []
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue
    running.wait()


PATIENCE = 120.0
"""Seconds that something may take on a machine that does much else; what comes sooner is not waited for."""


def eventually(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()
