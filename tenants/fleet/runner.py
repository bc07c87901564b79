"""Bringing the whole fleet to head: shared tables, a canary, then the rest; resumable at any moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import ceil
from threading import Event, Lock
from typing import Any

import psycopg

from app.kernel import observe
from app.kernel.db.database import owner_session
from app.kernel.tenant import TenantState
from app.settings import HOME_CELL, Settings
from migrations.compiled import LabelRevision, label_history
from tenants.fleet.replay import TAKEN, replay, try_out
from tenants.provisioning.bootstrap import prepare_cells

WORKERS = 4
CANARY_SHARE = 0.01
MOST_FAILURES = 0.01
LOCK_TRIES = 3
LOCK_PAUSE_SECONDS = 0.5
TELL_EVERY = 200
ERROR_LENGTH = 500
LIVING = [state.value for state in TenantState if state not in (TenantState.CLOSED, TenantState.PROVISIONING)]

log = observe.log("fleet")

Progress = Callable[[int, int], None]
"""Called with how many items are done, of how many."""


@dataclass
class Report:
    """What a run did."""

    head: str
    labels: int = 0
    migrated: int = 0
    failed: int = 0
    waiting: int = 0
    stopped: bool = False
    seconds: float = 0.0
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Label:
    id: str
    revision: str


def migrate(
    settings: Settings,
    *,
    revisions: Sequence[LabelRevision] | None = None,
    workers: int = WORKERS,
    most_failures: float = MOST_FAILURES,
    retry_failed: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Bring shared tables, then every label of every cell to the newest of `revisions`; doing it again does nothing."""
    started = time.monotonic()
    revisions = label_history() if revisions is None else revisions
    prepare_cells(settings)
    report = Report(head=revisions[-1].id)
    for cell in settings.owner_urls:
        _Run(settings, cell, revisions, report, workers, most_failures, progress).go(retry_failed=retry_failed)
        if report.stopped:
            break
    report.seconds = round(time.monotonic() - started, 3)
    return report


def dry_run(settings: Settings, revisions: Sequence[LabelRevision] | None = None) -> list[dict[str, Any]]:
    """What a run would do, by cell and revision, each tried on one label and taken back."""
    revisions = label_history() if revisions is None else revisions
    plan: list[dict[str, Any]] = []
    for cell in settings.owner_urls:
        labels = _labels_behind(settings, cell, revisions)
        for revision in revisions:
            behind = [label for label in labels if _is_before(label.revision, revision.id, revisions)]
            if behind:
                plan.append(
                    {
                        "cell": cell,
                        "revision": revision.id,
                        "phase": revision.phase,
                        "summary": revision.summary,
                        "labels": len(behind),
                        "problem": _try(settings, cell, revision, behind, revisions),
                    }
                )
    return plan


def _try(
    settings: Settings, cell: str, revision: LabelRevision, behind: list[_Label], revisions: Sequence[LabelRevision]
) -> str | None:
    """Try a revision on a label that stands right before it; one that waits for another revision cannot be tried."""
    ready = [label for label in behind if _next(label.revision, revisions) == revision.id]
    if not ready:
        return None
    with owner_session(settings, cell) as connection:
        try:
            try_out(connection, revision, ready[0].id, cell)
        except psycopg.Error as problem:
            return _sentence(problem)
    return None


