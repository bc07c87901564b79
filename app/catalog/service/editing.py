"""Changing releases and recordings by hand: field by field, kept, and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.errors import ChangeUnknown, CodeTaken, FieldsUnusable
from app.catalog.models import IssuedCode, Recording, RecordingWork, Release, Track, Work
from app.catalog.rules.fields import RECORDING, RELEASE, WORK, told, values
from app.catalog.rules.parts import Item
from app.catalog.service.parts import PARTS
from app.catalog.service.unchecked import mark_changed
from app.kernel import activity, clock
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.roster.rules import fold

Row = Release | Recording | Work
SEARCHED = {"release": ("title", "version_title", "artist_line", "catalog_number"),
            "recording": ("title", "version_title", "artist_line", "isrc"), "work": ()}  # fmt: skip
CODES = {"release": "upc", "recording": "isrc", "work": "iswc"}
FIELDS = {"release": RELEASE, "recording": RECORDING, "work": WORK}
CHANGED = ("release.changed", "recording.changed", "work.changed")
KINDS: dict[type[Row], str] = {Release: "release", Recording: "recording", Work: "work"}


def kind_of(row: Row) -> str:
    """What a row is called where its history is kept."""
    return KINDS[type(row)]


def change(
    session: Session,
    actor: Actor,
    row: Row,
    typed: Mapping[str, str],
    parts: Mapping[str, list[Item]] | None = None,
) -> bool:
    """Give a row what was typed, and its parts as they are to be; tell whether anything was new.

    Refused field by field.
    """
    wanted, problems = values(FIELDS[kind_of(row)], typed)
    if problems:
        raise FieldsUnusable(fields=problems)
    return set_values(session, actor, row, {**wanted, **(parts or {})})


def set_values(session: Session, actor: Actor, row: Row, wanted: Mapping[str, Any]) -> bool:
    """Give a row new values and parts, keep what was there before, and bring search along."""
    kind = kind_of(row)
    held = {name: PARTS[kind][name].read(session, row) for name in wanted if name in PARTS[kind]}
    parts = {name: items for name, items in wanted.items() if name in held and items != held[name]}
    changes = {name: value for name, value in wanted.items() if name not in held and getattr(row, name) != value}
    if not changes and not parts:
        return False
    _take_code(session, kind, row, changes)
    before = {name: told(value) for name, value in row.change(changes, clock.now()).items()}
    session.flush()
    for name, items in parts.items():
        PARTS[kind][name].write(session, row, items)
    if isinstance(row, Release | Recording):
        row.folded = fold(" ".join(getattr(row, name) or "" for name in SEARCHED[kind]))
    activity.record(
        session,
        actor,
        f"{kind}.changed",
        subject_type=kind,
        subject_id=row.id,
        before=before | {name: held[name] for name in parts},
        after={name: told(value) for name, value in changes.items()} | parts,
    )
    _mark_changed(session, row)
    return True


def _mark_changed(session: Session, row: Row) -> None:
    """Let rules look again at the releases that a row is on."""
    if isinstance(row, Release):
        mark_changed(session, releases=[row.id])
    elif isinstance(row, Recording):
        mark_changed(session, recordings=[row.id])
    else:
        played = select(RecordingWork.recording_id).where(RecordingWork.work_id == row.id)
        mark_changed(session, recordings=session.scalars(played).all())


def _take_code(session: Session, kind: str, row: Row, changes: Mapping[str, Any]) -> None:
    """A code that is written in is taken from now on; one that anything else has or had is refused."""
    name = CODES[kind]
    code = changes.get(name)
    if not code:
        return
    kept = code.zfill(14) if name == "upc" else code
    holder = session.get(IssuedCode, (name, kept))
    model: Any = type(row)
    twin = session.scalar(select(model.id).where(getattr(model, name) == code, model.id != row.id))
    if twin is not None or (holder is not None and holder.subject_id != row.id):
        raise CodeTaken(code=code)
    if holder is None and kind != "work":
        session.add(IssuedCode(kind=name, code=kept, subject_id=row.id))
        session.flush()


def restore(
    session: Session, actor: Actor, rows: Mapping[UUID, Row], activity_id: UUID | None, *, field: str = ""
) -> None:
    """Take one field of a change of one of these rows back, or everything of all of them from that change on."""
    since = session.get(Activity, activity_id) if activity_id else None
    if since is None or since.action not in CHANGED or since.subject_id not in rows:
        raise ChangeUnknown
    for subject, before in _before(session, rows, since, field).items():
        kind = kind_of(rows[subject])
        typed = {name: value or "" for name, value in before.items() if name in FIELDS[kind]}
        parts = {name: said for name, said in before.items() if name in PARTS[kind] and isinstance(said, list)}
        change(session, actor, rows[subject], typed, parts)


def changed_with(session: Session, activity_id: UUID | None) -> list[UUID]:
    """The recordings that were changed together with a change, in one transaction."""
    mine = (Activity.action == "recording.changed") & (Activity.id == activity_id)
    xid = session.scalar(select(Activity.xid).where(mine)) if activity_id else None
    if xid is None:
        raise ChangeUnknown
    together = select(Activity.subject_id).where(Activity.xid == xid, Activity.action == "recording.changed")
    return [found for found in session.scalars(together.distinct()) if found is not None]


def rows_of(session: Session, release: Release) -> dict[UUID, Row]:
    """A release with the recordings on it."""
    query = select(Recording).join(Track, Track.recording_id == Recording.id).where(Track.release_id == release.id)
    return {release.id: release, **{row.id: row for row in session.scalars(query)}}


def _before(session: Session, rows: Mapping[UUID, Row], since: Activity, field: str) -> dict[UUID, dict[str, Any]]:
    """What stood in every field before a change; the oldest of several changes of a field decides."""
    if field:
        before = since.before or {}
        if field not in before or since.subject_id is None:
            raise ChangeUnknown
        return {since.subject_id: {field: before[field]}}
    found: dict[UUID, dict[str, Any]] = {}
    later = select(Activity).where(
        Activity.subject_id.in_(rows), Activity.action.in_(CHANGED), Activity.seq >= since.seq
    )
    for row in session.scalars(later.order_by(Activity.seq.desc())):
        if row.subject_id is not None:
            found.setdefault(row.subject_id, {}).update(row.before or {})
    return found
