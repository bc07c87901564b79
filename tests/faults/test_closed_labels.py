"""What was asked for before its label was suspended, closed, erased or moved: done where it belongs, or not at all."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy import text

from app.kernel import db, jobs
from app.kernel.actor import Actor
from app.main import composition
from tenants.cells.moving import move
from tenants.lifecycle.erasing import erase
from tenants.lifecycle.service import close, suspend
from tenants.provisioning.bootstrap import prepare_cells
from tenants.registry.queries import fresh_tenant
from tests.factories.labels import a_label
from tests.faults.test_workers import ask, names_of
from tests.kernel.jobs.work import add_marks, eventually, process

US = Actor.system(None)


@pytest.fixture
def cells(services, database_name, worker_id):
    """This worker's database as the home cell and a second one called east; the environment of both."""
    east = f"faults_east_{worker_id}"
    services.drop_database(east)
    with services.superuser() as owner:
        owner.execute(f"CREATE DATABASE {east}")
    base = services.environment(database_name)
    more = {"CELL_URLS": json.dumps({"east": base["DATABASE_URL"].replace(database_name, east)})}
    settings = services.settings(database_name, **more)
    prepare_cells(settings)
    with composition.connected("test", settings):
        yield base | more
    services.drop_database(east)


@contextmanager
def working_processes(environment):
    with ExitStack() as stack:
        for kind in ("scheduler", "worker"):
            stack.enter_context(process(kind, environment))
        yield


def a_working_label(*, marks=True):
    """A label with the table of the test tasks; what its opening asked for is none of ours."""
    tenant = a_label()
    if marks:
        add_marks(tenant)
    with db.platform_work() as session:
        session.execute(text("DELETE FROM shared.outbox WHERE label = :label"), {"label": tenant.id})
    return tenant


def rows_of(tenant, cell="home"):
    """What the outbox of a cell says of a label: what for, whether it is done or parked, and why."""
    with db.platform_read(cell) as session:
        query = text(
            "SELECT args ->> 'name' AS name, claimed > 0 AS begun, done_at IS NOT NULL AS done,"
            " parked_at IS NOT NULL AS parked, problem FROM shared.outbox WHERE label = :label ORDER BY asked_at"
        )
        return session.execute(query, {"label": tenant.id}).all()


def settled(tenant, cell="home"):
    return all(row.done or row.parked for row in rows_of(tenant, cell))


def seals_of(tenant):
    with db.tenant_read(tenant) as session:
        return session.scalar(text("SELECT count(*) FROM activity_seals"))


def is_there(tenant):
    """Whether anything of the label stands in the home cell's catalogue."""
    with db.owner_work() as owner:
        query = "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = %s) + (SELECT count(*) FROM pg_roles WHERE rolname = %s)"
        return owner.execute(query, [tenant.id, tenant.id]).fetchone() != (0,)


def test_what_was_asked_for_before_is_done_at_home_or_parked_with_its_reason(cells, working):
    active, closing, suspended = working, a_working_label(), a_working_label()
    erased, moved = a_working_label(), a_working_label(marks=False)  # a move takes along what every label has
    everybody = [active, closing, suspended, erased]
    for tenant in everybody:
        ask(tenant, [f"before {tenant.slug}"])
    ask(moved, [None], task="activity.seal")
    suspend(suspended.id, by=US, reason="a bill")
    for tenant in (closing, erased):
        close(tenant.id, by=US)
    erase(erased.id, by=US, even_in_grace=True)
    move(moved.id, "east")
    with db.platform_work() as session:  # asked for by a process that has not heard of the end yet
        jobs.ask(session, "test.mark", {"name": "too late"}, tenant=erased)
    with working_processes(cells):
        assert eventually(lambda: all(settled(tenant) for tenant in everybody) and settled(moved, "east"))
    assert [(row.parked, row.problem) for row in rows_of(erased)] == [(True, "The label is gone.")]
    assert [(row.done, row.parked) for row in rows_of(closing)] == [(False, True)]
    assert "is being closed" in rows_of(closing)[0].problem
    assert rows_of(moved) == []
    assert [row.done for row in rows_of(moved, "east")] == [True]
    assert names_of(active) == [f"before {active.slug}"]
    assert names_of(closing) == []
    assert names_of(fresh_tenant(suspended.id)) == [f"before {suspended.slug}"]
    assert seals_of(fresh_tenant(moved.id)) > 0
    assert not is_there(erased)


def test_a_label_that_ends_while_a_task_runs_ends_for_the_task_too(connected, environment, working):
    """A suspended label's task is finished; an erased label's leaves nothing, and nobody else gets it."""
    suspended, erased = a_working_label(), a_working_label()
    ask(suspended, ["running"], seconds=1.5)
    ask(erased, ["running"], seconds=1.5)
    with working_processes(environment):
        both = (suspended, erased)
        assert eventually(lambda: all(row.begun for tenant in both for row in rows_of(tenant)))
        suspend(suspended.id, by=US, reason="a bill")
        close(erased.id, by=US)
        assert not any(row.done for tenant in both for row in rows_of(tenant)), "nothing ran any more"
        erase(erased.id, by=US, even_in_grace=True)
        ask(working, ["after"])
        assert eventually(lambda: settled(suspended) and settled(working) and settled(erased))
        assert eventually(lambda: not running_for(erased))
    assert names_of(fresh_tenant(suspended.id)) == ["running"]
    assert names_of(working) == ["after"]
    assert not any(row.done for row in rows_of(erased))
    assert not is_there(erased)
    assert fresh_tenant(erased.id) is None


def running_for(tenant):
    with db.owner_work() as owner:
        query = "SELECT 1 FROM pg_stat_activity WHERE xact_start IS NOT NULL AND application_name = %s"
        return owner.execute(query, [f"worker:{tenant.id}"]).fetchone() is not None