class _Run:
    """The work on one cell."""

    def __init__(
        self,
        settings: Settings,
        cell: str,
        revisions: Sequence[LabelRevision],
        report: Report,
        workers: int,
        most_failures: float,
        progress: Progress | None,
    ) -> None:
        self._settings, self._cell, self._revisions, self._report = settings, cell, revisions, report
        self._workers, self._most_failures, self._progress = workers, most_failures, progress
        self._by_id = {revision.id: revision for revision in revisions}
        self._lock, self._halt = Lock(), Event()
        self._changed: list[str] = []
        self._done = self._total = 0

    def go(self, *, retry_failed: bool) -> None:
        """Plan what is missing, then do it ring by ring."""
        self._restamp()
        labels = _labels_behind(self._settings, self._cell, self._revisions)
        self._report.labels += len(labels)
        if not labels:
            return
        self._plan(labels, retry_failed=retry_failed)
        rings = self._waiting(labels)
        self._total = sum(len(items) for ring in rings for items in ring)
        for number, ring in enumerate(rings):
            self._work_through(ring)
            if number == 0 and self._report.failed:
                self._report.stopped = True  # the canary is ill: nobody else is touched
            if self._report.stopped:
                break
        self._tell_registry(all_of_them=True)
        self._report.waiting += self._total - self._done - self._report.failed

    def _plan(self, labels: list[_Label], *, retry_failed: bool) -> None:
        """Write the ledger's missing rows in one statement."""
        canaries = {label.id for label in labels[: max(1, ceil(len(labels) * CANARY_SHARE))]}
        rows = [
            (label.id, revision.id, 0 if label.id in canaries else 1)
            for label in labels
            for revision in self._revisions
            if _is_before(label.revision, revision.id, self._revisions)
        ]
        ids, names, rings = zip(*rows, strict=True)
        with owner_session(self._settings, self._cell) as connection:
            connection.execute(
                "INSERT INTO shared.migration_items (label, revision, ring) "
                "SELECT * FROM unnest(%s::text[], %s::text[], %s::smallint[]) ON CONFLICT DO NOTHING",
                [list(ids), list(names), list(rings)],
            )
            if retry_failed:
                connection.execute("UPDATE shared.migration_items SET status = 'waiting' WHERE status = 'failed'")

    def _waiting(self, labels: list[_Label]) -> list[list[list[LabelRevision | str]]]:
        """What is to be done: rings of labels, each label's id followed by its revisions in order."""
        with owner_session(self._settings, self._cell) as connection:
            rows = connection.execute(
                "SELECT label, revision, ring, status FROM shared.migration_items WHERE status <> 'done'"
            ).fetchall()
        items: dict[str, dict[str, tuple[int, str]]] = {}
        for label, revision, ring, status in rows:
            items.setdefault(label, {})[revision] = (ring, status)
        rings: list[list[list[LabelRevision | str]]] = [[], []]
        for label in labels:
            mine = items.get(label.id, {})
            work: list[LabelRevision | str] = [label.id]
            for revision in self._revisions:
                if revision.id in mine and mine[revision.id][1] == "failed":
                    break  # quarantined: it goes on at its revision until somebody has looked
                if revision.id in mine:
                    work.append(revision)
            if len(work) > 1:
                ring = min(ring for ring, _ in mine.values())
                rings[ring].append(work)
        return rings

    def _work_through(self, ring: list[list[LabelRevision | str]]) -> None:
        """Divide a ring among the workers, each with a connection of its own."""
        if not ring:
            return
        queue, position = ring, iter(range(len(ring)))

        def serve() -> None:
            with owner_session(self._settings, self._cell) as connection:
                while not self._halt.is_set():
                    with self._lock:
                        place = next(position, None)
                    if place is None:
                        return
                    tenant_id, *revisions = queue[place]
                    self._bring(connection, str(tenant_id), revisions)

        with ThreadPoolExecutor(min(self._workers, len(ring))) as pool:
            for worker in [pool.submit(serve) for _ in range(min(self._workers, len(ring)))]:
                worker.result()

    def _bring(self, connection: psycopg.Connection[Any], tenant_id: str, revisions: Iterable[Any]) -> None:
        for revision in revisions:
            try:
                self._with_patience(connection, revision, tenant_id)
            except psycopg.Error as problem:
                if problem.sqlstate == TAKEN:
                    continue
                if connection.closed or connection.broken:
                    raise
                self._quarantine(connection, tenant_id, revision, problem)
                return
            if self._cell != HOME_CELL:
                _stamp_home(self._settings, {tenant_id: revision.id})
            with self._lock:
                self._done += 1
                self._report.migrated += 1
                self._changed.append(tenant_id)
            self._tell_registry()
            if self._progress:
                self._progress(self._done, self._total)

    def _with_patience(self, connection: psycopg.Connection[Any], revision: LabelRevision, tenant_id: str) -> None:
        """Somebody's long transaction may hold the table: let it go on, and come again."""
        for attempt in range(1, LOCK_TRIES + 1):
            try:
                replay(connection, revision, tenant_id, self._cell)
            except psycopg.errors.LockNotAvailable:
                if attempt == LOCK_TRIES:
                    raise
                time.sleep(LOCK_PAUSE_SECONDS * attempt)
            else:
                return

    def _quarantine(
        self, connection: psycopg.Connection[Any], tenant_id: str, revision: LabelRevision, problem: psycopg.Error
    ) -> None:
        sentence = _sentence(problem)
        connection.execute(
            "UPDATE shared.migration_items SET status = 'failed', attempts = attempts + 1, error = %s "
            "WHERE label = %s AND revision = %s",
            [sentence, tenant_id, revision.id],
        )
        with owner_session(self._settings, HOME_CELL) as home:
            home.execute(
                "UPDATE shared.tenants SET quarantine = %s WHERE id = %s", [f"{revision.id}: {sentence}", tenant_id]
            )
        log.error("fleet.quarantined", label=tenant_id, revision=revision.id, problem=sentence)
        with self._lock:
            self._report.failed += 1
            self._report.errors[tenant_id] = sentence
            if self._report.failed > max(1, self._most_failures * self._report.labels):
                self._report.stopped = True
                self._halt.set()

    def _restamp(self) -> None:
        """In another cell the label's transaction and the registry's are two: finish what a crash cut in between."""
        if self._cell == HOME_CELL:
            return
        with owner_session(self._settings, self._cell) as connection:
            done = connection.execute(
                "SELECT label, max(revision) FROM shared.migration_items WHERE status = 'done' GROUP BY label"
            ).fetchall()
        behind = {label.id: label.revision for label in _labels_behind(self._settings, self._cell, self._revisions)}
        ahead = {
            label: revision
            for label, revision in done
            if label in behind and revision in self._by_id and _is_before(behind[label], revision, self._revisions)
        }
        if ahead:
            _stamp_home(self._settings, ahead)

    def _tell_registry(self, *, all_of_them: bool = False) -> None:
        """Tell the processes which labels moved on, by the hundred: the registry's clock is one row."""
        with self._lock:
            if not self._changed or (len(self._changed) < TELL_EVERY and not all_of_them):
                return
            changed, self._changed = self._changed, []
        with owner_session(self._settings, HOME_CELL) as home:
            home.execute("SELECT shared.note_registry_changes(%s)", [sorted(set(changed))])


