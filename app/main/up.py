"""Everything on one machine: services, migration, demo labels, and three processes under one roof."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import click

from app.kernel.observe import metrics
from app.main import composition
from app.main.embedded import postgres, valkey
from app.main.embedded.process import EmbeddedError
from app.main.lifeline import end_with_parent
from app.settings import Settings

CHILDREN = ("web", "worker", "scheduler")
STOP_SECONDS = 30.0
READY_SECONDS = 60.0
PORT_SECONDS = 5.0
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0


def run(settings: Settings) -> None:
    """Start everything, print where it answers, and keep it running until Ctrl-C or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with _only_one(settings), _services(settings):
        _require_port(settings)
        _prepare(settings)
        _share_metrics(settings)
        children = [_Child(name) for name in CHILDREN]
        try:
            for child in children:
                child.start()
            waiting: _Waiting | None = _Waiting(settings)
            while not stop.wait(0.3):
                for child in children:
                    child.look_after()
                if waiting is not None and waiting.is_over():
                    _announce(settings)
                    waiting = None
        finally:
            click.echo("Stopping.")
            _stop(children)


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """Two of these over one folder would start the same services twice."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.data / "up.lock").open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            pid = handle.read().strip()
            raise EmbeddedError(
                f"This is running already (process {pid}). Stop it first, or set BOPTONE_DATA."
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


@contextmanager
def _services(settings: Settings) -> Iterator[None]:
    """Start the services that no address is set for; those that still run from a crash are taken over."""
    started: list[postgres.Running | valkey.Running] = []
    if settings.broker_url is None or settings.cache_url is None:
        started.append(valkey.start(settings.data / "valkey", settings.sockets))
    if settings.database_url is None:
        running = postgres.start(settings.data / "postgres", settings.sockets)
        postgres.create_database(running.dsn, "boptone")
        started.append(running)
    try:
        yield
    finally:
        for service in started:
            service.stop()


def _require_port(settings: Settings) -> None:
    """Two servers may listen on one port and share its requests; one that was killed needs a moment to be gone."""
    deadline = time.monotonic() + PORT_SECONDS
    while _answers(settings):
        if time.monotonic() > deadline:
            raise EmbeddedError(f"Port {settings.port} is in use by another program. Stop it, or set PORT.")
        time.sleep(0.2)


def _answers(settings: Settings) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((settings.host, settings.port)) == 0


def _prepare(settings: Settings) -> None:
    """Bring the tables to head and, outside production, make the demo labels."""
    from app.main.scenes import SLUGS, seed
    from tenants.fleet.runner import migrate

    with composition.connected("up", settings):
        migrate(settings)
        if not settings.is_production:
            seed(settings, with_media=SLUGS if settings.demo_media else ())


def _share_metrics(settings: Settings) -> None:
    """Give the processes a folder for their series, empty, so that each can tell everybody's."""
    folder = settings.data / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    os.environ[metrics.FOLDER] = str(folder)


@dataclass
class _Child:
    """One process of ours: started, watched, started again after a growing pause, ended."""

    name: str
    process: subprocess.Popen[bytes] | None = None
    pause: float = 0.5
    started_at: float = 0.0
    next_start: float = field(default=0.0)

    def start(self) -> None:
        """Start the process; the kernel ends it when we die, so that a killed supervisor leaves nobody behind."""
        self.started_at = time.monotonic()
        command = [sys.executable, "-m", "app.main", self.name]
        quiet = {"LOG_LEVEL": "warning", **os.environ}  # the addresses are what a person looks for here
        self.process = subprocess.Popen(command, env=quiet, preexec_fn=_die_with_parent)  # noqa: PLW1509 no thread yet

    def look_after(self) -> None:
        """Start the process again if it died."""
        if self.process is None or self.process.poll() is None:
            return
        now = time.monotonic()
        if self.next_start == 0.0:
            self.pause = 0.5 if now - self.started_at > STEADY_SECONDS else min(LONGEST_PAUSE, self.pause * 2)
            self.next_start = now + self.pause
            code = self.process.returncode
            click.echo(f"The {self.name} process ended ({code}); it starts again in {self.pause:.0f} s.", err=True)
        elif now >= self.next_start:
            self.next_start = 0.0
            self.start()


def _die_with_parent() -> None:
    end_with_parent()
    os.setpgid(0, 0)  # Ctrl-C reaches the supervisor alone, which ends its children in order


def _stop(children: list[_Child]) -> None:
    for child in children:
        if child.process is not None and child.process.poll() is None:
            child.process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        if child.process is None:
            continue
        try:
            child.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


class _Waiting:
    """The wait for the first answer: what takes long is told once, and is waited for all the same."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tell_at = time.monotonic() + READY_SECONDS

    def is_over(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self._settings.host}:{self._settings.port}/readyz", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            if time.monotonic() > self._tell_at:
                self._tell_at = float("inf")
                click.echo("The product is not ready yet; where something is wrong, the lines above say so.", err=True)
            return False


def _announce(settings: Settings) -> None:
    base, port = settings.base_domain, settings.port
    if settings.is_production:
        click.echo(f"Ready on {settings.host}:{port}.")
        return
    from app.main.scenes import OPERATOR, SCENES

    lines = ["", "Ready. Stop with Ctrl-C.", ""]
    for scene in SCENES:
        address = f"http://{scene.slug}.{base}:{port}/portal"
        lines.append(f"  {address:42} owner@{scene.slug}.test / {scene.password}")
    lines.append(f"  {f'http://admin.{base}:{port}/admin':42} {OPERATOR[0]} / {OPERATOR[1]}")
    click.echo("\n".join([*lines, ""]))
