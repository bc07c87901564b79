"""Wakes the streams of one label when something happened there: one listening connection per cell and process."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from contextlib import suppress

import psycopg

from app.kernel import observe
from app.kernel.db import current

RECONNECT_SECONDS = 1.0
WAIT_SECONDS = 1.0

log = observe.log("live")


class Hub:
    """Who waits for news of which label; it carries no content, so it can leak none."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = threading.Event()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Listen to every cell in threads of their own; the streams live in `loop`."""
        self._loop = loop
        for cell in current().settings.login_urls:
            threading.Thread(target=self._listen, args=(cell,), name=f"live {cell}", daemon=True).start()

    def stop(self) -> None:
        """End the listening."""
        self._stopped.set()

    def join(self, tenant_id: str) -> asyncio.Event:
        """An event that is set when something happened at the label."""
        woken = asyncio.Event()
        self._waiting[tenant_id].add(woken)
        return woken

    def leave(self, tenant_id: str, woken: asyncio.Event) -> None:
        """Forget a stream."""
        self._waiting[tenant_id].discard(woken)
        if not self._waiting[tenant_id]:
            del self._waiting[tenant_id]

    def count(self, tenant_id: str) -> int:
        """How many streams of a label this process serves."""
        return len(self._waiting.get(tenant_id, ()))

    def total(self) -> int:
        """How many streams this process serves."""
        return sum(len(waiting) for waiting in self._waiting.values())

    def _listen(self, cell: str) -> None:
        url = current().settings.listening_urls[cell]
        while not self._stopped.is_set():
            try:
                with psycopg.connect(url, autocommit=True, application_name="boptone:live") as connection:
                    connection.execute("LISTEN activity")
                    while not self._stopped.is_set():
                        for note in connection.notifies(timeout=WAIT_SECONDS, stop_after=100):
                            self._wake(note.payload)
            except (psycopg.Error, OSError) as trouble:
                log.warning("live.interrupted", cell=cell, reason=type(trouble).__name__)
                self._stopped.wait(RECONNECT_SECONDS)

    def _wake(self, tenant_id: str) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closing
                self._loop.call_soon_threadsafe(self._set, tenant_id)

    def _set(self, tenant_id: str) -> None:
        for woken in self._waiting.get(tenant_id, ()):
            woken.set()
