"""What bringing in a catalogue costs against a bare COPY of the same rows, and how it grows."""

from __future__ import annotations

from collections.abc import Callable
from resource import RUSAGE_SELF, getrusage
from time import perf_counter
from typing import Any

from stdnum import ean

from app.kernel.db.database import owner_session
from app.kernel.tenant import Tenant
from app.settings import HOME_CELL, Settings
from app.uploads.service import unattended
from benchmarks.harness import Figure, Figures
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label

TRACKS_A_RELEASE = 10
SMALL, LARGE = 10_000, 100_000
ROUNDS = 3
COLUMNS = (
    "release_title", "release_artists", "label", "catalog_number", "barcode", "release_date", "genre", "p_line",
    "c_line", "track_number", "track_title", "track_artists", "isrc", "duration", "language", "explicit", "composer",
)  # fmt: skip


def run(settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Bring in ten thousand rows a few times and a hundred thousand once, each into a label of its own."""
    tables = {count: _table(count) for count in (SMALL, LARGE)}
    bare = {count: min(_bare_copy(settings, table) for _ in range(ROUNDS)) for count, table in tables.items()}
    _bring_in(settings, _table(200), "warm")
    small = min(_bring_in(settings, tables[SMALL], f"small-{number}") for number in range(ROUNDS))
    tell("brought ten thousand rows in")
    memory_before = _memory()
    large = _bring_in(settings, tables[LARGE], "large")
    tell("brought a hundred thousand rows in")
    ratio = round(small / bare[SMALL], 2)
    growth = round(large / small, 2)
    return {
        "uploads.ten_thousand_rows": Figure(
            value=round(small, 3), unit="s", reference=round(bare[SMALL], 4), ratio=ratio, bar=20, note="a bare COPY"
        ),
        "uploads.hundred_thousand_rows": Figure(
            value=round(large, 3), unit="s", reference=round(small, 3), ratio=growth, bar=11, note="ten thousand"
        ),
        "uploads.memory": Figure(value=_memory(), unit="MB", bar=520, note=f"{memory_before} before the large one"),
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


def _bring_in(settings: Settings, table: str, slug: str) -> float:
    tenant = _label(slug)
    manifest = settings.boptone_data / f"{slug}.csv"
    manifest.write_text(table)
    started = perf_counter()
    told: dict[str, Any] = unattended.bring_in(tenant, manifest, dry=False, fix=False, progress=lambda *_: None)
    taken = perf_counter() - started
    if told["created"] != told["releases"]:
        raise AssertionError(told)
    return taken


def _label(slug: str) -> Tenant:
    return open_label(OpenLabel(slug=slug, name=slug, owner_email=f"owner@{slug}.test", request_key=f"bench:{slug}"))


def _memory() -> int:
    """The most that this process ever held, in MB."""
    return getrusage(RUSAGE_SELF).ru_maxrss // 1024
