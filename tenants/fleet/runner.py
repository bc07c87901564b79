"""Bringing the whole fleet to head: shared tables, a canary, then the rest; resumable at any moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

import psycopg

from app.kernel import observe
from app.kernel.db.database import owner_session
from app.settings import HOME_CELL, Settings
from migrations.compiled import LabelRevision, label_history
from tenants.fleet import ledger
from tenants.fleet.ledger import Ledger, Revisions, Work
from tenants.fleet.replay import TAKEN, replay, sentence
from tenants.provisioning.bootstrap import prepare_cells

WORKERS = 4
MOST_FAILURES = 0.01
LOCK_TRIES = 3
LOCK_PAUSE_SECONDS = 0.5
OTHERS_PAUSE_SECONDS = 0.2
TELL_EVERY = 200

log = observe.log("fleet")

Progress = Callable[[int, int], None]
"""Called with how many steps are done, of how many."""


@dataclass
class Report:
    """What a run did, and what it left: counts of steps in `migrated` and `waiting`, else of labels."""

    head: str
    labels: int = 0
    migrated: int = 0
    failed: int = 0
    waiting: int = 0
    quarantined: int = 0
    stopped: bool = False
    seconds: float = 0.0
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Choices:
    """How a run works: connections at once, the share of labels that may fail, whether failed ones are tried again."""

    workers: int = WORKERS
    most_failures: float = MOST_FAILURES
    retry_failed: bool = False


def migrate(
    settings: Settings,
    choices: Choices = Choices(),
    *,
    revisions: Revisions | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Report:
    """Bring shared tables, then every label of every cell to the newest of `revisions`; doing it again does nothing."""
    started = time.monotonic()
    revisions = label_history() if revisions is None else revisions
    prepare_cells(settings)
    report = Report(head=revisions[-1].id)
    for cell in settings.owner_urls:
        with ledger.opened(settings, cell, revisions) as book:
            _Run(settings, cell, book, report, choices, progress).go()
        if report.stopped:
            break
    report.seconds = round(time.monotonic() - started, 3)
    return report


class _Run:
    """The work on one cell."""

    def __init__(
        self,
        settings: Settings,
        cell: str,
        book: Ledger,
        report: Report,
        choices: Choices,
        progress: Progress,
    ) -> None:
        self._settings, self._cell, self._book, self._report = settings, cell, book, report
        self._choices, self._progress = choices, progress
        self._lock, self._halt = Lock(), Event()
        self._untold = self._done = self._total = 0

    def go(self) -> None:
        """Plan what is missing, then do it ring by ring, until nothing is left that may be done."""
        self._book.restamp()
        labels = self._book.labels_behind()
        self._report.labels += len(labels)
        if labels:
            self._book.plan(labels, retry_failed=self._choices.retry_failed)
            self._canary_then_rest()
        self._book.tell_registry()
        self._report.quarantined += self._book.count_quarantined()

    def _canary_then_rest(self) -> None:
        while not self._report.stopped:
            canary, rest = self._book.open_work()
            if not canary and not rest:
                return
            before = self._done
            self._total = before + sum(len(work.revisions) for work in canary + rest)
            self._work_through(canary)
            if canary and self._report.failed:
                self._report.stopped = True  # the canary is ill: nobody else is touched
            else:
                self._work_through(rest)
            if self._done == before:
                time.sleep(OTHERS_PAUSE_SECONDS)  # another runner has what is left; if it dies, the rest is ours
        for ring in self._book.open_work():
            self._report.waiting += sum(len(work.revisions) for work in ring)

    def _work_through(self, ring: list[Work]) -> None:
        """Divide a ring among the workers, each with a connection of its own."""
        if not ring:
            return
        queue = iter(ring)

        def serve() -> None:
            with owner_session(self._settings, self._cell) as connection:
                while not self._halt.is_set():
                    with self._lock:
                        work = next(queue, None)
                    if work is None:
                        return
                    self._bring(connection, work)

        workers = min(self._choices.workers, len(ring))
        with ThreadPoolExecutor(workers) as pool:
            for worker in [pool.submit(serve) for _ in range(workers)]:
                worker.result()

    def _bring(self, connection: psycopg.Connection[Any], work: Work) -> None:
        """Take a label through its steps; one that somebody else has in hand is left to them."""
        for revision in work.revisions:
            try:
                self._with_patience(connection, revision, work.label)
            except psycopg.Error as problem:
                if connection.closed or connection.broken:
                    raise
                if problem.sqlstate != TAKEN:
                    self._quarantine(work.label, revision, sentence(problem))
                return
            if self._cell != HOME_CELL:
                self._book.stamp_home(work.label, revision.id)
            self._count()

    def _with_patience(self, connection: psycopg.Connection[Any], revision: LabelRevision, label: str) -> None:
        """Somebody's long transaction may hold the table: let it go on, and come again."""
        for attempt in range(1, LOCK_TRIES + 1):
            try:
                replay(connection, revision, label, self._cell)
            except psycopg.errors.LockNotAvailable:
                if attempt == LOCK_TRIES:
                    raise
                time.sleep(LOCK_PAUSE_SECONDS * attempt)
            else:
                return

    def _count(self) -> None:
        with self._lock:
            self._done += 1
            self._report.migrated += 1
            self._untold += 1
            tell = self._untold >= TELL_EVERY
            if tell:
                self._untold = 0
            self._progress(self._done, self._total)
        if tell:
            self._book.tell_registry()

    def _quarantine(self, label: str, revision: LabelRevision, problem: str) -> None:
        self._book.quarantine(label, revision, problem)
        log.error("fleet.quarantined", label=label, revision=revision.id, problem=problem)
        with self._lock:
            self._report.failed += 1
            self._report.errors[label] = problem
            if self._report.failed > max(1, self._choices.most_failures * self._report.labels):
                self._report.stopped = True
                self._halt.set()
