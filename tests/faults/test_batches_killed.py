"""A worker that is killed in the middle of a batch: the stage is done after all, and done once."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text

from app.catalog.models import Recording, Release
from app.kernel import db, files
from app.kernel.actor import Actor
from app.uploads.models import Batch, BatchItem
from app.uploads.service import batches, checking
from tests.factories.labels import a_label
from tests.kernel.jobs.work import eventually, kill_tree, process
from tests.uploads.measured import brought, sound
from tests.uploads.test_attaching import ISRCS, audio_of

PATIENCE = 150
PATH = "DEAB12600001.wav"


@pytest.fixture
def mine(connected):
    return a_label()


def a_batch(tenant):
    """A batch with a file whose columns are confirmed."""
    actor = Actor.system(tenant)
    stored = files.store_stream(actor, [ISRCS.encode()], name="catalogue.csv", media_type="text/csv")
    with db.tenant_work(tenant) as session:
        batch = batches.open_batch(session, actor, name=stored.name, manifest_id=stored.id)
        mapping = {column.header: column.field for column in checking.proposed(session, actor, batch)}
        checking.confirm(session, actor, batch, mapping)
    brought(tenant, f"/{batch.id}", sound(PATH))
    return batch.id


def stage_of(tenant, key):
    with db.tenant_read(tenant) as session:
        return session.get(Batch, key).stage


def counts(tenant, *models):
    with db.tenant_read(tenant) as session:
        return [session.scalar(select(func.count()).select_from(model)) for model in models]


def killed_once_then_done(environment, place, is_done):
    """Kill the worker at a place of its work, see that nothing is done, and let another one do it."""
    with process("worker", environment | {"CRASH_AT": place, "WORKER_PROCESSES": "1"}) as doomed:
        assert eventually(lambda: doomed.poll() is not None or tried(), PATIENCE)
        kill_tree(doomed)
    assert not is_done()
    with process("worker", environment):
        assert eventually(is_done, PATIENCE)


def tried():
    """Whether the work was taken up a second time: whoever took it up first is dead."""
    with db.platform_read() as session:
        return (
            session.execute(
                text("SELECT count(*) FROM shared.outbox WHERE attempts > 1 AND done_at IS NULL")
            ).scalar_one()
            > 0
        )


@pytest.mark.timeout(300)
def test_a_check_and_an_application_that_lose_their_worker_are_done_once(mine, environment):
    key, actor = a_batch(mine), Actor.system(mine)
    with db.tenant_work(mine) as session:
        batches.ask_check(session, session.get(Batch, key))
    with process("scheduler", environment):
        killed_once_then_done(environment, "batch.checked", lambda: stage_of(mine, key) == "ready")
        assert counts(mine, BatchItem, Release) == [2, 0]
        with db.tenant_work(mine) as session:
            batches.ask_apply(session, actor, session.get(Batch, key))
        killed_once_then_done(environment, "batch.loaded", lambda: stage_of(mine, key) == "done")
    assert counts(mine, Release, Recording) == [2, 3]
    assert audio_of(mine)["Erste Nacht"] == PATH
