"""A worker that dies while it encodes: somebody else does it, and nothing is there twice."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import func, select

from app.kernel import db, files
from app.streaming import service
from app.streaming.models import Package, Rendition
from tests.factories.labels import a_label
from tests.faults.test_workers import all_done, count
from tests.kernel.jobs.work import eventually, kill_tree, process
from tests.streaming.mastering import music, out


def found(tenant):
    """How many renditions, packages and files of theirs there are."""
    with db.tenant_read(tenant) as session:
        return tuple(
            session.scalar(query)
            for query in (
                select(func.count()).select_from(Rendition),
                select(func.count()).where(Package.state == "made"),
                select(func.count()).where(files.StoredFile.is_derived),
            )
        )


@pytest.mark.parametrize("place", ["stream.rendered", "stream.packed", "task.worked"])
def test_a_worker_killed_while_it_encodes_is_replaced_by_one_that_does_it_once(connected, environment, place):
    mine = a_label()
    release_id, recordings = out(mine, sounds=[music(7.0, channels=1)], bits=16)
    with db.tenant_work(mine) as session:
        if place == "stream.packed":
            service.ask_package(session, mine, release_id=release_id, format="flac")
        else:
            service.ask_renditions(session, recordings)
    wanted = (0, 1, 1) if place == "stream.packed" else (7, 0, 7)
    before = wanted if place == "task.worked" else (0, 0, 0)
    with process("scheduler", environment):
        with process("worker", environment | {"CRASH_AT": place, "WORKER_PROCESSES": "1"}) as doomed:
            assert eventually(lambda: count("claimed > 0") > 0)
            time.sleep(3)
            assert eventually(lambda: found(mine) == before)
            kill_tree(doomed)
        assert found(mine) == before, "all or nothing"
        with process("worker", environment):
            assert eventually(all_done)
    assert found(mine) == wanted
    assert count("attempts > 1 AND task IN ('streaming.render', 'streaming.pack')") == 1, "the first one died"
