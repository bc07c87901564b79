"""The product's own processes, started as a supervisor starts them."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tests.kernel.jobs.nursery import Child, nursery
from tests.services import Services

ROOT = Path(__file__).parents[1]
PATIENCE = 100.0
"""Seconds in which a server must answer on a machine that does much else."""
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Knows no authority: to read all of them for a request without TLS takes longer than the request."""


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


Server = subprocess.Popen[bytes] | Child


def started(services: Services, database_name: str, *, from_nothing: bool = False, **more: str) -> tuple[Server, int]:
    """A web process that answers, and its port; what it says is heard only of one that is started from nothing."""
    port = free_port()
    env = os.environ | services.environment(database_name, PORT=str(port), **more)
    process: Server
    if from_nothing or "PYTHONPATH" in more:  # what Python itself is told is heard at its own start alone
        process = subprocess.Popen([sys.executable, "-m", "app.main", "web"], cwd=ROOT, env=env)
    else:
        process = nursery().child(["web"], env)
    try:
        _wait_for(process, port)
    except BaseException:  # a test that was told to end must not leave it behind, either
        process.kill()
        process.wait(30)
        raise
    return process, port


def _wait_for(process: Server, port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    with httpx.Client(timeout=2, verify=PLAIN) as browser:
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if browser.get(f"http://127.0.0.1:{port}/healthz").is_success:
                    return
            time.sleep(0.05)
    raise RuntimeError("the web process did not start")


def stopped(process: Server) -> int:
    """End a process as its supervisor would."""
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(timeout=30)
    finally:
        process.kill()


@contextmanager
def serving(
    services: Services, database_name: str, *, from_nothing: bool = False, **more: str
) -> Iterator[tuple[Server, int]]:
    """A web process and its port for the length of a block."""
    process, port = started(services, database_name, from_nothing=from_nothing, **more)
    try:
        yield process, port
    finally:
        stopped(process)
