"""A page of a running batch is told how far it is, on the real server: soon, to its own label, and to nobody else."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager, suppress

import httpx
import pytest

from app.kernel import db, files
from app.kernel.actor import Actor
from app.uploads.models import Batch
from app.uploads.service import batches, steps
from tests.factories.labels import a_label
from tests.kernel.open_pages import Browser, hang_up, until
from tests.servers import serving

LATEST_SECONDS = 1.0


@pytest.fixture(scope="module")
def port(services, database_name):
    with serving(services, database_name) as (_, port):
        yield port


@pytest.fixture
def mine(connected):
    return a_label()


@pytest.fixture
def batch(mine):
    """A batch that is being checked, by nobody."""
    actor = Actor.system(mine)
    stored = files.store_stream(actor, [b"title\nFlut\n"], name="catalogue.csv", media_type="text/csv")
    with db.tenant_work(mine) as session:
        opened = batches.open_batch(session, actor, name=stored.name, manifest_id=stored.id)
        batches.ask_check(session, opened)
    return opened.id


@contextmanager
def followed(browser, batch_id):
    """What the page of a batch is told, each with the moment it came, while it is open."""
    told = []

    def read(answer):
        with suppress(httpx.TransportError, httpx.StreamError):
            lines = (line[6:] for line in answer.iter_lines() if line.startswith("data: "))
            told.extend((time.monotonic(), json.loads(line)) for line in lines)

    address = f"http://127.0.0.1:{browser.port}/portal/uploads/{batch_id}/events"
    with httpx.stream("GET", address, headers=browser.headers, timeout=20) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        thread = threading.Thread(target=read, args=(answer,))
        thread.start()
        try:
            assert until(lambda: bool(told))
            yield told
        finally:
            hang_up(answer)
            thread.join(20)


def test_each_step_and_the_end_are_told_within_a_second(port, mine, batch):
    with followed(Browser(port, mine), batch) as told:
        assert told[0][1] == {"stage": "checking", "version": 2, "done": 0, "total": 5, "step": None, "trouble": None}
        late = []
        for step in ("match", "compare"):
            with db.tenant_read(mine) as session:
                began = time.monotonic()
                steps.reached(mine, session.get(Batch, batch), step)
            assert until(lambda wanted=step: told[-1][1]["step"] == wanted)
            late.append(told[-1][0] - began)
        with db.tenant_work(mine) as session:
            batches.go(session, session.get(Batch, batch), "ready")
        began = time.monotonic()
        assert until(lambda: told[-1][1]["stage"] == "ready")
        late.append(told[-1][0] - began)
        assert max(late) < LATEST_SECONDS, late
    assert [state["step"] for _, state in told] == [None, "match", "compare", None]


def test_a_rival_is_told_nothing(port, mine, rival, batch):
    answer = Browser(port, rival).ask("GET", f"/portal/uploads/{batch}/events")
    assert answer.status_code == 404
    assert str(batch) not in answer.text
