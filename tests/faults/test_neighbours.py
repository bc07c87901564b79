"""One label takes all it can get: the others are served, and the noisy one is told to come again."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import ExitStack

import httpx
from sqlalchemy import text

from app.kernel import db
from app.kernel.tenant import Limits
from tests.factories.labels import a_label
from tests.factories.members import a_member
from tests.faults.test_database_crash import cookie_of
from tests.faults.test_workers import ask, count, names_of
from tests.kernel.jobs.work import add_marks, eventually, process
from tests.servers import serving

FLOOD = 16
BACKLOG = 2_000
NARROW = Limits(connections=2, requests=8, statement_timeout_ms=1_000)


class Pages:
    """A member who opens the portal, again and again."""

    def __init__(self, port, tenant) -> None:
        host = f"{tenant.slug}.localhost"
        self.address = f"http://127.0.0.1:{port}/portal"
        headers = {"host": host, "cookie": cookie_of(port, host, a_member(tenant))}
        self.client = httpx.Client(headers=headers, timeout=30)
        self.answers: list[httpx.Response] = []

    def open(self) -> httpx.Response:
        answer = self.client.get(self.address)
        self.answers.append(answer)
        return answer

    def close(self) -> None:
        self.client.close()


def fill_the_outbox(tenant):
    """A backlog that was asked for long ago, so that whoever sorts by age alone would do it first."""
    with db.platform_work() as session:
        session.execute(
            text(
                "INSERT INTO shared.outbox (id, label, epoch, task, args, queue, run_at, max_attempts)"
                " SELECT gen_random_uuid(), :label, :epoch, 'test.mark',"
                " jsonb_build_object('name', 'n' || number, 'seconds', 0.02),"
                " 'default', now() - interval '1 hour', 50 FROM generate_series(1, :many) number"
            ),
            {"label": tenant.id, "epoch": tenant.epoch, "many": BACKLOG},
        )


def test_a_flooding_label_is_told_to_wait_and_its_neighbour_notices_nothing(services, database_name, working):
    """The noisy label's statements hang until their time limit, its shares are full, and more come all the time."""
    noisy, neighbour, stop = a_label(limits=NARROW), working, threading.Event()
    with serving(services, database_name, POOL_SIZE="4") as (_, port):
        flood, pages = Pages(port, noisy), Pages(port, neighbour)
        assert flood.open().status_code == pages.open().status_code == 200

        def shout():
            while not stop.is_set():
                flood.open()
                stop.wait(0.05)  # a refusal comes at once, and the two of us share this machine

        threads = [threading.Thread(target=shout) for _ in range(FLOOD)]
        try:
            with db.owner_work() as owner:
                owner.execute(f'LOCK TABLE "{noisy.id}".members IN ACCESS EXCLUSIVE MODE')
                for thread in threads:
                    thread.start()
                assert eventually(lambda: {429, 503} <= {answer.status_code for answer in flood.answers})
                for _ in range(150):
                    pages.open()
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert eventually(lambda: flood.open().status_code == 200), "the flood is over and so are its refusals"
        flood.close()
        pages.close()
    assert Counter(answer.status_code for answer in pages.answers) == {200: 151}
    refused = [answer for answer in flood.answers if answer.status_code != 200]
    assert {answer.status_code for answer in refused} == {429, 503}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    assert all(answer.json()["detail"].endswith(".") for answer in refused)


def test_a_single_task_is_done_long_before_anothers_backlog(working, environment):
    noisy, neighbour = a_label(), working
    add_marks(noisy)
    with db.platform_work() as session:
        session.execute(text("DELETE FROM shared.outbox"))
    fill_the_outbox(noisy)
    backlog = f"label = '{noisy.id}' AND done_at IS NULL"
    with ExitStack() as stack:
        for kind in ("scheduler", "worker"):
            stack.enter_context(process(kind, environment))
        assert eventually(lambda: count(f"label = '{noisy.id}' AND done_at IS NOT NULL") > 10)
        for number in range(3):
            ask(neighbour, [f"single-{number}"])
            assert eventually(lambda number=number: f"single-{number}" in names_of(neighbour))
        left = count(backlog)
    assert left > BACKLOG // 4, "the neighbour waited for the backlog, or the backlog was too short to tell"
    assert sorted(names_of(neighbour)) == ["single-0", "single-1", "single-2"]
    assert count("parked_at IS NOT NULL") == 0
    doubled = [name for name, times in Counter(names_of(noisy)).items() if times > 1]
    assert not doubled
