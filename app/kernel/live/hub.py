"""Wakes the streams of one label when something happened there: one listening connection per cell and process."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

import psycopg

from app.kernel import observe
from app.kernel.db import current

RECONNECT_SECONDS = 1.0
WAIT_SECONDS = 1.0

log = observe.log("live")


class Follower(Protocol):
    """Who wants to know of every activity, and whether it is heard of at all."""

    def hear(self, cell: str) -> None:
        """A cell is listened to from now on."""

    def go_deaf(self, cell: str) -> None:
        """And not any more."""

    def happened(self, tenant_id: str) -> None:
        """Something happened at a label."""


class Hub:
    """Who waits for news of which label; it carries no content, so it can leak none."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = threading.Event()
        self._followers: list[Follower] = []

    def follow(self, follower: Follower) -> None:
        """Tell somebody besides the streams: of every activity, and of when it is heard of."""
        self._followers.append(follower)

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
                    with self._heard(cell):
                        while not self._stopped.is_set():
                            for note in connection.notifies(timeout=WAIT_SECONDS, stop_after=100):
                                self._wake(note.payload)
            except (psycopg.Error, OSError) as trouble:
                log.warning("live.interrupted", cell=cell, reason=type(trouble).__name__)
                self._stopped.wait(RECONNECT_SECONDS)

    @contextmanager
    def _heard(self, cell: str) -> Iterator[None]:
        for follower in self._followers:
            follower.hear(cell)
        try:
            yield
        finally:
            for follower in self._followers:
                follower.go_deaf(cell)

    def _wake(self, tenant_id: str) -> None:
        for follower in self._followers:
            follower.happened(tenant_id)
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closing
                self._loop.call_soon_threadsafe(self._set, tenant_id)

    def _set(self, tenant_id: str) -> None:
        for woken in self._waiting.get(tenant_id, ()):
            woken.set()
