"""What both servers need: a lock on their folder, a user that is not root, and the truth about a pid."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

UNSHARE = ("unshare", "--user", "--map-user=1", "--map-group=1")


class EmbeddedError(Exception):
    """An embedded server cannot run here; the message is one sentence that says what to do."""


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold a folder's lock, so that two starts of one server do not race."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def without_root() -> tuple[str, ...]:
    """The prefix under which a command runs when we are root: PostgreSQL refuses to serve as root."""
    if os.geteuid() != 0:
        return ()
    if subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode != 0:
        raise EmbeddedError("Root cannot run the embedded database here: set DATABASE_URL, or run as an ordinary user.")
    return UNSHARE


def is_running(pid: int, *, must_mention: str = "") -> bool:
    """Tell whether a pid is a live process (no zombie) whose command line mentions the given text."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z" and must_mention in command


def dead_pid() -> int:
    """A pid that no process has."""
    pid = int(Path("/proc/sys/kernel/pid_max").read_text()) - 1
    while Path(f"/proc/{pid}").exists():
        pid -= 1
    return pid


def end(pid: int, how: signal.Signals, *, seconds: float) -> bool:
    """Send a signal and wait until the process is gone; False when it is still there."""
    with suppress(ProcessLookupError):
        os.kill(pid, how)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        if not is_running(pid):
            return True
        time.sleep(0.02)
    return False
