"""Taking a whole load back, as if it had never been, unless something came to depend on it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.catalog.service.changing import TABLES, as_text, change_fields, mark_loaded
from app.kernel import activity
from app.kernel.actor import Actor

MOST_NAMED = 50
FOLLOWING = ("audio", "artwork")
"""Facts of a file, which changed if and only if the file did."""

HELD_RELEASES = """
SELECT id::text, title FROM releases WHERE batch_id = :batch AND version > 1
UNION ALL
SELECT r.id::text, r.title FROM releases r
WHERE r.batch_id = :batch AND EXISTS (
    SELECT FROM tracks t WHERE t.release_id = r.id AND t.batch_id IS DISTINCT FROM :batch)
LIMIT :most
"""
HELD_RECORDINGS = """
SELECT r.id::text, r.title FROM recordings r
WHERE r.batch_id = :batch AND (r.version > 1 OR EXISTS (
    SELECT FROM tracks t WHERE t.recording_id = r.id AND t.batch_id IS DISTINCT FROM :batch))
LIMIT :most
"""
REMOVALS = (
    "DELETE FROM tracks WHERE batch_id = :batch",
    "DELETE FROM releases WHERE batch_id = :batch",
    "DELETE FROM recordings WHERE batch_id = :batch",
    "DELETE FROM works w WHERE w.batch_id = :batch"
    " AND NOT EXISTS (SELECT FROM recording_works r WHERE r.work_id = w.id)",
    "DELETE FROM contributors c WHERE c.batch_id = :batch"
    " AND NOT EXISTS (SELECT FROM credits r WHERE r.contributor_id = c.id)"
    " AND NOT EXISTS (SELECT FROM work_writers r WHERE r.contributor_id = c.id)"
    " AND c.merged_into_id IS NULL AND NOT EXISTS (SELECT FROM contributors r WHERE r.merged_into_id = c.id)",
    "DELETE FROM artists a WHERE a.batch_id = :batch AND a.version = 1"
    " AND NOT EXISTS (SELECT FROM release_artists r WHERE r.artist_id = a.id)"
    " AND NOT EXISTS (SELECT FROM recording_artists r WHERE r.artist_id = a.id)"
    " AND NOT EXISTS (SELECT FROM band_members r WHERE a.id IN (r.artist_id, r.band_id))"
    " AND NOT EXISTS (SELECT FROM contributors r WHERE r.artist_id = a.id)"
    " AND NOT EXISTS (SELECT FROM artist_grants r WHERE r.artist_id = a.id)",
    "DELETE FROM imprints i WHERE i.batch_id = :batch AND i.version = 1"
    " AND NOT EXISTS (SELECT FROM releases r WHERE r.imprint_id = i.id)"
    " AND NOT EXISTS (SELECT FROM imprints r WHERE r.parent_id = i.id)",
)
"""What a load made, from the outside in; names that somebody else uses by now stay."""


@dataclass(frozen=True, slots=True)
class Held:
    """Something that cannot be taken back, because it was changed or used since."""

    kind: str
    id: str
    name: str


def what_holds(session: Session, batch_id: UUID, changes: pl.DataFrame) -> list[Held]:
    """What came to depend on a load; empty when it can be taken back whole."""
    asked = {"batch": batch_id, "most": MOST_NAMED}
    found = [Held("release", *row) for row in session.execute(text(HELD_RELEASES), asked)]
    found += [Held("recording", *row) for row in session.execute(text(HELD_RECORDINGS), asked)]
    return found + _changed_since(session, changes)


def _changed_since(session: Session, changes: pl.DataFrame) -> list[Held]:
    """Rows that the load changed and somebody changed again: their field no longer has the load's value."""
    found: list[Held] = []
    for kind, table in TABLES.items():
        mine = changes.filter((pl.col("kind") == kind) & ~pl.col("field").is_in(FOLLOWING))
        for (field,), rows in mine.partition_by("field", as_dict=True).items():
            column = table.c[str(field)].name
            held = session.execute(
                text(
                    f"SELECT t.id::text, t.title FROM {table.name} t "
                    "JOIN unnest(:ids ::uuid[], :values ::text[]) v(id, value) ON v.id = t.id "
                    f"WHERE {as_text(table.c[column])} IS DISTINCT FROM v.value LIMIT :most"
                ),
                {"ids": rows["id"].to_list(), "values": rows["after"].to_list(), "most": MOST_NAMED},
            )
            found += [Held(kind, *row) for row in held]
    return list({item.id: item for item in found}.values())


def take_back(session: Session, actor: Actor, batch_id: UUID, changes: pl.DataFrame) -> None:
    """Undo a load whole, in the caller's transaction; the caller asked `what_holds` in it."""
    change_fields(session, changes, value="before")
    titles = session.execute(
        text("SELECT id::text, title FROM releases WHERE batch_id = :batch"), {"batch": batch_id}
    ).all()
    for removal in REMOVALS:
        session.execute(text(removal), {"batch": batch_id})
    mark_loaded(session, changes, pl.Series([], dtype=pl.String))
    told = [(row.id, {"title": row.title}, None) for row in titles]
    activity.record_many(session, actor, "release.taken_back", subject_type="release", told=told)
