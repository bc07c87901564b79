"""Web processes killed in the middle of requests: what is told and what is there are one, and others serve on."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import psutil
import pytest
from sqlalchemy import text

from app.kernel import db
from app.main.web import DEATHS, WITHIN_SECONDS, Respawned
from tests.factories.labels import a_label
from tests.factories.members import a_member
from tests.faults.test_database_crash import Writers, cookie_of
from tests.kernel.jobs.work import eventually
from tests.servers import PLAIN, serving

KILLS = 6


@pytest.fixture(scope="module")
def web(services, database_name):
    with serving(services, database_name, WEB_WORKERS="2", LOG_LEVEL="error") as (process, port):
        assert eventually(lambda: len(serving_children(process)) == 2)
        yield process, port


def serving_children(process):
    """The processes of the server that answer requests, not the one that looks after them."""
    found = []
    for child in psutil.Process(process.pid).children():
        with suppress(psutil.Error):
            if child.status() != psutil.STATUS_ZOMBIE:
                found.append(child.pid)
    return found


def kill_all(process):
    """SIGKILL every process that serves, and wait until they are gone."""
    doomed = [psutil.Process(pid) for pid in serving_children(process)]
    for worker in doomed:
        worker.send_signal(signal.SIGKILL)
    psutil.wait_procs(doomed, timeout=10)
    return {worker.pid for worker in doomed}


def answers(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5, verify=PLAIN).status_code == 200
    except httpx.TransportError:
        return False


def files_and_what_is_told(tenant):
    with db.tenant_read(tenant) as session:
        names = dict(session.execute(text("SELECT id, name FROM files")).all())
        told = list(session.scalars(text("SELECT subject_id FROM activity WHERE action = 'file.stored'")))
    return names, told


def wait_for_its_transactions(tenant):
    """A backend whose client was killed ends its transaction when it next looks."""

    def nobody():
        with db.owner_work() as owner:
            query = "SELECT 1 FROM pg_stat_activity WHERE xact_start IS NOT NULL AND application_name = %s"
            return owner.execute(query, [f"web:{tenant.id}"]).fetchone() is None

    assert eventually(nobody)


def test_a_web_process_killed_between_a_row_and_its_activity_leaves_neither(web, connected):
    process, port = web
    tenant = a_label()
    host = f"{tenant.slug}.localhost"
    cookie = cookie_of(port, host, a_member(tenant))
    headers = {"host": host, "origin": f"http://{host}", "cookie": cookie}

    def upload():
        content = {"file": ("half.txt", b"half", "text/plain")}
        return httpx.post(f"http://127.0.0.1:{port}/portal/files", files=content, headers=headers, timeout=30)

    with ThreadPoolExecutor(1) as browser:
        with db.owner_work() as owner:
            owner.execute(f'LOCK TABLE "{tenant.id}".activity IN EXCLUSIVE MODE')
            answer = browser.submit(upload)
            waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
            assert eventually(lambda: owner.execute(waiting, [f'"{tenant.id}".activity']).fetchone() is not None)
            killed = kill_all(process)
        assert isinstance(answer.exception(20), httpx.TransportError)
    wait_for_its_transactions(tenant)
    assert files_and_what_is_told(tenant) == ({}, [])
    assert eventually(lambda: len(set(serving_children(process)) - killed) == 2)
    assert eventually(lambda: answers(port))
    assert upload().status_code == 303
    names, told = files_and_what_is_told(tenant)
    assert list(names) == told


def test_a_web_process_killed_again_right_after_its_start_takes_no_other_down(web):
    process, port = web
    assert eventually(lambda: len(serving_children(process)) == 2)
    steady, doomed = serving_children(process)
    for _ in range(3):
        os.kill(doomed, signal.SIGKILL)
        assert eventually(lambda gone=doomed: {gone, steady} ^ set(serving_children(process)) > {gone}, 5)
        (doomed,) = set(serving_children(process)) - {steady}
    assert process.poll() is None
    assert eventually(lambda: answers(port))


def test_a_web_process_that_dies_at_every_start_is_a_loop_and_one_that_died_long_ago_is_not():
    loop, rare = Respawned(), Respawned()
    for number in range(DEATHS):
        assert loop.get(0, 0) == 0
        loop[0] = 100.0 + number
        rare[0] = 100.0 + number * WITHIN_SECONDS / 2
        loop.clear()
    assert (loop.get(0, 0), loop.get(1, 0), rare.get(0, 0)) == (100.0 + DEATHS - 1, 0, 0)


def test_web_processes_killed_under_load_leave_nothing_half_and_new_ones_serve(web, connected):
    process, port = web
    tenant = a_label()
    host = f"{tenant.slug}.localhost"
    with Writers(port, host, cookie_of(port, host, a_member(tenant))) as writers:
        for number in range(KILLS):
            before = len(writers.kept)
            assert eventually(lambda before=before: len(writers.kept) > before + 5)
            time.sleep(0.013 * number)  # at another moment of a request each time
            assert eventually(lambda: serving_children(process))
            os.kill(serving_children(process)[0], signal.SIGKILL)
        after = len(writers.kept)
        assert eventually(lambda: len(writers.kept) > after + 20)
    assert eventually(lambda: len(serving_children(process)) == 2)
    wait_for_its_transactions(tenant)
    names, told = files_and_what_is_told(tenant)
    assert writers.broken, "nobody was in the middle of anything; it proves nothing"
    assert {answer.status_code for answer in writers.answers} == {303}
    assert sorted(names) == sorted(told)
    assert set(writers.kept) <= set(names.values()) <= set(writers.sent)
    assert len(set(names.values())) == len(names)
