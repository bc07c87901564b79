"""The product's own processes, started as a supervisor starts them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tests.services import Services

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started(services: Services, database_name: str, **more: str) -> tuple[subprocess.Popen[bytes], int]:
    """A web process that answers, and its port."""
    port = free_port()
    env = os.environ | services.environment(database_name, PORT=str(port), **more)
    process = subprocess.Popen([sys.executable, "-m", "app.main", "web"], cwd=ROOT, env=env)
    for _ in range(200):
        if process.poll() is not None:
            break
        with suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).is_success:
                return process, port
        time.sleep(0.1)
    process.kill()
    raise RuntimeError("the web process did not start")


def stopped(process: subprocess.Popen[bytes]) -> int:
    """End a process as its supervisor would."""
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(timeout=30)
    finally:
        process.kill()


@contextmanager
def serving(services: Services, database_name: str, **more: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A web process and its port for the length of a block."""
    process, port = started(services, database_name, **more)
    try:
        yield process, port
    finally:
        stopped(process)