def _labels_behind(settings: Settings, cell: str, revisions: Sequence[LabelRevision]) -> list[_Label]:
    with owner_session(settings, HOME_CELL) as home:
        rows = home.execute(
            "SELECT id, schema_revision FROM shared.tenants "
            "WHERE cell = %s AND state = ANY(%s) AND schema_revision <> %s ORDER BY id",
            [cell, LIVING, revisions[-1].id],
        ).fetchall()
    return [_Label(tenant_id, revision) for tenant_id, revision in rows]


def _stamp_home(settings: Settings, revisions: dict[str, str]) -> None:
    with owner_session(settings, HOME_CELL) as home:
        home.execute(
            "UPDATE shared.tenants t SET schema_revision = given.revision, quarantine = NULL "
            "FROM unnest(%s::text[], %s::text[]) AS given (id, revision) WHERE t.id = given.id",
            [list(revisions), list(revisions.values())],
        )


def _position(revision_id: str, revisions: Sequence[LabelRevision]) -> int:
    """Where a revision stands in the history; one we do not know is newer than everything we have."""
    for position, revision in enumerate(revisions):
        if revision.id == revision_id:
            return position
    return len(revisions)


def _is_before(label_revision: str, revision_id: str, revisions: Sequence[LabelRevision]) -> bool:
    return _position(label_revision, revisions) < _position(revision_id, revisions)


def _next(label_revision: str, revisions: Sequence[LabelRevision]) -> str | None:
    position = _position(label_revision, revisions) + 1
    return revisions[position].id if position < len(revisions) else None


def _sentence(problem: psycopg.Error) -> str:
    return str(problem).strip().partition("\n")[0][:ERROR_LENGTH]
