"""The database dies in the middle of a batch: the stage is done after all, and done once."""

from __future__ import annotations

import signal
from contextlib import closing, contextmanager

import psycopg
import pytest
from sqlalchemy import func, select

from app.catalog.models import Recording, Release
from app.kernel import db
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.main import composition
from app.uploads.models import Batch, BatchFinding, BatchItem
from app.uploads.service import batches
from tenants.provisioning.bootstrap import prepare_cells
from tests.factories.labels import a_label
from tests.faults.own_postgres import own_postgres
from tests.faults.test_batches_killed import PATH, a_batch, counts, stage_of
from tests.faults.test_workers import count
from tests.kernel.jobs.work import eventually, process
from tests.uploads.test_attaching import audio_of

PATIENCE = 150


@contextmanager
def held(server, tenant, table):
    """Nobody writes into a table of the label; tells whether somebody tries to."""
    with (
        closing(psycopg.connect(server.url)) as holder,
        closing(psycopg.connect(server.url, autocommit=True)) as watcher,
    ):
        holder.execute(f'LOCK TABLE "{tenant.id}".{table} IN EXCLUSIVE MODE')
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        yield lambda: watcher.execute(waits).fetchone()[0] > 0


def crashes_in_the_middle(server, tenant, table, how):
    """Kill the server while a stage stands before this table, having done all before it, and start it again."""
    with held(server, tenant, table) as is_tried:
        assert eventually(is_tried, PATIENCE)
        server.crash(how)
    server.start()


def told(tenant, action):
    with db.tenant_read(tenant) as session:
        return session.scalar(select(func.count()).where(Activity.action == action))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGQUIT])
def test_a_check_and_an_application_outlive_the_database(services, database_name, connected, how):
    with own_postgres(services, durable=True) as server:
        chosen = services.settings(database_name, DATABASE_URL=server.url)
        environment = services.environment(database_name, DATABASE_URL=server.url)
        prepare_cells(chosen)
        with composition.connected("test", chosen):
            mine = a_label()
            key, actor = a_batch(mine), Actor.system(mine)
            with process("scheduler", environment), process("worker", environment):
                with db.tenant_work(mine) as session:
                    batches.ask_check(session, session.get(Batch, key))
                crashes_in_the_middle(server, mine, BatchFinding.__tablename__, how)
                assert eventually(lambda: stage_of(mine, key) == "ready", PATIENCE)
                assert counts(mine, BatchItem, Release) == [2, 0]
                with db.tenant_work(mine) as session:
                    batches.ask_apply(session, actor, session.get(Batch, key))
                crashes_in_the_middle(server, mine, "tracks", how)
                assert eventually(lambda: stage_of(mine, key) == "done", PATIENCE)
                assert eventually(lambda: count("done_at IS NULL") == 0, PATIENCE)
            assert counts(mine, Release, Recording) == [2, 3]
            assert audio_of(mine)["Erste Nacht"] == PATH
            assert [told(mine, action) for action in ("batch.checked", "batch.applied", "release.created")] == [1, 1, 2]
