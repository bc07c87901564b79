"""The scheduler process: relays every cell's outbox to the broker and asks for what is scheduled."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from typing import Any

import psycopg
from kombu.exceptions import KombuError
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from app.api.service import feeding
from app.kernel import observe
from app.kernel.db import current, platform_read
from app.kernel.errors import Refusal
from app.kernel.jobs import queries, schedules
from app.kernel.jobs.relay import Relay
from app.kernel.observe import metrics
from app.kernel.tenant import USUAL_LIMITS
from app.main import composition
from app.main.broker import make_celery, sender
from app.settings import Settings
from tenants.registry.memory import Registry
from tenants.registry.queries import IN_MEMORY

RELAY_LOCK = 0x60F8
"""The advisory lock of the one relay per cell; a second process waits for it."""

POLL_SECONDS = 1.0
BUSY_SECONDS = 0.1
TICK_SECONDS = 5.0
PAUSE_AFTER_TROUBLE = 1.0
GATHER_SECONDS = 0.3
"""News of a label within this time are looked through at once."""

SWEEP_SECONDS = 300.0

log = observe.log("scheduler")

_TROUBLE = (DBAPIError, psycopg.Error, KombuError, RedisError, OSError, Refusal)


def run(settings: Settings) -> None:
    """Relay and schedule until SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with composition.connected("scheduler", settings):
        registry = composition.started_registry()
        threads = [
            threading.Thread(target=relay_cell, args=(cell, settings, registry, stop), name=f"relay {cell}")
            for cell in settings.owner_urls
        ]
        threads += [
            threading.Thread(target=follow_activity, args=(cell, settings, registry, stop), name=f"activity {cell}")
            for cell in settings.owner_urls
        ]
        threads.append(threading.Thread(target=keep_schedules, args=(registry, stop), name="schedules"))
        for thread in threads:
            thread.daemon = True
            thread.start()
        stop.wait()
        registry.stop()
        for thread in threads:
            thread.join(timeout=5.0)


def relay_cell(cell: str, settings: Settings, registry: Registry, stop: threading.Event) -> None:
    """Hold the cell's relay lock and move its due rows whenever something was asked for, or a moment has passed."""

    def own_limits() -> dict[str, int]:
        return {label.id: label.limits.jobs for label in registry.all() if label.limits.jobs != USUAL_LIMITS.jobs}

    lease = settings.task_lease_seconds
    relay = Relay(cell, sender(make_celery(settings)), lease_seconds=lease, own_limits=own_limits)
    while not stop.is_set():
        try:
            with psycopg.connect(settings.listening_urls[cell], autocommit=True) as connection:
                _follow(connection, relay, stop)
        except _TROUBLE as trouble:
            log.warning("relay.interrupted", cell=cell, reason=type(trouble).__name__)
            stop.wait(PAUSE_AFTER_TROUBLE)


def _follow(connection: psycopg.Connection[Any], relay: Relay, stop: threading.Event) -> None:
    while not stop.is_set() and not _locked(connection):
        stop.wait(POLL_SECONDS)
    connection.execute("LISTEN outbox")
    while not stop.is_set():
        sent = 0
        while (more := relay.run_once()) and not stop.is_set():
            sent += more
        # A label with a long backlog has room for its next as soon as one is done, of which nobody notifies.
        for _ in connection.notifies(timeout=BUSY_SECONDS if sent else POLL_SECONDS, stop_after=1):
            pass


def follow_activity(cell: str, settings: Settings, registry: Registry, stop: threading.Event) -> None:
    """Have a cell's activity looked through for whoever wants to hear of it, soon after it happened.

    A notification is a hint alone: what was missed while nobody listened is found at the next sweep over all labels.
    """
    while not stop.is_set():
        try:
            with psycopg.connect(settings.listening_urls[cell], autocommit=True) as connection:
                connection.execute("LISTEN activity")
                swept = -SWEEP_SECONDS
                while not stop.is_set():
                    heard = {note.payload for note in connection.notifies(timeout=GATHER_SECONDS)}
                    if time.monotonic() - swept >= SWEEP_SECONDS:
                        swept, heard = time.monotonic(), {label.id for label in registry.all() if label.cell == cell}
                    _wake(registry, heard)
        except _TROUBLE as trouble:
            log.warning("activity.interrupted", cell=cell, reason=type(trouble).__name__)
            stop.wait(PAUSE_AFTER_TROUBLE)


def _wake(registry: Registry, labels: set[str]) -> None:
    for label in sorted(labels):
        tenant = registry.by_id(label)
        if tenant is None:
            continue
        try:
            feeding.wake(tenant)
        except (DBAPIError, Refusal) as trouble:
            log.warning("activity.not_followed", label=label, reason=type(trouble).__name__)


def _locked(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [RELAY_LOCK]).fetchone()
    return bool(row and row[0])


def keep_schedules(registry: Registry, stop: threading.Event) -> None:
    """Ask for what is due, and tell the outbox's load and the labels' states, every few seconds."""
    while not stop.is_set():
        try:
            schedules.tick(registry.all())
            _measure(registry)
        except _TROUBLE as trouble:
            log.warning("schedules.interrupted", reason=type(trouble).__name__)
        stop.wait(TICK_SECONDS)


def _measure(registry: Registry) -> None:
    states = Counter(tenant.state for tenant in registry.all())
    for state in IN_MEMORY:
        metrics.labels.labels(state.value).set(states[state])
    with suppress(DBAPIError):
        for cell in current().settings.owner_urls:
            with platform_read(cell) as session:
                load = queries.load(session)
            metrics.outbox_waiting.labels(cell).set(load.waiting)
            metrics.outbox_lag_seconds.labels(cell).set(load.lag_seconds)
            metrics.outbox_parked.labels(cell).set(load.parked)
