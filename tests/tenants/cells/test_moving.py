"""Two databases, one label between them: no acknowledged write is lost, none is doubled, whatever crashes."""

from __future__ import annotations

import json
import os
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.kernel import db, jobs
from app.kernel.actor import Actor
from app.kernel.errors import Refusal
from app.ledger.service import auditing, sealing
from app.main import composition
from tenants import operations
from tenants.cells.moving import AlreadyThere, move
from tenants.provisioning.bootstrap import prepare_cells
from tenants.provisioning.errors import CellUnknown
from tenants.registry.queries import fresh_tenant
from tests.factories.labels import a_label
from tests.factories.members import a_member
from tests.kernel.jobs.nursery import nursery
from tests.ledger.books import all_balances, assert_balanced, entry, post

STEPS = [f"move.{step}.{side}" for step in ("pause", "fence", "copy", "flip", "clean") for side in ("before", "after")]


@pytest.fixture
def cells(services, database_name, worker_id):
    """This worker's database as the home cell and a second one called east."""
    east = f"east_{worker_id}"
    with services.superuser() as owner:
        owner.execute(f"DROP DATABASE IF EXISTS {east} WITH (FORCE)")
        owner.execute(f"CREATE DATABASE {east}")
    base = services.environment(database_name)
    more = {"CELL_URLS": json.dumps({"east": base["DATABASE_URL"].replace(database_name, east)})}
    settings = services.settings(database_name, **more)
    prepare_cells(settings)
    with composition.connected("test", settings):
        yield base | more
    services.drop_database(east)


def emails(tenant):
    with db.tenant_read(tenant) as session:
        return set(session.scalars(text("SELECT email FROM members")))


def homes(tenant):
    """In which databases the label's schema stands."""
    found = set()
    for cell in ("home", "east"):
        with db.owner_work(cell) as owner:
            if owner.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [tenant.id]).fetchone():
                found.add(cell)
    return found


def test_a_label_opens_in_another_cell(cells):
    tenant = a_label(cell="east")
    assert homes(tenant) == {"east"}
    a_member(tenant)
    assert len(emails(tenant)) == 1


def test_a_moved_label_takes_its_books_along(cells):
    tenant = a_label()
    post(tenant, entry("sale:1", 5), entry("sale:2", 7))
    with db.tenant_work(tenant) as session:
        sealing.seal(session, Actor.system(tenant))
    before = all_balances(tenant)
    move(tenant.slug, "east")
    moved = fresh_tenant(tenant.id)
    assert all_balances(moved) == before
    assert post(moved, entry("sale:2", 7), entry("sale:3", 1)) == (1, 1)
    assert_balanced(moved)
    with db.tenant_read(moved) as session:
        assert auditing.problems(session) == []


def test_a_moved_label_has_everything_and_leaves_nothing_behind(cells):
    tenant = a_label()
    before = {a_member(tenant).email for _ in range(5)}
    with db.tenant_work(tenant) as session:
        jobs.ask(session, "activity.seal", {}, key="waits")
    move(tenant.slug, "east")
    moved = fresh_tenant(tenant.id)
    assert (moved.cell, moved.state) == ("east", "active")
    assert moved.epoch > tenant.epoch
    assert emails(moved) == before
    assert homes(tenant) == {"east"}
    with db.tenant_read(moved) as session:
        assert session.scalar(text("SELECT count(*) FROM shared.outbox WHERE key = 'waits'")) == 1
    a_member(moved)
    move(tenant.slug, "home")
    assert homes(tenant) == {"home"}
    assert len(emails(fresh_tenant(tenant.id))) == 6


def test_a_process_with_an_old_registry_cannot_write_to_the_old_copy(cells):
    from tenants.cells import fence

    tenant = a_label()
    fence.close_writes(db.current().settings, tenant.id, "home")
    with pytest.raises(DBAPIError, match="permission denied"), db.tenant_work(tenant) as session:
        session.execute(text("INSERT INTO invitations SELECT * FROM invitations"))
    fence.open_writes(tenant.id, "home")
    a_member(tenant)
    with pytest.raises(DBAPIError, match="permission denied"), db.tenant_work(tenant) as session:
        session.execute(text("DELETE FROM activity"))


@pytest.mark.parametrize("place", STEPS)
def test_a_move_killed_anywhere_is_finished_by_asking_again(cells, place):
    tenant = a_label()
    before = {a_member(tenant).email for _ in range(3)}
    environment = os.environ | cells | {"CRASH_AT": place}
    killed = nursery().boptone("tenants", "move", tenant.slug, "east", environment=environment)
    assert killed.returncode == -9, killed.stderr
    if place in ("move.clean.before", "move.clean.after"):
        with db.owner_work() as owner:
            owner.execute("UPDATE shared.operations SET started_at = now() - interval '1 hour' WHERE state = 'running'")
        operations.resume_stuck()
    else:
        move(tenant.slug, "east")
    moved = fresh_tenant(tenant.id)
    assert (moved.cell, moved.state) == ("east", "active")
    assert emails(moved) == before
    assert homes(tenant) == {"east"}
    a_member(moved)


def test_no_acknowledged_write_is_lost_and_none_doubled_during_a_move(cells):
    tenant, acknowledged, stop = a_label(), [], threading.Event()

    def invite(worker):
        number = 0
        while not stop.is_set():
            name = f"{worker}-{number}@writers.test"
            number += 1
            try:
                with db.tenant_work(fresh_tenant(tenant.id)) as session:
                    session.execute(
                        text(
                            "INSERT INTO members (id, email, name, role, language) "
                            "VALUES (gen_random_uuid(), :n, 'w', 'member', 'en')"
                        ),
                        {"n": name},
                    )
                acknowledged.append(name)
            except (Refusal, DBAPIError):
                stop.wait(0.02)

    writers = [threading.Thread(target=invite, args=(worker,)) for worker in range(3)]
    for writer in writers:
        writer.start()
    stop.wait(0.5)
    move(tenant.slug, "east")
    stop.wait(0.5)
    stop.set()
    for writer in writers:
        writer.join()
    there = emails(fresh_tenant(tenant.id))
    assert set(acknowledged) <= there
    assert len(there) == len(set(there))
    assert len(acknowledged) > 50


def test_a_move_to_nowhere_or_to_where_it_is_is_refused(cells):
    tenant = a_label()
    with pytest.raises(CellUnknown):
        move(tenant.slug, "atlantis")
    with pytest.raises(AlreadyThere):
        move(tenant.slug, "home")
