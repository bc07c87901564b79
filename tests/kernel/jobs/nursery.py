"""Processes of the product that need not read it anew: one that has read it forks each of them.

Where a process dies and how is a test's business; that every start reads a thousand modules for seconds is not.
`tests/main/test_up.py`, `tests/faults/test_clocks.py` and `tests/kernel/test_tracing.py` start theirs from nothing.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

BEAT = 0.02
READ = ("tests.kernel.jobs.work", "app.main.scheduler")
"""What a child must find read already, the tasks that only tests know among it."""


class Child:
    """A process of the nursery: to be asked after and ended like one of one's own."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.pid = pid
        self._nursery = nursery

    def poll(self) -> int | None:
        """How it ended, below zero by which signal; None while it lives."""
        return self._nursery.ended().get(self.pid)

    def wait(self, timeout: float = 60.0) -> int:
        """Wait for its end."""
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("a child of the nursery", timeout)
            time.sleep(BEAT)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it is gone."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The process that has read the product and forks; it talks in lines of JSON."""

    def __init__(self) -> None:
        self._running = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=Path(__file__).parents[3],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._ended: dict[int, int] = {}
        self._born: list[int] = []
        self._rest = b""
        atexit.register(self._running.kill)

    def child(self, words: list[str], environment: dict[str, str]) -> Child:
        """Fork a process that does what `boptone WORDS…` does, in this environment alone."""
        assert self._running.stdin is not None
        self._running.stdin.write(json.dumps([words, environment]).encode() + b"\n")
        self._running.stdin.flush()
        while not self._born:
            self._hear(60)
        return Child(self, self._born.pop())

    def ended(self) -> dict[int, int]:
        """Every child that came to its end, and how."""
        self._hear(0)
        return self._ended

    def _hear(self, patience: float) -> None:
        assert self._running.stdout is not None
        told = self._running.stdout.fileno()
        while select.select([told], [], [], patience)[0]:
            read = os.read(told, 65536)
            assert read, "the nursery itself has ended"
            *lines, self._rest = (self._rest + read).split(b"\n")
            for pid, code in map(json.loads, lines):
                if code is None:
                    self._ended.pop(pid, None)
                    self._born.append(pid)
                else:
                    self._ended[pid] = code
            patience = 0


@cache
def nursery() -> Nursery:
    """This worker's own."""
    return Nursery()


def _say(*told: Any) -> None:
    os.write(sys.stdout.fileno(), json.dumps(told).encode() + b"\n")


def _become(words: list[str], environment: dict[str, str]) -> None:
    """What the child is from here on: `boptone` in an environment and a session of its own."""
    from app.main.cli import main

    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    quiet = os.open(os.devnull, os.O_RDWR)
    for place in (0, 1, 2):
        os.dup2(quiet, place)
    sys.argv = ["boptone", *words]
    code = 1
    try:
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    finally:
        os._exit(code)


def _tell_of_the_dead() -> None:
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            _say(ended[0], os.waitstatus_to_exitcode(ended[1]))


@cache
def _read_pages() -> None:
    """What servers are forked with; who starts none does not wait for it."""
    from app.main import web

    web.prepared()


def _keep() -> None:
    from app.main import composition, worker

    worker.spare_memory()
    composition.load_slices()
    for name in READ:
        import_module(name)
    gc.collect()
    gc.freeze()
    rest = b""
    while True:
        if select.select([0], [], [], BEAT)[0]:
            read = os.read(0, 65536)
            if not read:
                return
            *lines, rest = (rest + read).split(b"\n")
            for words, environment in map(json.loads, lines):
                if words == ["web"]:
                    _read_pages()
                if (pid := os.fork()) == 0:
                    _become(words, environment)
                _say(pid, None)
        _tell_of_the_dead()


if __name__ == "__main__":
    _keep()
