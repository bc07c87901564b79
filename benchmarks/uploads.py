"""What bringing in a catalogue costs against a bare COPY of the same rows, and how it grows.

Every load runs in a process of its own that has what a worker has in memory and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

from stdnum import ean

from app.kernel.db.database import owner_session
from app.kernel.tenant import Tenant
from app.main import composition, worker
from app.settings import HOME_CELL, Settings
from benchmarks.harness import Figure, Figures
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label

TRACKS_A_RELEASE = 10
WARM, SMALL, LARGE = 200, 10_000, 100_000
ROUNDS = 3
COLUMNS = (
    "release_title", "release_artists", "label", "catalog_number", "barcode", "release_date", "genre", "p_line",
    "c_line", "track_number", "track_title", "track_artists", "isrc", "duration", "language", "explicit", "composer",
)  # fmt: skip
TABLES = (
    "releases", "release_artists", "recordings", "recording_artists", "credits", "works", "recording_works",
    "work_writers", "tracks", "issued_codes",
)  # fmt: skip
"""Where the rows end up, each after those that it refers to."""


class Load(NamedTuple):
    """One load: its seconds, those in which this process worked, and the most memory before and after, in MB."""

    seconds: float
    busy: float
    before: int
    peak: int


def run(settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Bring in ten thousand rows a few times and a hundred thousand once, each into a label of its own."""
    tables = {count: _table(count) for count in (SMALL, LARGE)}
    bare = {count: min(_bare_copy(settings, table) for _ in range(ROUNDS)) for count, table in tables.items()}
    loads = [_in_a_worker(settings, tables[SMALL], f"small-{number}") for number in range(ROUNDS)]
    tell("brought ten thousand rows in")
    large = _in_a_worker(settings, tables[LARGE], "large")
    tell("brought a hundred thousand rows in")
    alone = min(_tables_alone(settings, "small-0") for _ in range(ROUNDS))
    small, memory = min(loads), max(load.peak for load in loads)
    return {
        "uploads.ten_thousand_rows": Figure(
            value=round(small.seconds, 3),
            unit="s",
            reference=round(bare[SMALL], 4),
            ratio=round(small.seconds / bare[SMALL], 2),
            bar=20,
            note=f"a bare COPY; the worker itself is busy for {small.busy:.2f} s of it",
        ),
        "uploads.tables_alone": Figure(
            value=round(alone, 3),
            unit="s",
            reference=round(bare[SMALL], 4),
            ratio=round(alone / bare[SMALL], 2),
            note=f"a bare COPY; the same releases straight into their {len(TABLES)} tables with keys and indexes: "
            "what no upload can be quicker than",
        ),
        "uploads.hundred_thousand_rows": Figure(
            value=round(large.seconds, 3),
            unit="s",
            reference=round(small.seconds, 3),
            ratio=round(large.seconds / small.seconds, 2),
            bar=11,
            note=f"ten thousand; {large.seconds / bare[LARGE]:.1f} times a bare COPY of as many",
        ),
        "uploads.memory": Figure(
            value=memory, unit="MB", bar=400, note=f"the most a worker holds, {loads[0].before} of it before"
        ),
        "uploads.memory_of_hundred_thousand": Figure(
            value=large.peak,
            unit="MB",
            reference=memory,
            ratio=round(large.peak / memory, 2),
            bar=1.3,
            note="ten thousand",
        ),
    }


def _table(count: int) -> str:
    """A manifest without a fault: releases of ten tracks, half a thousand artists."""
    lines = [",".join(COLUMNS)]
    for number in range(count):
        release, track = divmod(number, TRACKS_A_RELEASE)
        upc = f"{400_000_000_000 + release}"
        artist, line = f"Artist {release % 500}", "2024 House Label"
        cells = (
            f"Release {release}", artist, "House Label", f"HL-{release}", upc + ean.calc_check_digit(upc),
            f"2024-05-{release % 28 + 1:02}", "Electronic", line, line, track + 1, f"Song {number}", artist,
            f"DEAB1{number:07}", f"{track + 2}:{number % 60:02}", "en", "none", f"Ada Writer {release % 300}",
        )  # fmt: skip
        lines.append(",".join(map(str, cells)))
    return "\n".join(lines) + "\n"


def _bare_copy(settings: Settings, table: str) -> float:
    """The same rows into one table of the same columns, and nothing else."""
    with owner_session(settings, HOME_CELL) as owner:
        owner.execute("DROP TABLE IF EXISTS shared.bare")
        columns = ", ".join(f"{name} text" for name in COLUMNS)
        owner.execute(f"CREATE TABLE shared.bare ({columns})".encode())
        started = perf_counter()
        with (
            owner.transaction(),
            owner.cursor() as cursor,
            cursor.copy("COPY shared.bare FROM STDIN (FORMAT csv, HEADER)") as copy,
        ):
            copy.write(table.encode())
        return perf_counter() - started


def _tables_alone(settings: Settings, slug: str) -> float:
    """What an upload left in its tables, written there once more by COPY: nothing read, checked or compared."""
    with owner_session(settings, HOME_CELL) as owner, owner.cursor() as cursor:
        found = cursor.execute("SELECT id FROM shared.tenants WHERE slug = %s", [slug]).fetchone()
        owner.execute(f'SET search_path = "{found[0] if found else ""}", ext'.encode())
        rows = {}
        for table in TABLES:
            with cursor.copy(f"COPY {table} TO STDOUT (FORMAT csv)".encode()) as copy:
                rows[table] = b"".join(copy)
        owner.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE".encode())
        started = perf_counter()
        with owner.transaction():
            for table in TABLES:
                with cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv)".encode()) as copy:
                    copy.write(rows[table])
        return perf_counter() - started


def _in_a_worker(settings: Settings, table: str, slug: str) -> Load:
    """Bring a table in, in a new process: nothing of this one is in its memory."""
    manifest = settings.boptone_data / f"{slug}.csv"
    manifest.write_text(table)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_work, settings, manifest, slug).result()


def _work(settings: Settings, manifest: Path, slug: str) -> Load:
    worker.spare_memory()
    with composition.connected("bench", settings):
        first = manifest.with_suffix(".first.csv")
        first.write_text(_table(WARM))
        _bring_in(_label(f"{slug}-first"), first)
        label, before = _label(slug), _peak_memory()
        started, busy = perf_counter(), process_time()
        _bring_in(label, manifest)
        return Load(perf_counter() - started, process_time() - busy, before, _peak_memory())


def _bring_in(tenant: Tenant, manifest: Path) -> None:
    from app.uploads.service import unattended  # late, as a worker does it

    told: dict[str, Any] = unattended.bring_in(tenant, manifest, dry=False, fix=False, progress=lambda *_: None)
    if told["created"] != told["releases"]:
        raise AssertionError(told)


def _label(slug: str) -> Tenant:
    return open_label(OpenLabel(slug=slug, name=slug, owner_email=f"owner@{slug}.test", request_key=f"bench:{slug}"))


def _peak_memory() -> int:
    """The most that this process ever held, in MB; what it was started from does not count."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) // 1024
