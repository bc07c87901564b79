"""The fleet comes to head whoever runs it, however often it is killed, and whatever single labels are like."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
import time

import psycopg
import pytest
from sqlalchemy import text

from app.kernel import db
from app.kernel.db.database import owner_session
from app.kernel.errors import Refusal
from app.main import composition
from migrations.compiled import label_head
from tenants.fleet import ledger
from tenants.fleet.rehearsal import dry_run
from tenants.fleet.runner import Choices, migrate
from tenants.registry.memory import Registry
from tenants.registry.queries import fresh_tenant
from tests.factories.labels import a_label, the_label
from tests.tenants.fleet.conftest import YOUNG, then

STEPS = (
    "CREATE TABLE runs (step text NOT NULL)",
    "INSERT INTO runs VALUES ('second')",
    "ALTER TABLE runs ADD COLUMN note text NOT NULL DEFAULT ''; INSERT INTO runs VALUES ('third', 'x')",
)
COUNTED = then(*STEPS)
FEW = then(*STEPS, after=YOUNG)
"""The same for labels that have few tables: what a run does with hundreds is the same, and they are made in no time."""


def fork(work, *arguments):
    process = multiprocessing.get_context("fork").Process(target=work, args=arguments)
    process.start()
    return process


def rows(settings, query, *values, cell="home"):
    with owner_session(settings, cell) as owner:
        return owner.execute(query, list(values)).fetchall()


def revisions_of(settings):
    return dict(rows(settings, "SELECT id, schema_revision FROM shared.tenants WHERE state <> 'closed'"))


def steps_run(settings, label):
    return [step for (step,) in rows(settings, f'SELECT step FROM "{label}".runs ORDER BY 1')]


def assert_each_step_ran_once(settings):
    for label, revision in revisions_of(settings).items():
        assert revision == "t0003", label
        assert steps_run(settings, label) == ["second", "third"], label
    assert rows(settings, "SELECT DISTINCT status, error, attempts FROM shared.migration_items") == [("done", None, 0)]


def test_every_label_comes_to_head_and_a_second_run_does_nothing(fleet, spares):
    spares(3)
    told = []
    first = migrate(fleet, revisions=COUNTED, progress=lambda done, total: told.append((done, total)))
    assert (first.head, first.labels, first.migrated, first.failed, first.waiting) == ("t0003", 5, 15, 0, 0)
    assert told[-1] == (15, 15)
    assert_each_step_ran_once(fleet)
    second = migrate(fleet, revisions=COUNTED)
    assert (second.labels, second.migrated) == (0, 0)
    assert_each_step_ran_once(fleet)


def test_a_table_of_a_later_revision_belongs_to_its_label_alone(fleet):
    migrate(fleet, revisions=COUNTED)
    label, rival = the_label("canary"), the_label("rival")
    with composition.connected("test", fleet):
        db.current().is_served = lambda _: True
        with db.tenant_work(label) as session:
            session.execute(text("INSERT INTO runs VALUES ('mine')"))
        with pytest.raises(Exception, match="permission denied"), db.tenant_read(rival) as session:
            session.execute(text(f'SELECT * FROM "{label.id}".runs'))


def test_a_dry_run_names_what_would_fail_and_changes_nothing(fleet):
    broken = then("CREATE TABLE runs (step text)", "ALTER TABLE runs ADD COLUMN step text", "DROP TABLE runs")
    before = rows(fleet, "SELECT count(*) FROM pg_class")
    plan = dry_run(fleet, broken)
    assert [(step["revision"], step["labels"]) for step in plan] == [("t0001", 2), ("t0002", 2), ("t0003", 2)]
    assert plan[0]["problem"] is None
    assert 'column "step" of relation "runs" already exists' in plan[1]["problem"]
    assert rows(fleet, "SELECT count(*) FROM pg_class") == before
    assert set(revisions_of(fleet).values()) == {label_head()}
    assert rows(fleet, "SELECT count(*) FROM shared.migration_items") == [(0,)]


def test_two_runners_at_once_do_every_step_once(young_fleet, young_labels):
    young_labels(22)
    others = [fork(_run, young_fleet) for _ in range(2)]
    report = migrate(young_fleet, revisions=FEW)
    for other in others:
        other.join()
        assert other.exitcode == 0
    assert report.failed == report.waiting == 0
    assert_each_step_ran_once(young_fleet)


def _run(settings):
    migrate(settings, revisions=FEW)


SLOW = then(*(f"{step}; SELECT pg_sleep(0.02)" for step in STEPS), after=YOUNG)


def _run_slowly(settings):
    migrate(settings, Choices(workers=2), revisions=SLOW)


def test_a_runner_killed_twenty_times_leaves_no_step_undone_or_done_twice(young_fleet, young_labels):
    young_labels(62)
    dice, done = random.Random(7), []
    for _ in range(20):
        victim = fork(_run_slowly, young_fleet)
        time.sleep(dice.uniform(0.1, 0.5))
        os.kill(victim.pid, signal.SIGKILL)
        victim.join()
        counted = "SELECT count(*) FROM shared.migration_items WHERE status = 'done'"
        done.append(rows(young_fleet, counted)[0][0])
    assert 0 < done[10] < 186  # it was killed at work, not before and not after
    migrate(young_fleet, revisions=SLOW)
    assert_each_step_ran_once(young_fleet)
    heard = {label for (label,) in rows(young_fleet, "SELECT DISTINCT tenant_id FROM shared.registry_changes")}
    assert set(revisions_of(young_fleet)) <= heard
    assert rows(young_fleet, "SELECT count(*) FROM shared.migration_items WHERE NOT told") == [(0,)]


def _break(settings, labels):
    with owner_session(settings, "home") as owner:
        for label in labels:
            owner.execute(f'CREATE TABLE "{label}".runs (something_else int)')


def _mend(settings, labels):
    with owner_session(settings, "home") as owner:
        for label in labels:
            owner.execute(f'DROP TABLE "{label}".runs')


@pytest.mark.timeout(400)
def test_three_broken_labels_among_two_hundred_are_quarantined_and_the_rest_goes_on(young_fleet, young_labels):
    broken = young_labels(200)[-3:]
    _break(young_fleet, broken)
    report = migrate(young_fleet, Choices(most_failures=0.02), revisions=FEW)
    assert (report.failed, report.quarantined, report.waiting, report.stopped) == (3, 3, 0, False)
    assert set(report.errors) == set(broken)
    assert 'relation "runs" already exists' in report.errors[broken[0]]
    found = revisions_of(young_fleet)
    assert {label for label, revision in found.items() if revision != "t0003"} == set(broken)
    assert {found[label] for label in broken} == {YOUNG}
    notes = rows(young_fleet, "SELECT quarantine FROM shared.tenants WHERE id = ANY(%s)", broken)
    assert all(note.startswith("t0001: ") for (note,) in notes)
    again = migrate(young_fleet, revisions=FEW)
    assert (again.migrated, again.failed, again.quarantined) == (0, 0, 3)
    _mend(young_fleet, broken)
    mended = migrate(young_fleet, Choices(retry_failed=True), revisions=FEW)
    assert (mended.migrated, mended.quarantined) == (9, 0)
    assert rows(young_fleet, "SELECT count(*) FROM shared.tenants WHERE quarantine IS NOT NULL") == [(0,)]
    for label in broken:
        assert steps_run(young_fleet, label) == ["second", "third"]


def test_too_many_failures_stop_the_run(young_fleet, young_labels):
    broken = young_labels(32)[7:22]
    _break(young_fleet, broken)
    report = migrate(young_fleet, Choices(workers=1), revisions=FEW)
    assert report.stopped
    assert report.failed == 2
    assert report.waiting > 0


def test_an_ill_canary_saves_everybody_else(fleet, spares):
    spares(10)
    canary = min(revisions_of(fleet))
    _break(fleet, [canary])
    report = migrate(fleet, revisions=COUNTED)
    assert report.stopped
    assert set(report.errors) == {canary}
    assert set(revisions_of(fleet).values()) == {label_head()}


def test_a_long_transaction_of_a_label_is_waited_for_and_hinders_no_other(fleet, spares, monkeypatch):
    spares(4)
    busy = the_label("canary").id
    step = then("ALTER TABLE members ADD COLUMN note text")
    released = threading.Event()

    def hold():
        with owner_session(fleet, "home") as owner, owner.transaction():
            owner.execute(f'LOCK TABLE "{busy}".members IN ACCESS SHARE MODE')
            released.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    time.sleep(0.2)
    threading.Timer(2.8, released.set).start()
    report = migrate(fleet, revisions=step)
    holder.join()
    assert (report.migrated, report.failed) == (6, 0)


def test_an_index_that_a_crash_left_invalid_is_made_again(fleet):
    label = the_label("canary").id
    with owner_session(fleet, "home") as owner:
        owner.execute(
            f'INSERT INTO "{label}".members (id, email, name, role, language) SELECT gen_random_uuid(), '
            "n || '@x.test', 'same', 'member', 'en' FROM generate_series(1, 2) n"
        )
        with pytest.raises(psycopg.errors.UniqueViolation):
            owner.execute(f'CREATE UNIQUE INDEX CONCURRENTLY ix_names ON "{label}".members (name)')
        owner.execute(f'UPDATE "{label}".members SET name = email')
    report = migrate(
        fleet, revisions=then(("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ix_names ON members (name)",))
    )
    assert report.failed == 0
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass"
    assert rows(fleet, valid, f'"{label}".ix_names') == [(True,)]


def test_what_a_crash_cut_between_two_databases_is_stamped_by_the_next_run(two_cells, monkeypatch):
    far = a_label(cell="east")

    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ledger.Ledger, "stamp_home", crash)
        with pytest.raises(KeyboardInterrupt):
            migrate(two_cells, revisions=COUNTED[:-2])
    assert revisions_of(two_cells)[far.id] == label_head()
    report = migrate(two_cells, revisions=COUNTED[:-2])
    assert report.failed == 0
    assert revisions_of(two_cells)[far.id] == "t0001"
    assert rows(two_cells, f'SELECT count(*) FROM "{far.id}".runs', cell="east") == [(0,)]


def test_the_processes_hear_of_the_new_revision(fleet):
    registry = Registry()
    registry.start()
    try:
        label = the_label("canary")
        assert registry.by_id(label.id).revision == label_head()
        migrate(fleet, revisions=COUNTED)
        deadline = time.monotonic() + 5
        while registry.by_id(label.id).revision != "t0003" and time.monotonic() < deadline:
            time.sleep(0.02)
        assert registry.by_id(label.id).revision == "t0003"
    finally:
        registry.stop()


def test_a_label_outside_the_served_range_is_refused_and_the_others_are_served(fleet, spares):
    migrate(fleet, revisions=COUNTED)
    with owner_session(fleet, "home") as owner:
        owner.execute("UPDATE shared.tenants SET schema_revision = %s WHERE slug = 'rival'", [label_head()])
    old, new = the_label("rival"), the_label("canary")
    with composition.connected("test", fleet):
        with pytest.raises(Refusal) as refused, db.tenant_read(new) as session:
            session.execute(text("SELECT 1"))
        assert refused.value.retry_after
        with db.tenant_read(old) as session:
            assert session.scalar(text("SELECT 1")) == 1


def test_a_label_that_is_being_moved_waits_for_the_next_run(fleet):
    moving = the_label("rival").id
    with owner_session(fleet, "home") as owner:
        owner.execute("UPDATE shared.tenants SET state = 'moving' WHERE id = %s", [moving])
    assert migrate(fleet, revisions=COUNTED).migrated == 3
    assert revisions_of(fleet)[moving] == label_head()
    with owner_session(fleet, "home") as owner:
        owner.execute("UPDATE shared.tenants SET state = 'active' WHERE id = %s", [moving])
    migrate(fleet, revisions=COUNTED)
    assert_each_step_ran_once(fleet)


def test_code_that_was_rolled_back_leaves_newer_labels_alone(fleet):
    migrate(fleet, revisions=COUNTED)
    report = migrate(fleet)
    assert (report.labels, report.migrated, report.failed) == (0, 0, 0)
    assert set(revisions_of(fleet).values()) == {"t0003"}


def test_a_runner_whose_connection_dies_says_so_and_the_next_finishes(services, fleet, spares):
    spares(5)
    steps = then("CREATE TABLE runs (n int)", "SELECT pg_sleep(0.4)")

    def terminate():
        with services.superuser() as owner:
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(0.4)%' "
                "AND pid <> pg_backend_pid()"
            )

    threading.Timer(0.4, terminate).start()
    with pytest.raises(psycopg.OperationalError, match=r"server closed the connection|terminating connection"):
        migrate(fleet, revisions=steps)
    assert migrate(fleet, revisions=steps).failed == 0
    assert set(revisions_of(fleet).values()) == {"t0002"}
    assert fresh_tenant(the_label("canary").id).revision == "t0002"
