"""Processes with limits that read strangers' files: kept warm, each at one job, replaced when they break or stall.

A child opens files alone: no network where the kernel lets us take it away, no file written, memory and time bounded.
"""

from __future__ import annotations

import atexit
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import LifoQueue
from typing import IO, BinaryIO, TypeVar

import msgspec

import app
from app.kernel.media import wire
from app.kernel.media.facts import Fault, Limits
from app.kernel.media.jobs import Job

ROOT = Path(app.__path__[0]).parent
MOST_JOBS = 500
"""After so many a child is replaced, so that no leak of a decoder grows."""
_ENVIRONMENT = {"PATH": os.defpath, "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
_CHUNK = 1 << 20

Answer = TypeVar("Answer")


class _Ended(Exception):
    """The child is gone or has no time left; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class Child:
    """One process, started when it is first asked."""

    def __init__(self) -> None:
        self._jobs = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process id; None while there is none."""
        return None if self._process is None else self._process.pid

    def ask(self, job: Job, into: Sequence[BinaryIO] = ()) -> tuple[bytes, bytes]:
        """Have a job done; gives the mark and body of the answer."""
        process = self._process = self._process or _started()
        self._jobs += 1
        try:
            message = wire.framed(wire.DONE, msgspec.msgpack.encode(job))
            answer = _exchange(process, message, job.limits, into)
        except _Ended as ended:
            self.stop()
            return wire.REFUSED, msgspec.msgpack.encode(ended.fault)
        except BaseException:
            self.stop()
            raise
        if self._jobs >= MOST_JOBS or answer == (wire.REFUSED, msgspec.msgpack.encode(Fault.TOO_HEAVY)):
            self.stop()
        return answer

    def stop(self) -> None:
        """End the process; the next job starts a new one."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._process, self._jobs = None, 0


class Sandbox:
    """Children that share the work of this process, at most one for each processor unless said otherwise."""

    def __init__(self, size: int | None = None) -> None:
        self._idle: LifoQueue[Child] = LifoQueue()
        self._children = [Child() for _ in range(size or os.cpu_count() or 1)]
        for child in self._children:
            self._idle.put(child)

    @contextmanager
    def _child(self) -> Iterator[Child]:
        child = self._idle.get()
        try:
            yield child
        finally:
            self._idle.put(child)

    def run(self, job: Job, answer: type[Answer], into: Sequence[BinaryIO] = ()) -> Answer | Fault:
        """Have a job done by a free child, waiting for one; whatever happens to it, there is an answer or a fault.

        A child can write no file: what it makes comes in pieces and is written here, to the files of `into`.
        """
        with self._child() as child:
            mark, body = child.ask(job, into)
        try:
            if mark == wire.REFUSED:
                return msgspec.msgpack.decode(body, type=Fault)
            return msgspec.msgpack.decode(body, type=answer)
        except msgspec.MsgspecError:
            return Fault.CRASHED

    def pids(self) -> list[int]:
        """The children that run."""
        return [child.pid for child in self._children if child.pid is not None]

    def close(self) -> None:
        """End all children."""
        for child in self._children:
            child.stop()


_own: tuple[int, Sandbox] | None = None


def sandbox() -> Sandbox:
    """The sandbox of this process; one that was forked gets its own."""
    global _own  # noqa: PLW0603  # one a process, however often it is imported
    if _own is None or _own[0] != os.getpid():
        _own = (os.getpid(), Sandbox())
        atexit.register(_own[1].close)
    return _own[1]


def _started() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "app.kernel.media.inside.child"],
        cwd=ROOT,
        env=_ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _exchange(
    process: subprocess.Popen[bytes], message: bytes, limits: Limits, into: Sequence[BinaryIO]
) -> tuple[bytes, bytes]:
    until = time.monotonic() + limits.seconds
    try:
        _pipe(process.stdin).write(message)
        _pipe(process.stdin).flush()
    except OSError:
        raise _Ended(_why(process)) from None
    while True:
        mark, length = wire.HEAD.unpack(_read(process, wire.HEAD.size, until))
        if length > wire.MOST:
            raise _Ended(Fault.CRASHED)
        body = _read(process, length, until)
        if mark != wire.PIECE:
            return mark, body
        _write(body, limits, into)


def _write(body: bytes, limits: Limits, into: Sequence[BinaryIO]) -> None:
    """Put a piece where it belongs; whoever asks for more than it may have is broken."""
    if len(body) < wire.PLACE.size:
        raise _Ended(Fault.CRASHED)
    number, offset = wire.PLACE.unpack_from(body)
    if number >= len(into) or offset + len(body) > limits.output_bytes:
        raise _Ended(Fault.TOO_LARGE if number < len(into) else Fault.CRASHED)
    into[number].seek(offset)
    into[number].write(memoryview(body)[wire.PLACE.size :])


def _read(process: subprocess.Popen[bytes], length: int, until: float) -> bytes:
    pipe, got = _pipe(process.stdout).fileno(), bytearray()
    while len(got) < length:
        ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise _Ended(Fault.TOO_SLOW)
        part = os.read(pipe, min(_CHUNK, length - len(got)))
        if not part:
            raise _Ended(_why(process))
        got += part
    return bytes(got)


def _pipe(end: IO[bytes] | None) -> IO[bytes]:
    if end is None:
        raise _Ended(Fault.CRASHED)
    return end


def _why(process: subprocess.Popen[bytes]) -> Fault:
    """What ended a child, by how it ended."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)
    return {-signal.SIGXCPU: Fault.TOO_SLOW, -signal.SIGALRM: Fault.TOO_SLOW, -signal.SIGKILL: Fault.TOO_HEAVY}.get(
        process.returncode or 0, Fault.CRASHED
    )
