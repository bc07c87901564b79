"""A ground of its own for every run, and the honest comparison of two pieces of work."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from sqlalchemy import text

from app.kernel.db import platform_read, platform_work
from app.kernel.db.database import owner_session
from app.kernel.tenant import Tenant, TenantState
from app.main import composition
from app.main.embedded import postgres, valkey
from app.settings import HOME_CELL, Settings, load
from tenants.provisioning.bootstrap import prepare_cells
from tenants.provisioning.skeleton import build_label
from tenants.provisioning.spares import build_spare
from tenants.registry import queries
from tenants.registry.queries import as_tenant

SINGLE = "l_" + "5" * 26
"""The schema and login of the reference: the same tables, one tenant, no switching."""

PASSWORD = "of the reference"

MEMBERS = (
    "INSERT INTO members (id, email, name, role, language) "
    "SELECT gen_random_uuid(), 'm' || n || '@bench.test', 'Member ' || n, 'member', 'en' FROM generate_series(1, {}) n"
)


class Figure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One measured number; `ratio` is value / reference, and `bar` is what the number or the ratio may be at most."""

    value: float
    unit: str
    reference: float | None = None
    ratio: float | None = None
    bar: float | None = None
    note: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether the bar is kept; a figure without one is only reported."""
        if self.bar is None:
            return True
        return (self.value if self.ratio is None else self.ratio) <= self.bar


Figures = dict[str, Figure]
Work = Callable[[], object]


def absolute(seconds: Sequence[float], *, bar: float | None = None, unit: str = "ms", note: str = "") -> Figure:
    """The median of some durations."""
    return Figure(value=_in(unit, statistics.median(seconds)), unit=unit, bar=bar, note=note)


def against(value: Sequence[float], reference: Sequence[float], *, bar: float | None, unit: str, note: str) -> Figure:
    """The median of one series against the median of another from the same run."""
    ours, theirs = statistics.median(value), statistics.median(reference)
    ratio = round(ours / theirs, 3)
    return Figure(value=_in(unit, ours), unit=unit, reference=_in(unit, theirs), ratio=ratio, bar=bar, note=note)


def percentile(seconds: Sequence[float], share: float) -> float:
    """The duration that this share of all stays below."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _in(unit: str, seconds: float) -> float:
    return round(seconds * {"s": 1, "ms": 1_000, "us": 1_000_000}[unit], 3)


def timed(work: Work) -> float:
    """How many seconds a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def in_turns(works: Sequence[Work], rounds: int) -> list[list[float]]:
    """The durations of several works, done in turns so that a busy moment of the machine meets all of them."""
    taken: list[list[float]] = [[] for _ in works]
    for number in range(rounds):
        order = range(len(works)) if number % 2 == 0 else reversed(range(len(works)))
        for place in order:
            taken[place].append(timed(works[place]))
    return taken


@contextmanager
def ground() -> Iterator[Settings]:
    """A durable server of the run's own with the shared tables and the reference, this process connected to it."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    settings = load({"BOPTONE_DATA": str(folder), "BOPTONE_ENV": "test", "LOG_LEVEL": "error"})
    running = postgres.start(folder / "postgres", settings.sockets, shared_buffers="'512MB'")
    store = valkey.start(folder / "valkey", settings.sockets)
    try:
        postgres.create_database(running.dsn, "boptone")
        prepare_cells(settings)
        _make_reference(settings)
        with composition.connected("bench", settings):
            yield settings
    finally:
        running.stop()
        store.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _make_reference(settings: Settings) -> None:
    with owner_session(settings, HOME_CELL) as owner:
        with owner.transaction():
            build_label(owner, SINGLE)
        owner.execute("RESET ROLE")
        owner.execute(f"ALTER ROLE {SINGLE} LOGIN PASSWORD '{PASSWORD}'".encode())
        owner.execute(f"ALTER ROLE {SINGLE} SET search_path = {SINGLE}, ext".encode())
        owner.execute(f"GRANT USAGE ON SCHEMA ext TO {SINGLE}".encode())


def reference_url(settings: Settings) -> str:
    """The address under which the reference signs in."""
    return settings.login_urls[HOME_CELL].replace(
        f"boptone_login:{settings.login_password}", f"{SINGLE}:{PASSWORD.replace(' ', '%20')}"
    )


def many_labels(count: int, tell: Callable[[str], None]) -> list[Tenant]:
    """Make schemas as the product keeps them ready, and call them open: the openings have a benchmark of their own."""
    for number in range(count):
        build_spare()
        if (number + 1) % 100 == 0:
            tell(f"{number + 1} of {count} labels are made")
    with platform_work() as session:
        session.execute(
            text("UPDATE shared.tenants SET state = 'active', slug = 'b-' || right(id, 20) WHERE state = 'spare'")
        )
    with platform_read() as session:
        return [as_tenant(row) for row in queries.labels(session) if row.state == TenantState.ACTIVE]


def fill(settings: Settings, schema: str, members: int) -> None:
    """Give a label or the reference its members, and the planner its numbers."""
    with owner_session(settings, HOME_CELL) as owner:
        owner.execute(f'SET search_path = "{schema}", ext'.encode())
        owner.execute(MEMBERS.format(members).encode())
        owner.execute(b"ANALYZE members")


def member_ids(settings: Settings, schema: str) -> list[str]:
    """The members of a label or of the reference."""
    with owner_session(settings, HOME_CELL) as owner:
        return [str(row[0]) for row in owner.execute(f'SELECT id FROM "{schema}".members'.encode()).fetchall()]


def private_memory(pid: int) -> int:
    """The bytes that a process shares with nobody."""
    kilobytes = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(("Private_Clean:", "Private_Dirty:")):
            kilobytes += int(line.split()[1])
    return kilobytes * 1024


def backends(connection: psycopg.Connection[Any], role: str) -> list[int]:
    """The pids of the server's processes that serve a login."""
    rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE usename = %s", [role]).fetchall()
    return [pid for (pid,) in rows]
