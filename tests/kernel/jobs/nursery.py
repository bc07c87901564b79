"""Processes of the product that need not read it anew: one that has read it forks each of them.

Where a process dies and how is a test's business; that every start reads a thousand modules for seconds is not.
`tests/main/test_up.py`, `tests/main/test_settings.py`, `tests/main/test_commands.py`, `tests/faults/test_clocks.py` and
`tests/kernel/test_tracing.py` start some or all of theirs from nothing.
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
import tempfile
import time
import traceback
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

BEAT = 0.02
PATIENCE = 300.0
"""Seconds that an answer may take on a machine that does much else."""
READ = ("tests.kernel.jobs.work", "tests.factories.labels", "app.main.scheduler", "app.main.commands.tenants")
"""What a child must find read already, the tasks that only tests know among it."""
BOPTONE = "from app.main.cli import main; main()"
NOWHERE = (os.devnull,) * 3


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
        return self.running(BOPTONE, words, environment)

    def boptone(self, *words: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """What `boptone WORDS…` answers in this environment alone."""
        return self.python(BOPTONE, *words, environment=environment)

    def python(self, code: str, *words: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """What `python -c CODE WORDS…` answers in this environment alone, were all modules read in no time."""
        with tempfile.TemporaryDirectory() as folder:
            said = [Path(folder, "out"), Path(folder, "err")]
            child = self.running(code, list(words), environment, (os.devnull, *map(str, said)))
            try:
                ended = child.wait(PATIENCE)
            finally:
                child.kill()
            return subprocess.CompletedProcess(words, ended, *(file.read_text() for file in said))

    def running(
        self, code: str, words: list[str], environment: dict[str, str], streams: tuple[str, ...] = NOWHERE
    ) -> Child:
        """Fork a process that does what `python -c CODE WORDS…` does; it opens the files that it reads and writes itself."""
        assert self._running.stdin is not None
        self._running.stdin.write(json.dumps([code, words, environment, streams]).encode() + b"\n")
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


def _become(code: str, words: list[str], environment: dict[str, str], streams: list[str]) -> None:
    """What the child is from here on: a program in an environment and a session of its own."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    for place, name in enumerate(streams):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT if place else os.O_RDONLY), place)
    sys.argv = ["boptone", *words]
    ended = 1
    try:
        exec(compile(code, "a child of the nursery", "exec"), {"__name__": "__main__"})
        ended = 0
    except SystemExit as end:
        ended = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        os._exit(ended)


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
            for code, words, *around in map(json.loads, lines):
                if words == ["web"]:
                    _read_pages()
                if (pid := os.fork()) == 0:
                    _become(code, words, *around)
                _say(pid, None)
        _tell_of_the_dead()


if __name__ == "__main__":
    _keep()
