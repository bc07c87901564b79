"""The real services of one test run: started once, shared by its processes, stopped with the last of them."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from app.settings import Settings, load

TEMPLATE = "boptone_template"
MEMORY = Path("/dev/shm")
ROOM = 4 << 30
PREFIX = "boptone-tests-"
SECRET = "a-secret-that-only-the-tests-know-0123456789"


@dataclass(frozen=True)
class Services:
    """Where the services of this run live."""

    folder: Path

    @property
    def sockets(self) -> Path:
        return self.settings("postgres").sockets

    def settings(self, database: str, **more: str) -> Settings:
        """Settings of a process that works on `database` of these services."""
        return load(self.environment(database, **more))

    def environment(self, database: str, **more: str) -> dict[str, str]:
        """The environment of such a process."""
        base = load({"BOPTONE_DATA": str(self.folder)})
        number = 1 + sum(database.encode()) % 15
        return {
            "BOPTONE_ENV": "test",
            "BOPTONE_DATA": str(self.folder),
            "SECRET_KEY": SECRET,
            "DATABASE_URL": base.embedded_database_url(database),
            "BROKER_URL": f"redis+socket://{base.sockets}/valkey.sock?virtual_host={number}",
            "CACHE_URL": f"unix://{base.sockets}/valkey.sock?db={number}",
            "STORAGE_URL": f"file://{self.folder}/objects-{database}",
            "LOG_LEVEL": "error",
            "PRINTFUL_API_BASE": "http://127.0.0.1:9",  # nobody is there
            "PRINTFUL_FILES_BASE": "http://127.0.0.1:9",
            "EGRESS_LOCAL_HOSTS": "outside.test,elsewhere.test",
        } | more

    @property
    def log_file(self) -> Path:
        return self.folder / "postgres" / "postgres.log"

    def log_size(self) -> int:
        """How long the server's log is now."""
        return self.log_file.stat().st_size

    def statements_of(self, pid: int, *, since: int) -> list[str]:
        """The messages that backend `pid` received since the log had this size."""
        with self.log_file.open("rb") as log:
            log.seek(since)
            lines = log.read().decode(errors="replace").splitlines()
        pattern = re.compile(rf"^.*\[{pid}\].*LOG:  (?:statement|execute [^:]*): (.*)$")
        return [found.group(1) for line in lines if (found := pattern.match(line))]

    @contextmanager
    def superuser(self, database: str = "postgres") -> Iterator[psycopg.Connection]:
        """A connection that may do anything on this run's server."""
        with psycopg.connect(f"host={self.sockets} user=postgres dbname={database}", autocommit=True) as connection:
            yield connection

    def create_database(self, name: str, template: str = TEMPLATE) -> None:
        """Copy a database; a copy of the template has every table and the two labels in the room."""
        with locked(self.folder / "template.lock"), self.superuser() as connection:
            command = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
            connection.execute(command)

    def drop_database(self, name: str) -> None:
        """Drop a database and whoever is still connected to it."""
        with self.superuser() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock among the processes of this run."""
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def place_of(run: Path) -> Path:
    """The folder for the services of a run: in memory where there is room, for labels are made and dropped all the time."""
    there = MEMORY / f"{PREFIX}{hashlib.sha256(str(run).encode()).hexdigest()[:12]}"
    if there.exists():
        return there
    has_room = MEMORY.is_dir() and min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available) > ROOM
    return there if has_room else run / "services"


def sweep() -> None:
    """Give back the memory of runs that were killed."""
    for folder in MEMORY.glob(f"{PREFIX}*"):
        if (folder / "users.json").exists() and not _users(folder):
            _stop(Services(folder))


@contextmanager
def shared_services(folder: Path) -> Iterator[Services]:
    """Join the services of this run, starting them for the first and stopping them after the last."""
    folder.mkdir(parents=True, exist_ok=True)
    services = Services(folder)
    with locked(folder / "users.lock"):
        users = _users(folder)
        if not users:
            sweep()
            _start(services)
        _write_users(folder, [*users, os.getpid()])
    try:
        yield services
    finally:
        with locked(folder / "users.lock"):
            left = [pid for pid in _users(folder) if pid != os.getpid()]
            _write_users(folder, left)
            if not left:
                _stop(services)


def _users(folder: Path) -> list[int]:
    file = folder / "users.json"
    known = json.loads(file.read_text()) if file.exists() else []
    return [pid for pid in known if Path(f"/proc/{pid}").exists()]


def _write_users(folder: Path, users: list[int]) -> None:
    (folder / "users.json").write_text(json.dumps(users))


def _start(services: Services) -> None:
    from app.main.embedded import postgres, valkey
    from tests.factories.labels import make_template

    postgres.start(services.folder / "postgres", services.sockets, durable=False)
    valkey.start(services.folder / "valkey", services.sockets)
    with services.superuser() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    make_template(services.settings(TEMPLATE))


def _stop(services: Services) -> None:
    from app.main.embedded import postgres, valkey

    postgres.stop(services.folder / "postgres")
    valkey.stop(services.folder / "valkey")
    shutil.rmtree(services.folder, ignore_errors=True)
