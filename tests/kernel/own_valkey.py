"""A Valkey of a test's own, to be stopped, hung and started again."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.main.embedded import valkey


class OwnValkey:
    """One server in a folder; the folder is short because a socket's name must be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "valkey"
        self.sockets = folder / "s"
        self.url = f"unix://{self.sockets}/valkey.sock?db=0"
        self.start()

    def start(self) -> None:
        """Start it, or start it again with what it had written."""
        self.pid = valkey.start(self.folder, self.sockets).pid

    def stop(self) -> None:
        """Stop it in order."""
        valkey.stop(self.folder)

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Let it accept connections and answer nothing."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)


@contextmanager
def own_valkey() -> Iterator[OwnValkey]:
    """A running server that is gone, with all it wrote, at the end."""
    folder = Path(tempfile.mkdtemp(prefix="bv-"))
    server = OwnValkey(folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
