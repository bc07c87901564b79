"""The ledger of fleet migrations: what is to be done, what is done, and who has been told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any

import psycopg

from app.kernel.db.database import owner_session
from app.kernel.tenant import TenantState
from app.settings import HOME_CELL, Settings
from migrations.compiled import LabelRevision

CANARY_SHARE = 0.01
LEFT_ALONE = (TenantState.CLOSED, TenantState.PROVISIONING, TenantState.MOVING)
MIGRATED = [state.value for state in TenantState if state not in LEFT_ALONE]

Revisions = Sequence[LabelRevision]


@dataclass(frozen=True, slots=True)
class Label:
    """A label and the revision its tables have."""

    id: str
    revision: str

    def missing(self, revisions: Revisions) -> tuple[LabelRevision, ...]:
        """The revisions it lacks, in order; a revision we do not know is newer than everything we have."""
        known = [revision.id for revision in revisions]
        return tuple(revisions[known.index(self.revision) + 1 :]) if self.revision in known else ()


@dataclass(frozen=True, slots=True)
class Work:
    """A label and the steps that it may take now."""

    label: str
    revisions: tuple[LabelRevision, ...]


class Ledger:
    """The ledger of one cell, through two connections that own the tables: the registry's and the cell's."""

    def __init__(
        self, home: psycopg.Connection[Any], here: psycopg.Connection[Any], cell: str, revisions: Revisions
    ) -> None:
        self._home, self._here, self._cell, self._revisions = home, here, cell, revisions

    def labels_behind(self) -> list[Label]:
        """The labels of the cell that lack a revision, in order of their ids."""
        rows = self._home.execute(
            "SELECT id, schema_revision FROM shared.tenants "
            "WHERE cell = %s AND state = ANY(%s) AND schema_revision = ANY(%s) ORDER BY id",
            [self._cell, MIGRATED, [revision.id for revision in self._revisions[:-1]]],
        ).fetchall()
        return [Label(tenant_id, revision) for tenant_id, revision in rows]

    def plan(self, labels: list[Label], *, retry_failed: bool) -> None:
        """Write the missing rows in one statement; the first hundredth of the labels is the canary."""
        canaries = {label.id for label in labels[: max(1, ceil(len(labels) * CANARY_SHARE))]}
        rows = [
            (label.id, step.id, 0 if label.id in canaries else 1)
            for label in labels
            for step in label.missing(self._revisions)
        ]
        ids, names, rings = zip(*rows, strict=True)
        self._here.execute(
            "INSERT INTO shared.migration_items (label, revision, ring) "
            "SELECT * FROM unnest(%s::text[], %s::text[], %s::smallint[]) ON CONFLICT DO NOTHING",
            [list(ids), list(names), list(rings)],
        )
        if retry_failed:
            self._here.execute("UPDATE shared.migration_items SET status = 'waiting' WHERE status = 'failed'")

    def open_work(self) -> tuple[list[Work], list[Work]]:
        """What may be done now: the canary's ring and everybody else's; a quarantined label has nothing to do."""
        items = self._here.execute(
            "SELECT label, revision, ring, status FROM shared.migration_items WHERE status <> 'done'"
        ).fetchall()
        known = {(label, revision): (ring, status) for label, revision, ring, status in items}
        rings: tuple[list[Work], list[Work]] = ([], [])
        for label in self.labels_behind() if known else []:
            steps: list[LabelRevision] = []
            for revision in label.missing(self._revisions):
                if known.get((label.id, revision.id), (0, ""))[1] != "waiting":
                    break
                steps.append(revision)
            if steps:
                rings[known[label.id, steps[0].id][0]].append(Work(label.id, tuple(steps)))
        return rings

    def quarantine(self, label: str, revision: LabelRevision, problem: str) -> None:
        """Note that a revision failed for a label: it goes on at the revision it has until somebody has looked."""
        self._here.execute(
            "UPDATE shared.migration_items SET status = 'failed', attempts = attempts + 1, error = %s "
            "WHERE label = %s AND revision = %s",
            [problem, label, revision.id],
        )
        self._home.execute(
            "UPDATE shared.tenants SET quarantine = %s WHERE id = %s", [f"{revision.id}: {problem}", label]
        )

    def count_quarantined(self) -> int:
        """How many labels wait for somebody to look at what failed."""
        row = self._here.execute(
            "SELECT count(DISTINCT label) FROM shared.migration_items WHERE status = 'failed'"
        ).fetchone()
        return row[0] if row else 0

    def stamp_home(self, label: str, revision: str) -> None:
        """Write the revision of a label of another cell into the registry."""
        self._home.execute("UPDATE shared.tenants SET schema_revision = %s WHERE id = %s", [revision, label])
        self._home.execute(
            "UPDATE shared.tenants SET quarantine = NULL WHERE id = %s AND quarantine IS NOT NULL", [label]
        )

    def restamp(self) -> None:
        """In another cell the label's transaction and the registry's are two: finish what a crash cut in between."""
        if self._cell == HOME_CELL:
            return
        rows = self._here.execute("SELECT label, revision FROM shared.migration_items WHERE status = 'done'").fetchall()
        done = set(rows)
        for label in self.labels_behind():
            ahead = [step.id for step in label.missing(self._revisions) if (label.id, step.id) in done]
            if ahead:
                self.stamp_home(label.id, ahead[-1])

    def tell_registry(self) -> None:
        """Tell every process which labels moved on, many at once: the registry's clock is one row."""
        rows = self._here.execute(
            "SELECT DISTINCT label FROM shared.migration_items WHERE status = 'done' AND NOT told"
        ).fetchall()
        labels = [label for (label,) in rows]
        if labels:
            self._home.execute("SELECT shared.note_registry_changes(%s)", [labels])
            self._here.execute(
                "UPDATE shared.migration_items SET told = true WHERE status = 'done' AND NOT told AND label = ANY(%s)",
                [labels],
            )


@contextmanager
def opened(settings: Settings, cell: str, revisions: Revisions) -> Iterator[Ledger]:
    """Open the ledger of a cell."""
    with owner_session(settings, HOME_CELL) as home, ExitStack() as stack:
        here = home if cell == HOME_CELL else stack.enter_context(owner_session(settings, cell))
        yield Ledger(home, here, cell, revisions)
