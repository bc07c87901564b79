"""The same change of many recordings at once, in a few statements, as each by itself would be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.errors import FieldsUnusable, RecordingUnknown
from app.catalog.models import Recording
from app.catalog.policies import may_see_recording
from app.catalog.rules import fields
from app.catalog.service.changing import change_fields, mark_loaded, tell_changes
from app.identity.errors import PermissionMissing
from app.identity.policies import Visitor, require_somewhere
from app.kernel.actor import Actor
from app.kernel.errors import Refusal

PLAIN = frozenset(fields.RECORDING) - {"isrc"}
"""What stands in columns alone; a code is taken one by one."""

_SCHEMA = {"kind": pl.String, "id": pl.String, "field": pl.String, "before": pl.String, "after": pl.String}


@dataclass(frozen=True, slots=True)
class Wish:
    """What one recording is to have, as it is typed; `check` refuses where it is of another version than was seen."""

    row_id: UUID
    typed: Mapping[str, str]
    check: Callable[[int], None]


def change_recordings(session: Session, visitor: Visitor, actor: Actor, wishes: Sequence[Wish]) -> list[Refusal | None]:
    """Give recordings, each named once, what is wished; for each of them why not, where it cannot be.

    Each is let in and checked as by itself, and what cannot be leaves the others alone.
    """
    require_somewhere(visitor, "catalog.view")
    held = _held(session, visitor, wishes)
    mine = _mine(session, visitor, list(held))
    refusals: list[Refusal | None] = []
    changes: list[tuple[str, str, str, str | None, str | None]] = []
    for wish in wishes:
        row = held.get(wish.row_id)
        refusal, wanted = _checked(wish, row, may=wish.row_id in mine)
        refusals.append(refusal)
        if row is not None and refusal is None:
            changes += [
                ("recording", str(wish.row_id), name, fields.told(row[name]), fields.told(value))
                for name, value in wanted.items()
                if row[name] != value
            ]
    if changes:
        frame = pl.DataFrame(changes, schema=_SCHEMA, orient="row")
        change_fields(session, frame, value="after")
        tell_changes(session, actor, frame)
        mark_loaded(session, frame, pl.Series("id", [], dtype=pl.String))
    return refusals


def _checked(wish: Wish, row: Mapping[str, Any] | None, *, may: bool) -> tuple[Refusal | None, dict[str, Any]]:
    """Why a wish cannot be, or the values it means."""
    if row is None:
        return RecordingUnknown(), {}
    if not may:
        return PermissionMissing(), {}
    try:
        wish.check(row["version"])
    except Refusal as refusal:
        return refusal, {}
    wanted, problems = fields.values(fields.RECORDING, wish.typed)
    return (FieldsUnusable(fields=problems), {}) if problems else (None, wanted)


def _held(session: Session, visitor: Visitor, wishes: Sequence[Wish]) -> dict[UUID, Mapping[str, Any]]:
    """What the recordings have now, locked in the order of their ids."""
    columns = [getattr(Recording, name) for name in sorted({"id", "version", *PLAIN})]
    query = select(*columns).where(Recording.id.in_([wish.row_id for wish in wishes]), may_see_recording(visitor))
    rows = session.execute(query.order_by(Recording.id).with_for_update(of=Recording)).mappings()
    return {row["id"]: dict(row) for row in rows}


def _mine(session: Session, visitor: Visitor, row_ids: list[UUID]) -> set[UUID]:
    """Those of them that the visitor edits."""
    query = select(Recording.id).where(Recording.id.in_(row_ids), may_see_recording(visitor, "catalog.edit"))
    return set(session.scalars(query))
