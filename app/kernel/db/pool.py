"""A pool that hands a label a connection that served it before.

PostgreSQL keeps catalogue entries and plans per backend and schema. A label that returns to a backend that knows it
finds them warm, and the labels spread over the backends; one that met too many is closed before its caches grow large.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.pool import ConnectionPoolEntry, Pool

from app.kernel.errors import Unavailable

LABELS_PER_CONNECTION = 200
CONNECTION_LIFE_SECONDS = 25 * 60


class NoConnectionFree(Unavailable):
    """Every connection of this process stayed in use for longer than a request may wait."""


class AffinityPool(Pool):
    """At most `size` connections; an idle one that knows the wanted label comes first, else the longest idle."""

    def __init__(
        self,
        creator: Any,
        size: int = 8,
        timeout: float = 10.0,
        labels_per_connection: int = LABELS_PER_CONNECTION,
        affinity: bool = True,
        **kw: Any,
    ) -> None:
        super().__init__(creator, **kw)
        self._size, self._timeout, self._affinity = size, timeout, affinity
        self._labels_per_connection = labels_per_connection
        self._open = 0
        self._idle: deque[ConnectionPoolEntry] = deque()
        self._changed = threading.Condition()
        self._wanted = threading.local()

    @contextmanager
    def prefer(self, label: str) -> Iterator[None]:
        """Ask for `label`'s last connection at the next checkout of this thread."""
        self._wanted.label = label
        try:
            yield
        finally:
            self._wanted.label = None

    def served(self, info: dict[Any, Any], label: str) -> None:
        """Note that the connection with this `info` now works for `label`."""
        info["label"] = label
        info.setdefault("labels", set()).add(label)

    def _do_get(self) -> Any:
        label = getattr(self._wanted, "label", None)
        deadline = time.monotonic() + self._timeout
        with self._changed:
            while (record := self._take(label)) is None:
                if self._open < self._size:
                    self._open += 1
                    break
                left = deadline - time.monotonic()
                if left <= 0:
                    raise NoConnectionFree
                self._changed.wait(left)
        return record if record is not None else self._connect()

    def _take(self, label: str | None) -> ConnectionPoolEntry | None:
        """The idle connection that served the label last, one that knows it, a new one while there is room, any."""
        chosen = self._familiar(label) if self._affinity and label is not None else None
        if chosen is None and self._idle and (self._open >= self._size or not self._affinity):
            chosen = self._idle[0]
        if chosen is not None:
            self._idle.remove(chosen)
        return chosen

    def _familiar(self, label: str) -> ConnectionPoolEntry | None:
        known = [record for record in self._idle if label in record.info.get("labels", ())]
        return next((record for record in known if record.info["label"] == label), known[0] if known else None)

    def _connect(self) -> ConnectionPoolEntry:
        try:
            return self._create_connection()
        except BaseException:
            with self._changed:
                self._open -= 1
                self._changed.notify()
            raise

    def _do_return_conn(self, record: Any) -> None:
        if len(record.info.get("labels", ())) > self._labels_per_connection:
            record.close()
        with self._changed:
            self._idle.append(record)
            self._changed.notify()

    def recreate(self) -> AffinityPool:
        """Make an empty pool like this one, as SQLAlchemy asks for when it disposes of an engine."""
        return AffinityPool(
            self._creator,
            size=self._size,
            timeout=self._timeout,
            labels_per_connection=self._labels_per_connection,
            affinity=self._affinity,
            recycle=self._recycle,
            echo=self.echo,
            logging_name=self._orig_logging_name,
            dialect=self._dialect,
            reset_on_return=self._reset_on_return,
            _dispatch=self.dispatch,
        )

    def dispose(self) -> None:
        """Close every idle connection; those in use are closed by their users' return."""
        with self._changed:
            while self._idle:
                self._idle.popleft().close()
                self._open -= 1

    def status(self) -> str:
        """Say how many connections are open and idle."""
        return f"{self._open} open, {len(self._idle)} idle"

    @property
    def open_count(self) -> int:
        """Connections that exist now."""
        return self._open

    @property
    def idle_count(self) -> int:
        """Connections nobody uses now."""
        return len(self._idle)
