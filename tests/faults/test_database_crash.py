"""The database dies under the web's hands, again and again: what was acknowledged is there, and people get sentences."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter

import httpx
import psutil
from sqlalchemy import text

from app.kernel import db
from app.main import composition
from tenants.provisioning.bootstrap import prepare_cells
from tests.factories.labels import a_label
from tests.factories.members import PASSWORD, a_member
from tests.faults.own_postgres import own_postgres
from tests.kernel.jobs.work import eventually
from tests.servers import PLAIN, serving

WRITERS = 4
CRASHES = (signal.SIGQUIT, signal.SIGKILL, signal.SIGQUIT)
TRACES = ("Traceback", "psycopg", "sqlalchemy", "Error:", 'File "')


class Writers:
    """Members who add one file after another, whatever they are told."""

    def __init__(self, port: int, host: str, cookie: str) -> None:
        self.address = f"http://127.0.0.1:{port}/portal/files"
        self.headers = {"host": host, "origin": f"http://{host}", "cookie": cookie}
        self.sent, self.kept, self.answers, self.broken = [], [], [], []
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def _write(self, writer: int) -> None:
        with httpx.Client(timeout=60, headers=self.headers) as client:
            number = 0
            while not self.stop.is_set():
                name = f"{writer}-{number}.txt"
                number += 1
                self.sent.append(name)
                try:
                    answer = client.post(self.address, files={"file": (name, name.encode(), "text/plain")})
                except httpx.TransportError as problem:
                    self.broken.append(problem)
                    continue
                self.answers.append(answer)
                if answer.status_code < 400:
                    self.kept.append(name)
                else:
                    self.stop.wait(0.05)


def cookie_of(port: int, host: str, member) -> str:
    answer = httpx.post(
        f"http://127.0.0.1:{port}/portal/sign-in",
        data={"email": member.email, "password": PASSWORD},
        headers={"host": host, "origin": f"http://{host}"},
        timeout=30,
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["set-cookie"].partition(";")[0]


def readiness(port: int) -> int:
    return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=30, verify=PLAIN).status_code


def test_the_web_outlives_a_database_that_crashes_under_load(services, database_name):
    with own_postgres(services, durable=True) as server:
        chosen = services.settings(database_name, DATABASE_URL=server.url)
        prepare_cells(chosen)
        with composition.connected("test", chosen):
            tenant = a_label()
            member = a_member(tenant)
        host = f"{tenant.slug}.localhost"
        with serving(services, database_name, DATABASE_URL=server.url, LOG_LEVEL="error") as (process, port):
            family = {child.pid for child in psutil.Process(process.pid).children(recursive=True)}
            with Writers(port, host, cookie_of(port, host, member)) as writers:
                for how in CRASHES:
                    crash_under(server, writers, port, how)
            assert process.poll() is None
            assert {child.pid for child in psutil.Process(process.pid).children(recursive=True)} == family
        judge(writers)
        with composition.connected("test", chosen), db.tenant_read(tenant) as session:
            files = Counter(session.scalars(text("SELECT name FROM files")))
            told = Counter(session.scalars(text("SELECT after ->> 'name' FROM activity WHERE action = 'file.stored'")))
    assert set(writers.kept) <= set(files)
    assert set(files) <= set(writers.sent)
    assert files == told
    assert set(files.values()) == {1}


def crash_under(server, writers, port, how):
    """Crash it while files come in, see that the web says so, start it again, and see that files come in again."""
    before = len(writers.kept)
    assert eventually(lambda: len(writers.kept) > before + 10)
    server.crash(how)
    assert eventually(lambda: readiness(port) == 503)
    refused = len(writers.answers)
    assert eventually(lambda: len(writers.answers) > refused)
    server.start()
    started, after = time.monotonic(), len(writers.kept)
    assert eventually(lambda: len(writers.kept) > after and readiness(port) == 200)
    assert time.monotonic() - started < 10


def judge(writers):
    """Each answer is either the way on, or a refusal in a sentence that says when to come again."""
    assert not writers.broken
    statuses = Counter(answer.status_code for answer in writers.answers)
    assert set(statuses) == {303, 503}, statuses
    for answer in writers.answers:
        if answer.status_code == 303:
            assert answer.headers["location"] == "/portal/files"
            continue
        assert not [trace for trace in TRACES if trace in answer.text], answer.text
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"]
        assert problem["detail"].endswith(".")
        assert problem["status"] == 503
