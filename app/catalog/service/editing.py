"""Changing releases and recordings by hand: field by field, kept, and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.errors import ChangeUnknown, CodeTaken, FieldsUnusable
from app.catalog.models import IssuedCode, Recording, Release, Track
from app.catalog.rules.fields import RECORDING, RELEASE, told, values
from app.catalog.service.unchecked import mark_changed
from app.kernel import activity, clock
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.roster.rules import fold

Row = Release | Recording
SEARCHED = {"release": ("title", "version_title", "artist_line", "catalog_number"),
            "recording": ("title", "version_title", "artist_line", "isrc")}  # fmt: skip
CODES = {"release": "upc", "recording": "isrc"}
CHANGED = ("release.changed", "recording.changed")


def kind_of(row: Row) -> str:
    """What a row is called where its history is kept."""
    return "release" if isinstance(row, Release) else "recording"


def change(session: Session, actor: Actor, row: Row, typed: Mapping[str, str]) -> bool:
    """Give a release or recording what was typed, and tell whether anything was new; refused field by field."""
    wanted, problems = values(RELEASE if isinstance(row, Release) else RECORDING, typed)
    if problems:
        raise FieldsUnusable(fields=problems)
    return set_values(session, actor, row, wanted)


def set_values(session: Session, actor: Actor, row: Row, wanted: Mapping[str, Any]) -> bool:
    """Give a release or recording new values, keep what was there before, and bring search along."""
    kind = kind_of(row)
    changes = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if not changes:
        return False
    _take_code(session, kind, row, changes)
    before = row.change(changes, clock.now())
    row.folded = fold(" ".join(getattr(row, name) or "" for name in SEARCHED[kind]))
    activity.record(
        session,
        actor,
        f"{kind}.changed",
        subject_type=kind,
        subject_id=row.id,
        before={name: told(value) for name, value in before.items()},
        after={name: told(value) for name, value in changes.items()},
    )
    mark_changed(session, **{"releases" if kind == "release" else "recordings": [row.id]})
    return True


def _take_code(session: Session, kind: str, row: Row, changes: Mapping[str, Any]) -> None:
    """A code that is written in is taken from now on; one that anything else has or had is refused."""
    name = CODES[kind]
    code = changes.get(name)
    if not code:
        return
    kept = code if name == "isrc" else code.zfill(14)
    holder = session.get(IssuedCode, (name, kept))
    model: Any = type(row)
    twin = session.scalar(select(model.id).where(getattr(model, name) == code, model.id != row.id))
    if twin is not None or (holder is not None and holder.subject_id != row.id):
        raise CodeTaken(code=code)
    if holder is None:
        session.add(IssuedCode(kind=name, code=kept, subject_id=row.id))
        session.flush()


def restore(session: Session, actor: Actor, release: Release, activity_id: UUID | None, *, field: str = "") -> None:
    """Take one field of a change back, or everything of the release and its recordings from that change on."""
    rows = _rows_of(session, release)
    since = session.get(Activity, activity_id) if activity_id else None
    if since is None or since.action not in CHANGED or since.subject_id not in rows:
        raise ChangeUnknown
    for subject, before in _before(session, rows, since, field).items():
        row = rows[subject]
        known = RELEASE if isinstance(row, Release) else RECORDING
        old, problems = values(known, {name: value or "" for name, value in before.items() if name in known})
        if problems:
            raise FieldsUnusable(fields=problems)
        set_values(session, actor, row, old)


def _rows_of(session: Session, release: Release) -> dict[UUID, Row]:
    query = select(Recording).join(Track, Track.recording_id == Recording.id).where(Track.release_id == release.id)
    return {release.id: release, **{row.id: row for row in session.scalars(query)}}


def _before(session: Session, rows: dict[UUID, Row], since: Activity, field: str) -> dict[UUID, dict[str, Any]]:
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
