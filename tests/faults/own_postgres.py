"""A PostgreSQL of a test's own, to be killed, stormed and put behind a pooler."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.main.embedded import postgres
from app.main.embedded.process import is_running
from tenants.provisioning.bootstrap import prepare_cells
from tests.kernel.jobs.work import eventually
from tests.servers import free_port
from tests.services import Services, locked

NAME = "boptone"
PASSWORD = "only-on-loopback"


class OwnPostgres:
    """One server on a loopback port; its folder is short because a socket's name must be."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder, self.sockets, self.durable = folder / "p", folder / "s", durable
        self.port = free_port()
        self.start()

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


def _made_ready(services: Services) -> Path:
    """What every such server begins with, the shared tables among it: made once for all workers of a run."""
    ready = services.folder / "own"
    with locked(services.folder / "own.lock"), ExitStack() as cleared:
        if not ready.exists():
            folder = Path(tempfile.mkdtemp(prefix="bp-"))
            cleared.callback(shutil.rmtree, folder, ignore_errors=True)
            server = OwnPostgres(folder, durable=False)
            cleared.callback(server.stop)
            postgres.create_database(server.dsn, NAME)
            prepare_cells(services.settings(NAME, DATABASE_URL=server.url))
            server.stop()
            shutil.copytree(server.folder, services.folder / "own.new")
            (services.folder / "own.new").rename(ready)
    return ready


@contextmanager
def own_postgres(services: Services, *, durable: bool = False) -> Iterator[OwnPostgres]:
    """A running server that is gone, with all it wrote, at the end."""
    folder = Path(tempfile.mkdtemp(prefix="bp-"))
    shutil.copytree(_made_ready(services), folder / "p")
    server = OwnPostgres(folder, durable=durable)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
