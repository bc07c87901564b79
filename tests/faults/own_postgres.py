"""A PostgreSQL of a test's own, to be killed, stormed and put behind a pooler."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.main.embedded import postgres
from app.main.embedded.process import is_running
from tests.kernel.jobs.work import eventually
from tests.servers import free_port

NAME = "boptone"
PASSWORD = "only-on-loopback"


class OwnPostgres:
    """One server on a loopback port; its folder is short because a socket's name must be."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder, self.sockets, self.durable = folder / "p", folder / "s", durable
        self.port = free_port()
        self.start()
        postgres.create_database(self.dsn, NAME)

    @property
    def url(self) -> str:
        """The address of its database as the superuser."""
        return f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self.port}/{NAME}"

    def start(self) -> None:
        """Start it, or start it again after a crash; what was committed is there when this returns."""
        running = postgres.start(
            self.folder,
            self.sockets,
            durable=self.durable,
            tcp_port=self.port,
            password=PASSWORD,
            shared_buffers="'64MB'",
        )
        self.dsn, self.pid = running.dsn, running.pid

    def crash(self, how: signal.Signals) -> None:
        """End the postmaster as no administrator would, and wait until it is gone."""
        os.kill(self.pid, how)
        assert eventually(lambda: not is_running(self.pid, must_mention="postgres"))

    def stop(self) -> None:
        """Stop it in order."""
        postgres.stop(self.folder)


@contextmanager
def own_postgres(*, durable: bool = False) -> Iterator[OwnPostgres]:
    """A running server that is gone, with all it wrote, at the end."""
    folder = Path(tempfile.mkdtemp(prefix="bp-"))
    server = OwnPostgres(folder, durable=durable)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
