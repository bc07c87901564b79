"""The databases of this process: one engine per cell, and what a transaction opens with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine

from app.kernel.db.dialect import make_engine
from app.kernel.db.pool import AffinityPool
from app.kernel.errors import Busy
from app.kernel.tenant import Tenant
from app.settings import Settings

PLATFORM_ROLE = "boptone_platform"
OWNER_ROLE = "boptone_owner"
LOGIN_ROLE = "boptone_login"
PLATFORM_STATEMENT_TIMEOUT_MS = 30_000
CONNECTION_WAIT_SECONDS = 5.0


class ConnectionShareUsed(Busy):
    """The label already holds as many connections of this process as it may."""


class NotConnected(RuntimeError):
    """This process has no databases yet, or let them go."""


@dataclass
class Database:
    """What one process knows of its databases; made by `connect`, one at a time."""

    settings: Settings
    process: str = "boptone"
    pool_options: dict[str, Any] = field(default_factory=dict)
    is_served: Callable[[str], bool] = lambda _revision: True
    on_engine: Callable[[Engine], None] = lambda _engine: None
    _engines: dict[str, Engine] = field(default_factory=dict)
    _shares: dict[str, BoundedSemaphore] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def engine(self, cell: str) -> Engine:
        """The engine of `cell`, made at its first use."""
        engine = self._engines.get(cell)
        if engine is None:
            with self._lock:
                engine = self._engines.get(cell) or self._make(cell)
                self._engines[cell] = engine
        return engine

    def _make(self, cell: str) -> Engine:
        engine = make_engine(
            self.settings.login_urls[cell],
            size=self.settings.pool_size,
            prepare=self.settings.prepare_statements,
            **self.pool_options,
        )
        self.on_engine(engine)
        return engine

    def label_opening(self, tenant: Tenant, *, read_only: bool) -> bytes:
        """The message that begins a label's transaction; everything in it ends with the transaction."""
        return (
            f'BEGIN{" READ ONLY" if read_only else ""}; SET LOCAL ROLE "{tenant.id}"; '
            f'SET LOCAL search_path = "{tenant.id}", ext, pg_temp; '
            f"SET LOCAL statement_timeout = {tenant.limits.statement_timeout_ms:d}; "
            f"SET LOCAL application_name = '{self.process}:{tenant.id}'"
        ).encode()

    def platform_opening(self, *, read_only: bool) -> bytes:
        """The message that begins a transaction on the shared tables, with no right in any label."""
        return (
            f"BEGIN{' READ ONLY' if read_only else ''}; SET LOCAL ROLE {PLATFORM_ROLE}; "
            f"SET LOCAL search_path = ext, pg_temp; SET LOCAL statement_timeout = {PLATFORM_STATEMENT_TIMEOUT_MS}; "
            f"SET LOCAL application_name = '{self.process}:platform'"
        ).encode()

    @contextmanager
    def share(self, tenant: Tenant) -> Iterator[None]:
        """Hold one of the connections that this label may use at once in this process."""
        key = f"{tenant.id}:{tenant.limits.connections}"
        semaphore = self._shares.get(key) or self._shares.setdefault(key, BoundedSemaphore(tenant.limits.connections))
        if not semaphore.acquire(timeout=CONNECTION_WAIT_SECONDS):
            raise ConnectionShareUsed
        try:
            yield
        finally:
            semaphore.release()

    def pools(self) -> list[tuple[str, AffinityPool]]:
        """The pool of every cell that was used so far."""
        return [(cell, engine.pool) for cell, engine in self._engines.items() if isinstance(engine.pool, AffinityPool)]

    def dispose(self, *, close: bool = True) -> None:
        """Let every engine go; `close=False` leaves the sockets alone, as a forked child must."""
        for engine in self._engines.values():
            engine.dispose(close=close)
        self._engines.clear()


_current: Database | None = None


def connect(settings: Settings, process: str = "boptone", **options: Any) -> Database:
    """Make this process's databases; connections open at their first use."""
    global _current  # noqa: PLW0603 a process has one set of databases, as it has one environment
    close()
    _current = Database(settings, process, **options)
    return _current


def current() -> Database:
    """The databases of this process."""
    if _current is None:
        raise NotConnected("no database is connected in this process; call db.connect(settings) first")
    return _current


def close(*, forked: bool = False) -> None:
    """Close every connection of this process; after a fork, forget the parent's without touching them."""
    global _current  # noqa: PLW0603
    if _current is not None:
        _current.dispose(close=not forked)
        _current = None


@contextmanager
def owner_session(settings: Settings, cell: str) -> Iterator[psycopg.Connection[Any]]:
    """Open a connection of `cell` that owns its schemas, in autocommit, already acting as the owner role."""
    with raw_owner_connection(settings, cell) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(OWNER_ROLE)))
        yield connection


@contextmanager
def raw_owner_connection(
    settings: Settings, cell: str, database: str | None = None
) -> Iterator[psycopg.Connection[Any]]:
    """Open a connection of `cell` as the address names it: for bootstrapping roles and databases only."""
    url = make_conninfo(settings.owner_urls[cell], dbname=database)
    with psycopg.connect(url, autocommit=True, application_name="boptone:owner") as connection:
        yield connection
