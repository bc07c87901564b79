"""What a migration would do: every step tried on real labels, and taken back."""

from __future__ import annotations

from typing import Any

from app.kernel.db.database import owner_session
from app.settings import Settings
from migrations.compiled import label_history
from tenants.fleet import ledger
from tenants.fleet.ledger import Label, Revisions
from tenants.fleet.replay import try_out


def dry_run(settings: Settings, revisions: Revisions | None = None) -> list[dict[str, Any]]:
    """Say what a run would do, by cell and revision, with the problem that it would meet."""
    revisions = label_history() if revisions is None else revisions
    plan: list[dict[str, Any]] = []
    for cell in settings.owner_urls:
        with ledger.opened(settings, cell, revisions) as book:
            labels = book.labels_behind()
        problems = _problems(settings, cell, labels, revisions)
        for revision in revisions:
            behind = sum(revision in label.missing(revisions) for label in labels)
            if behind:
                plan.append(
                    {
                        "cell": cell,
                        "revision": revision.id,
                        "phase": revision.phase,
                        "summary": revision.summary,
                        "labels": behind,
                        "problem": problems.get(revision.id),
                    }
                )
    return plan


def _problems(settings: Settings, cell: str, labels: list[Label], revisions: Revisions) -> dict[str, str]:
    """Try all that is missing on the first label of each revision, one transaction each; steps build on each other."""
    problems: dict[str, str] = {}
    first = {label.revision: label for label in reversed(labels)}
    for label in first.values():
        with owner_session(settings, cell) as connection:
            problems.update(try_out(connection, label.missing(revisions), label.id))
    return problems
