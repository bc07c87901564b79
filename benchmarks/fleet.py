"""A thousand labels: bringing them all one revision further, one of them out and in again, and one backend's memory."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from sqlalchemy import text

from app.kernel import activity, db
from app.kernel.actor import Actor
from app.kernel.db.database import owner_session, raw_owner_connection
from app.kernel.tenant import Tenant
from app.settings import HOME_CELL, Settings
from benchmarks.harness import Figure, Figures, absolute, against, backends, many_labels, private_memory, timed
from migrations.compiled import LabelRevision, label_history
from tenants.archive.exporting import export_label
from tenants.archive.importing import import_archive
from tenants.fleet.runner import WORKERS, Choices, migrate
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label

LABELS = 996
MEMBERS = 15_000
ENTRIES = 5_000
ROUNDS = 3
STEP = "ALTER TABLE members ADD COLUMN {0} text; CREATE INDEX ix_members_{0} ON members ({0});"


def run(settings: Settings, tell: Callable[[str], None]) -> Figures:
    """Measure on one ground of a thousand labels."""
    labels = many_labels(LABELS, tell)
    big, empty = _open("big"), _open("empty")
    figures = _archive(big, empty, tell)
    figures |= _memory(settings, labels, tell)
    return figures | _migrate(settings, [label.id for label in (*labels, big, empty)], tell)


def _open(slug: str) -> Tenant:
    owner = f"owner@{slug}.test"
    return open_label(OpenLabel(slug=slug, name=slug, owner_email=owner, request_key=f"bench:{slug}"))


def _archive(big: Tenant, empty: Tenant, tell: Callable[[str], None]) -> Figures:
    with db.tenant_work(big) as session:
        session.execute(
            text(
                "INSERT INTO members (id, email, name, role, language) SELECT gen_random_uuid(), "
                "'m' || n || '@bench.test', 'Member ' || n, 'member', 'en' FROM generate_series(1, :n) n"
            ),
            {"n": MEMBERS},
        )
        for number in range(ENTRIES):
            activity.record(session, Actor.system(big), "bench.entry", after={"number": number})
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "big.tar"
        out = timed(lambda: export_label(big, archive))
        into = timed(lambda: import_archive(empty, archive))
        size = archive.stat().st_size
    with db.tenant_read(empty) as session:
        arrived = session.scalar(text("SELECT (SELECT count(*) FROM members) + (SELECT count(*) FROM activity)"))
    note = f"{arrived} rows, {size / 1e6:.1f} MB; out {out:.2f} s, in {into:.2f} s, among {LABELS} labels"
    tell(f"archive: {note}")
    return {"archive.export_and_import": Figure(value=round(out + into, 3), unit="s", bar=5, note=note)}


def _memory(settings: Settings, labels: list[Tenant], tell: Callable[[str], None]) -> Figures:
    figures: Figures = {}
    for name, recycle_after in (("with_recycling", 200), ("without_recycling", 10**9)):
        options = {"labels_per_connection": recycle_after}
        db.connect(msgspec.structs.replace(settings, pool_size=1), "bench", pool_options=options)
        most = 0
        for number, tenant in enumerate(labels):
            for _ in range(6):  # often enough that the driver prepares the statements
                with db.tenant_read(tenant) as session:
                    session.execute(text("SELECT count(*) FROM members")).scalar()
                    session.execute(text("SELECT id, action FROM activity ORDER BY id DESC LIMIT 5")).all()
            if number % 50 == 0 or number == len(labels) - 1:
                most = max(most, *(_of_backends(settings)))
        note = f"private memory of one backend, at most, over {len(labels)} labels"
        figures[f"memory.backend_{name}"] = Figure(value=round(most / 1e6, 1), unit="MB", note=note)
        tell(f"{name}: {most / 1e6:.1f} MB")
    db.connect(settings, "bench")
    return figures


def _of_backends(settings: Settings) -> list[int]:
    with raw_owner_connection(settings, HOME_CELL) as owner:
        return [private_memory(pid) for pid in backends(owner, db.LOGIN_ROLE)]


def _migrate(settings: Settings, labels: list[str], tell: Callable[[str], None]) -> Figures:
    revisions = list(label_history())
    ours, bare, nothing = [], [], []
    for number in range(ROUNDS):
        revisions = [*revisions, _revision(revisions[-1].id, number)]
        ours.append(timed(lambda known=revisions: migrate(settings, Choices(), revisions=known)))  # type: ignore[misc]
        nothing.append(timed(lambda known=revisions: migrate(settings, Choices(), revisions=known)))  # type: ignore[misc]
        bare.append(timed(lambda column=f"bare_{number}": _bare(settings, labels, column)))  # type: ignore[misc]
        tell(f"migrated {len(labels)} labels in {ours[-1]:.2f} s, the bare script in {bare[-1]:.2f} s")
    note = f"a column and an index on {len(labels)} labels, {WORKERS} connections, against a bare script"
    return {
        "migrate.thousand_labels": against(ours, bare, bar=1.5, unit="s", note=note),
        "migrate.nothing_to_do": absolute(nothing, bar=1, unit="s"),
    }


def _revision(previous: str, number: int) -> LabelRevision:
    sql = STEP.format(f"bench_{number}")
    return LabelRevision(f"t{number:04}", previous, "expand", "A column and an index.", sql)


def _bare(settings: Settings, labels: list[str], column: str) -> None:
    """The shortest script that does the same: one message a label, no ledger, no stamp, no care."""

    def serve(mine: list[str]) -> None:
        with owner_session(settings, HOME_CELL) as connection:
            for label in mine:
                step = f'BEGIN; SET LOCAL search_path = "{label}"; {STEP.format(column)} COMMIT'
                connection.execute(step.encode())

    with ThreadPoolExecutor(WORKERS) as pool:
        for done in [pool.submit(serve, labels[place::WORKERS]) for place in range(WORKERS)]:
            done.result()
