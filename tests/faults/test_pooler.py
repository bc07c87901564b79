"""A real PgBouncer in transaction mode with one backend for everybody: labels share it and never meet in it."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.kernel import activity, db
from app.kernel.actor import Actor
from app.kernel.errors import Refusal
from app.main import composition
from app.main.embedded.process import end, without_root
from tenants.provisioning.bootstrap import prepare_cells
from tests.factories.labels import a_label
from tests.faults.own_postgres import NAME, OwnPostgres, own_postgres
from tests.kernel.jobs.work import eventually
from tests.servers import free_port

PROGRAM = shutil.which("pgbouncer")
FOLLOWS_PREPARED = (1, 21)
THREADS = 6

WHO = text(
    "SELECT current_user::text, current_schema()::text, current_setting('search_path'),"
    " (SELECT array_agg(DISTINCT coalesce(after ->> 'of', '')) FROM activity WHERE action = 'test.mine')"
)

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="PgBouncer is not installed")


def version() -> tuple[int, ...]:
    said = subprocess.run([str(PROGRAM), "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in re.search(r"(\d+)\.(\d+)", said).groups())


@pytest.fixture(scope="module")
def server(services, database_name) -> Iterator[OwnPostgres]:
    with own_postgres(services) as running:
        prepare_cells(services.settings(database_name, DATABASE_URL=running.url))
        yield running


@contextmanager
def pooler(server: OwnPostgres, password: str, *, prepared: int) -> Iterator[int]:
    """A pooler with one backend in front of the server, and its port."""
    folder, port = Path(tempfile.mkdtemp(prefix="bb-")), free_port()
    (folder / "users").write_text(f'"boptone_login" "{password}"\n')
    lines = [
        "[databases]",
        f"{NAME} = host=127.0.0.1 port={server.port} dbname={NAME}",
        "[pgbouncer]",
        "listen_addr = 127.0.0.1",
        f"listen_port = {port}",
        "unix_socket_dir =",
        "auth_type = scram-sha-256",
        f"auth_file = {folder}/users",
        "pool_mode = transaction",
        "default_pool_size = 1",
        "query_wait_timeout = 10",
        "server_login_retry = 1",
        f"logfile = {folder}/log",
    ]
    if version() >= FOLLOWS_PREPARED:
        lines.append(f"max_prepared_statements = {prepared}")
    (folder / "ini").write_text("\n".join(lines) + "\n")
    running = subprocess.Popen([*without_root(), str(PROGRAM), "-q", f"{folder}/ini"], stderr=subprocess.DEVNULL)
    try:
        assert eventually(lambda: answers(port, password), 15), (folder / "log").read_text()[-500:]
        yield port
    finally:
        end(running.pid, subprocess.signal.SIGTERM, seconds=10)
        running.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def answers(port: int, password: str) -> bool:
    try:
        psycopg.connect(login(port, password), connect_timeout=2).close()
    except psycopg.Error:
        return False
    return True


def left_behind() -> tuple[str, ...]:
    """What the next one finds on a backend that labels used, through whatever pooler they used it."""
    query = "SELECT current_user::text, current_setting('search_path'), current_setting('statement_timeout')"
    with psycopg.connect(db.current().settings.login_urls["home"], autocommit=True) as next_one:
        return next_one.execute(query).fetchone()


def login(port: int, password: str) -> str:
    return f"postgresql://boptone_login:{password}@127.0.0.1:{port}/{NAME}"


@contextmanager
def through_the_pooler(services, database_name, server, *, prepared: int, prepare: bool | None = None):
    """This process, connected through a pooler, and two labels opened through it."""
    direct = services.settings(database_name, DATABASE_URL=server.url)
    with pooler(server, direct.login_password, prepared=prepared) as port:
        chosen = services.settings(
            database_name,
            DATABASE_URL=server.url,
            DATABASE_LOGIN_URL=login(port, direct.login_password),
            PREPARE_STATEMENTS=str(bool(prepared) if prepare is None else prepare).lower(),
        )
        with composition.connected("test", chosen):
            yield a_label(), a_label()


class Work:
    """What many threads read and wrote for two labels in turn."""

    def __init__(self, labels) -> None:
        self.labels = labels
        self.right, self.kept, self.wrong, self.broken, self.backends = 0, Counter(), [], [], set()
        self._lock = threading.Lock()

    def many(self, times: int, *, until: threading.Event | None = None) -> None:
        with ThreadPoolExecutor(THREADS) as threads:
            for done in [threads.submit(self._some, seed, times, until) for seed in range(THREADS)]:
                done.result()

    def _some(self, seed: int, times: int, until: threading.Event | None) -> None:
        chance = Random(seed)
        for _ in range(times):
            if until is not None and until.is_set():
                return
            tenant = chance.choice(self.labels)
            try:
                self._once(tenant, chance)
            except (DBAPIError, psycopg.Error, Refusal, InterruptedError) as problem:
                self.broken.append(problem)

    def _once(self, tenant, chance: Random) -> None:
        with db.tenant_work(tenant) as session:
            activity.record(session, Actor.system(tenant), "test.mine", after={"of": tenant.id})
            seen = tuple(session.execute(WHO).one())
            if chance.random() < 0.1:
                raise InterruptedError  # the client went away in the middle
            again = tuple(session.execute(WHO).one())
            backend = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        mine = (tenant.id, tenant.id, f"{tenant.id}, ext, pg_temp", [tenant.id])
        with self._lock:
            self.backends.add(backend)
            self.kept[tenant.id] += 1
            if seen == again == mine:
                self.right += 1
            else:
                self.wrong.append((tenant.id, seen, again))

    def stored(self, tenant) -> int:
        with db.tenant_read(tenant) as session:
            query = "SELECT count(*) FROM activity WHERE action = 'test.mine' AND after ->> 'of' = current_user"
            return session.execute(text(query)).scalar_one()


@pytest.mark.parametrize("prepared", [500, 0], ids=["prepared statements", "no prepared statements"])
def test_two_labels_on_one_backend_each_read_and_write_their_own(services, database_name, server, prepared):
    if prepared and version() < FOLLOWS_PREPARED:
        pytest.skip("this PgBouncer is older than 1.21 and follows no prepared statements")
    with through_the_pooler(services, database_name, server, prepared=prepared) as labels:
        work = Work(labels)
        work.many(70)
        assert not work.wrong
        assert {type(problem) for problem in work.broken} <= {InterruptedError}
        assert work.right > 300
        assert len(work.backends) == 1, "more than one backend proves less"
        assert left_behind() == ("boptone_login", '"$user", public', "0")
        for tenant in labels:
            assert work.stored(tenant) == work.kept[tenant.id]


def test_a_pooler_that_follows_no_prepared_statements_is_seen_by_errors_and_never_by_a_wrong_read(
    services, database_name, server
):
    with through_the_pooler(services, database_name, server, prepared=0, prepare=True) as labels:
        work = Work(labels)
        work.many(30)
        assert not work.wrong
        assert [problem for problem in work.broken if "prepared statement" in str(problem)], "it was never asked to"
        for tenant in labels:
            db.connect(db.current().settings, "test")  # a connection that prepared nothing yet
            assert work.stored(tenant) == work.kept[tenant.id]


def test_a_storm_on_the_one_backend_leaves_errors_and_no_wrong_read(services, database_name, server):
    calm = threading.Event()

    def disturb() -> None:
        chance = Random(11)
        with psycopg.connect(server.dsn, autocommit=True) as owner:
            for _ in range(80):
                action = chance.choice(["pg_cancel_backend", "pg_cancel_backend", "pg_terminate_backend"])
                owner.execute(f"SELECT {action}(pid) FROM pg_stat_activity WHERE usename = 'boptone_login'")
                calm.wait(chance.uniform(0.01, 0.05))
        calm.set()

    with through_the_pooler(services, database_name, server, prepared=0) as labels:
        work, storm = Work(labels), threading.Thread(target=disturb)
        storm.start()
        work.many(5_000, until=calm)
        storm.join()
        assert not work.wrong
        assert work.right > 20
        assert [problem for problem in work.broken if not isinstance(problem, InterruptedError)], "it hit nothing"
        assert len(work.backends) > 1
        for tenant in labels:
            assert work.stored(tenant) >= work.kept[tenant.id]  # who saw an error may have committed; nobody lost a row
        after = Work(labels)
        after.many(5)
        assert after.right > 0
        assert not after.wrong
        assert {type(problem) for problem in after.broken} <= {InterruptedError}, "the storm left something behind"
