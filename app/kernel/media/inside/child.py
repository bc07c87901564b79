"""The process inside the sandbox: takes a job, answers, and takes the next until nobody asks any more."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock
from typing import BinaryIO

import msgspec

from app.kernel.media import wire
from app.kernel.media.facts import Fault, Limits
from app.kernel.media.jobs import Cover, Encode, Inspect, Job, Measure, Preview, Render, Thumbnails
from app.kernel.media.refusal import Unreadable

_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
_SPARE_SECONDS = 5


def main() -> None:
    """Serve jobs from standard input until it closes."""
    _leave_the_network()
    for limit in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(limit, (0, 0))
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not look like an answer
    import app.kernel.media.inside.work  # noqa: F401  # loaded before the first job is timed

    out = Out(answers)
    while (job := _next(asked)) is not None:
        out.send(*_answer(job, out.piece))


class Out:
    """The way out for answers and for pieces of files, which several threads may send at once."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe, self._one_at_a_time = pipe, Lock()

    def send(self, mark: bytes, body: bytes) -> None:
        """Send one message whole."""
        with self._one_at_a_time:
            self._pipe.write(wire.framed(mark, body))
            self._pipe.flush()

    def piece(self, number: int, offset: int, part: bytes) -> None:
        """Have bytes written to a file of whoever asked."""
        self.send(wire.PIECE, wire.PLACE.pack(number, offset) + part)


def _leave_the_network() -> None:
    """Into an empty network where the system allows it; the demuxers that we take open no addresses anyway."""
    unshare = ctypes.CDLL(None, use_errno=True).unshare
    unshare(_NEW_NETWORK if os.geteuid() == 0 else _NEW_NETWORK | _NEW_USER)


def _next(asked: BinaryIO) -> Job | None:
    head = asked.read(wire.HEAD.size)
    if len(head) < wire.HEAD.size:
        return None
    job: Job = msgspec.msgpack.decode(asked.read(wire.HEAD.unpack(head)[1]), type=Job)
    return job


def _answer(job: Job, emit: Callable[[int, int, bytes], None]) -> tuple[bytes, bytes]:
    _bound(job.limits)
    try:
        return wire.DONE, msgspec.msgpack.encode(_do(job, emit))
    except Unreadable as refusal:
        return wire.REFUSED, msgspec.msgpack.encode(refusal.fault)
    except MemoryError:
        return wire.REFUSED, msgspec.msgpack.encode(Fault.TOO_HEAVY)
    except Exception:  # noqa: BLE001  # a stranger's file: whatever it broke, the next one is to be read
        return wire.REFUSED, msgspec.msgpack.encode(Fault.CRASHED)
    finally:
        signal.alarm(0)


def _bound(limits: Limits) -> None:
    """Set what this job may take; the alarm holds when whoever asked is gone."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + 1 + limits.processor_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, resource.RLIM_INFINITY))
    signal.alarm(int(limits.seconds) + _SPARE_SECONDS)


def _do(job: Job, emit: Callable[[int, int, bytes], None]) -> object:
    from app.kernel.media.inside import work

    path = Path(job.path)
    match job:
        case Measure():
            return work.measure(path, job.name, job.limits)
        case Preview():
            return work.preview(path, job.limits)
        case Render():
            return work.render(path, job.wanted, job.limits, emit)
        case Encode():
            return work.encode(path, job.format, job.tags, job.cover, partial(emit, 0))
        case _:
            return _look(path, job)


def _look(path: Path, job: Inspect | Thumbnails | Cover) -> object:
    from app.kernel.media.inside import work

    match job:
        case Inspect():
            return work.inspect(path, job.limits)
        case Thumbnails():
            return work.thumbnails(path, job.sizes, job.limits)
        case Cover():
            return work.cover(path, job.size, job.limits)


if __name__ == "__main__":
    main()
