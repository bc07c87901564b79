"""A task that waits in the database: under a faked clock no process can be trusted to sleep by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.kernel.jobs import label_task
from app.kernel.tenant import Tenant
from tests.kernel.jobs.work import kill_tree

CODE = "import sys, tests.kernel.jobs.work, tests.faults.stamps; from app.main.cli import main; main()"


@label_task("test.stamp", time_limit=20)
def stamp(session: Session, tenant: Tenant, *, name: str, seconds: float) -> None:
    """Leave one row after a while; a second run would leave a second."""
    values = {"name": name, "seconds": seconds}
    session.execute(text("INSERT INTO marks (name, role) SELECT :name, current_user FROM pg_sleep(:seconds)"), values)


@contextmanager
def stamping(environment: dict[str, str]) -> Iterator[None]:
    """A worker that knows the task; whatever is left of it at the end is killed."""
    env = os.environ | {"TASK_LEASE_SECONDS": "2"} | environment
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = subprocess.Popen([sys.executable, "-c", CODE, "worker"], env=env, start_new_session=True, **quiet)
    try:
        yield
    finally:
        kill_tree(running)
