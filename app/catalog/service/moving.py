"""Credits and shares that move from one contributor to another, and back, whatever their number in a few statements."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import TextClause, select, text
from sqlalchemy.orm import Session

from app.catalog.models import Credit, Work, WorkWriter
from app.roster.errors import MergerOver, SharesTwice
from app.roster.models import Contributor

Row = dict[str, Any]

_CREDITS = "jsonb_to_recordset(CAST(:rows AS jsonb)) AS m(recording uuid, place smallint, role text)"
_SHARES = "jsonb_to_recordset(CAST(:rows AS jsonb)) AS m(work uuid, role text, share integer, other integer)"
_IS_CREDIT = "c.recording_id = m.recording AND c.position = m.place AND c.role = m.role"
_IS_SHARE = "w.work_id = m.work AND w.role = m.role"

CREDITS_GONE = text(f"DELETE FROM credits c USING {_CREDITS} WHERE {_IS_CREDIT} AND c.contributor_id = :one")
CREDITS_OVER = text("UPDATE credits SET contributor_id = :other WHERE contributor_id = :one")
SHARES_JOINED = text(
    f"UPDATE work_writers w SET share_ppm = coalesce(m.other, m.share) FROM {_SHARES}"
    f" WHERE {_IS_SHARE} AND w.contributor_id = :other"
)
SHARES_GONE = text(f"DELETE FROM work_writers w USING {_SHARES} WHERE {_IS_SHARE} AND w.contributor_id = :one")
SHARES_OVER = text("UPDATE work_writers SET contributor_id = :other WHERE contributor_id = :one")

CREDITS_THERE = text(f"SELECT count(*) FROM {_CREDITS} JOIN recordings r ON r.id = m.recording")
CREDITS_BACK = text(
    f"UPDATE credits c SET contributor_id = :one FROM {_CREDITS} WHERE {_IS_CREDIT} AND c.contributor_id = :other"
)
CREDITS_ANEW = text(
    "INSERT INTO credits (recording_id, position, contributor_id, role)"
    f" SELECT m.recording, m.place, :one, m.role FROM {_CREDITS} JOIN recordings r ON r.id = m.recording"
    " ON CONFLICT DO NOTHING"
)
SHARES_THERE = text(f"SELECT count(*) FROM {_SHARES} JOIN works w ON w.id = m.work")
SHARES_BACK = text(
    f"UPDATE work_writers w SET contributor_id = :one FROM {_SHARES} WHERE {_IS_SHARE}"
    " AND w.contributor_id = :other AND w.share_ppm IS NOT DISTINCT FROM m.share"
)
SHARES_PARTED = text(
    f"UPDATE work_writers w SET share_ppm = m.other FROM {_SHARES} WHERE {_IS_SHARE}"
    " AND w.contributor_id = :other AND w.share_ppm IS NOT DISTINCT FROM coalesce(m.other, m.share)"
)
SHARES_ANEW = text(
    "INSERT INTO work_writers (work_id, contributor_id, role, share_ppm)"
    f" SELECT m.work, :one, m.role, m.share FROM {_SHARES} JOIN works w ON w.id = m.work ON CONFLICT DO NOTHING"
)


class Moved(NamedTuple):
    """What one has and the other will have, and what both have and one of them will; rows as JSON keeps them."""

    credits: list[Row]
    credits_of_both: list[Row]
    shares: list[Row]
    shares_of_both: list[Row]


def what_moves(session: Session, one: Contributor, other: Contributor) -> Moved:
    """What would move from `one` to `other`; refused where both have a share of the same part of a work."""
    return Moved(*_credits(session, one, other), *_shares(session, one, other))


def _credits(session: Session, one: Contributor, other: Contributor) -> tuple[list[Row], list[Row]]:
    held = select(Credit.recording_id, Credit.role, Credit.position).order_by(Credit.recording_id, Credit.position)
    theirs = {(row.recording_id, row.role) for row in session.execute(held.where(Credit.contributor_id == other.id))}
    alone: list[Row] = []
    both: list[Row] = []
    for row in session.execute(held.where(Credit.contributor_id == one.id)):
        kept = {"recording": str(row.recording_id), "place": row.position, "role": row.role}
        (both if (row.recording_id, row.role) in theirs else alone).append(kept)
    return alone, both


def _shares(session: Session, one: Contributor, other: Contributor) -> tuple[list[Row], list[Row]]:
    """What both wrote is one part, with the share that one of them has; two are never added, and none thrown away."""
    held = select(WorkWriter.work_id, WorkWriter.role, WorkWriter.share_ppm, Work.title)
    held = held.join(Work, Work.id == WorkWriter.work_id).order_by(WorkWriter.work_id, WorkWriter.role)
    rows = session.execute(held.where(WorkWriter.contributor_id == other.id))
    theirs = {(row.work_id, row.role): row.share_ppm for row in rows}
    alone: list[Row] = []
    both: list[Row] = []
    for row in session.execute(held.where(WorkWriter.contributor_id == one.id)):
        key, kept = (row.work_id, row.role), {"work": str(row.work_id), "role": row.role, "share": row.share_ppm}
        if key not in theirs:
            alone.append(kept)
        elif row.share_ppm is not None and theirs[key] is not None:
            raise SharesTwice(work=row.title)
        else:
            both.append({**kept, "other": theirs[key]})
    return alone, both


def move(session: Session, one: Contributor, other: Contributor, moved: Moved) -> None:
    """Give `other` what `one` has."""
    people = {"one": one.id, "other": other.id}
    for statement, rows in (
        (CREDITS_GONE, moved.credits_of_both),
        (CREDITS_OVER, None),
        (SHARES_JOINED, moved.shares_of_both),
        (SHARES_GONE, moved.shares_of_both),
        (SHARES_OVER, None),
    ):
        named = {name: value for name, value in people.items() if f":{name}" in statement.text}
        session.execute(statement, named if rows is None else {**named, "rows": _json(rows)})


def move_back(session: Session, one: Contributor, other: Contributor, moved: Moved) -> None:
    """Give `one` back what `move` took; refused where any of it is not as it was left. What is gone is not missed."""
    people = {"one": one.id, "other": other.id}
    for statement, rows, there in (
        (CREDITS_BACK, moved.credits, CREDITS_THERE),
        (CREDITS_ANEW, moved.credits_of_both, CREDITS_THERE),
        (SHARES_BACK, moved.shares, SHARES_THERE),
        (SHARES_PARTED, moved.shares_of_both, SHARES_THERE),
        (SHARES_ANEW, moved.shares_of_both, SHARES_THERE),
    ):
        _all_of(session, statement, people, rows, there)


def _all_of(session: Session, statement: TextClause, people: Row, rows: list[Row], there: TextClause) -> None:
    if not rows:
        return
    said = {"rows": _json(rows)}
    named = {name: value for name, value in people.items() if f":{name}" in statement.text}
    done: Any = session.execute(statement, {**named, **said})
    if done.rowcount != session.scalar(there, said):
        raise MergerOver


def _json(rows: list[Row]) -> str:
    return msgspec.json.encode(rows).decode()
