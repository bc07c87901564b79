"""What has changed since rules last looked at it, and asking that they look again.

Nothing here compares tables: whoever edits a field need not bring the library along that does.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.kernel import jobs

MOST_NAMED = 200
"""So many releases a task names; of more it looks for all that nobody has looked at."""

_MARK = text(
    "UPDATE releases SET checked_at = NULL WHERE id IN ("
    "SELECT id FROM releases WHERE checked_at IS NOT NULL AND (id = any(:releases ::uuid[]) OR id IN "
    "(SELECT release_id FROM tracks WHERE recording_id = any(:recordings ::uuid[]))) "
    "ORDER BY id FOR UPDATE SKIP LOCKED)"
)
"""A release that somebody else holds at the moment is not waited for, as two who wait for each other wait for ever: the
task that is asked for looks at it once they are done."""

_AFFECTED = text(
    "SELECT DISTINCT release_id::text FROM tracks WHERE recording_id = any(:recordings ::uuid[]) LIMIT :most"
)


def mark_changed(
    session: Session, *, releases: Collection[UUID | str] = (), recordings: Collection[UUID | str] = ()
) -> None:
    """These releases, and those that these recordings are on, have changed: they are unchecked, and soon checked."""
    said = {"releases": [str(one) for one in releases], "recordings": [str(one) for one in recordings]}
    session.flush()
    session.execute(_MARK, said)
    named = set(said["releases"])
    if len(named) <= MOST_NAMED and said["recordings"]:
        named |= set(session.scalars(_AFFECTED, {"recordings": said["recordings"], "most": MOST_NAMED + 1}))
    ask_for_check(session, named)


def ask_for_check(session: Session, releases: Collection[str] = ()) -> None:
    """Ask that rules look at these releases, and at all that nobody has looked at; once in a transaction for each."""
    wanted = sorted(releases) if len(releases) <= MOST_NAMED else []
    asked: set[str] = session.info.setdefault("catalog.check", set())
    fresh = [one for one in wanted if one not in asked]
    if asked and not fresh:
        return
    asked.update(fresh or {"everything"})
    jobs.ask(session, "catalog.check", {"releases": fresh})
