"""What bringing in a sales report costs against a bare COPY of the same lines, and how it grows.

Every import runs in a process of its own that has what a worker has in memory and nothing else.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any, Final, NamedTuple

import polars as pl

from app.catalog.service.creating import create
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.db.database import owner_session
from app.kernel.tenant import Tenant
from app.main import composition, worker
from app.settings import HOME_CELL, Settings
from benchmarks.harness import Figure, Figures
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label

WARM, LINES, MORE = 1_000, 1_000_000, 4_000_000
RECORDINGS: Final = 2_000
ROUNDS: Final = 3
COLUMNS: Final = (
    "Store", "ISRC", "UPC", "Title", "Artist", "Channel", "Territory", "Currency", "Quantity", "Net", "Sold from",
    "Sold until",
)  # fmt: skip
STORES: Final = ("Spotify", "Apple Music", "Deezer", "Tidal", "YouTube Music", "Amazon Music")
PLACES: Final = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "BE", "SE", "NO", "DK", "PL", "JP", "KR", "BR", "MX", "AU")


class Import(NamedTuple):
    """One import: its seconds, and the most memory of its process before and after, in MB."""

    seconds: float
    before: int
    peak: int


def run(settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Bring in a million lines a few times and four million once, each into a label of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        files = {count: file_of(Path(folder) / f"{count}.csv", count) for count in (WARM, LINES, MORE)}
        bare, imports = [], []
        for number in range(ROUNDS):  # in turns, so that a busy moment of the machine meets both
            bare += [bare_copy(settings, files[LINES]), bare_copy(settings, files[LINES])]
            imports.append(in_a_worker(settings, files, LINES, f"million-{number}"))
            tell(f"a million lines: {imports[-1].seconds:.2f} s, bare {bare[-2]:.2f} and {bare[-1]:.2f} s")
        more = in_a_worker(settings, files, MORE, "more")
    best, memory = min(imports), max(each.peak for each in (*imports, more))
    return {
        "reports.million_lines": Figure(
            value=round(best.seconds, 3),
            unit="s",
            reference=round(min(bare), 3),
            ratio=round(best.seconds / min(bare), 2),
            bar=4,
            note="a bare COPY of the same lines into a table of twelve texts",
        ),
        "reports.four_million_lines": Figure(
            value=round(more.seconds, 3),
            unit="s",
            reference=round(best.seconds, 3),
            ratio=round(more.seconds / best.seconds, 2),
            bar=4.6,
            note="a million",
        ),
        "reports.memory": Figure(
            value=memory, unit="MB", bar=500, note=f"the most a worker holds, {best.before} of it before"
        ),
    }


def file_of(path: Path, count: int) -> Path:
    """A month of streams: two thousand recordings in some stores and countries, each line with an amount of its own."""
    number = pl.int_range(count, eager=True).alias("n").to_frame()
    recording = (pl.col("n") * 7919) % RECORDINGS
    store, place = (pl.col("n") // 3) % len(STORES), (pl.col("n") // 11) % len(PLACES)
    cents = ((pl.col("n") * 104_729) % 99_991_111).cast(pl.String).str.zfill(10)
    number.select(
        store.replace_strict(dict(enumerate(STORES))).alias("Store"),
        ("DEAB1" + (2_500_000 + recording).cast(pl.String)).alias("ISRC"),
        pl.lit("").alias("UPC"),
        ("Song " + recording.cast(pl.String)).alias("Title"),
        ("Artist " + (recording % 200).cast(pl.String)).alias("Artist"),
        pl.lit("stream").alias("Channel"),
        place.replace_strict(dict(enumerate(PLACES))).alias("Territory"),
        pl.lit("EUR").alias("Currency"),
        (1 + pl.col("n") % 977).alias("Quantity"),
        ("0." + cents).alias("Net"),
        pl.lit("2026-05-01").alias("Sold from"),
        pl.lit("2026-05-31").alias("Sold until"),
    ).write_csv(path)
    return path


def bare_copy(settings: Settings, path: Path) -> float:
    """The same lines into one table of the same columns, and nothing else."""
    with owner_session(settings, HOME_CELL) as owner:
        owner.execute("DROP TABLE IF EXISTS shared.bare")
        columns = ", ".join(f'"{name}" text' for name in COLUMNS)
        owner.execute(f"CREATE TABLE shared.bare ({columns})".encode())
        started = perf_counter()
        with (
            path.open("rb") as source,
            owner.transaction(),
            owner.cursor() as cursor,
            cursor.copy("COPY shared.bare FROM STDIN (FORMAT csv, HEADER)") as copy,
        ):
            while piece := source.read(1 << 20):
                copy.write(piece)
        took = perf_counter() - started
        owner.execute("DROP TABLE shared.bare")
    return took


def in_a_worker(settings: Settings, files: dict[int, Path], count: int, slug: str) -> Import:
    """Bring in a file of so many lines, in a process and for a label of its own."""
    label = open_label(OpenLabel(slug=slug, name=slug, owner_email="o@bench.test", request_key=f"bench:{slug}"))
    _catalogue(label)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_import, settings, label, files[WARM], files[count]).result()


def _catalogue(label: Tenant) -> None:
    """The recordings that the lines are about, ten a release."""
    said = [
        {
            "release": number,
            "title": f"R {number}",
            "artists": [f"Artist {number % 200}"],
            "label": "House",
            "kind": "album",
        }
        for number in range(RECORDINGS // 10)
    ]
    rows: list[dict[str, Any]] = [
        {
            "release": number // 10,
            "row": number + 1,
            "disc": 1,
            "number": number % 10 + 1,
            "title": f"Song {number}",
            "isrc": f"DEAB1{2_500_000 + number}",
        }
        for number in range(RECORDINGS)
    ]
    with tenant_work(label) as session:
        create(session, Actor.system(label), said, rows)


def _import(settings: Settings, label: Tenant, warm: Path, path: Path) -> Import:
    """In a worker's process: a first small report, then the one that is measured."""
    worker.spare_memory()
    from app.royalties.service import importing

    with composition.connected("bench", settings):
        _brought(importing, label, warm)
        before = _peak_megabytes()
        started = perf_counter()
        report = _brought(importing, label, path)
        took = perf_counter() - started
    if report.state != "imported":
        raise RuntimeError(report.problem)
    return Import(took, before, _peak_megabytes())


def _brought(importing: Any, label: Tenant, path: Path) -> Any:
    with tenant_work(label) as session:
        return importing.import_report(session, label, Actor.system(label), path)


def _peak_megabytes() -> int:
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024
