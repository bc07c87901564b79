"""The status of many artists at once, and the way back from it, in a few statements whatever their number."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity.errors import PermissionMissing
from app.identity.policies import Visitor, require_somewhere
from app.kernel import activity, clock
from app.kernel.activity import Activity
from app.kernel.activity.changes import first_change
from app.roster.errors import ArtistUnknown, ChangeUnknown, StatusUnusable
from app.roster.models import Artist
from app.roster.policies import may_see_artist
from app.roster.service.artists import OPEN, finish

CHANGED = "artist.changed"


def set_statuses(session: Session, visitor: Visitor, artists: Collection[UUID | None], status: str) -> UUID | None:
    """Pause artists or make them active again; gives the change that `restore_statuses` takes back, if any."""
    if status not in OPEN:
        raise StatusUnusable(fields={"status": StatusUnusable.message})
    rows = _held(session, visitor, artists)
    return _change(session, visitor, rows, {row.id: _wanted(row, status) for row in rows if row.status != status})


def restore_statuses(session: Session, visitor: Visitor, change: UUID | None) -> None:
    """Take back what was changed together with a change; whose status is another one since is left alone.

    Who is a former artist again loses what was opened for them meanwhile, as on the day on which they left.
    """
    when = select(Activity.xid).where(Activity.action == CHANGED, Activity.id == change).scalar_subquery()
    together = select(Activity).where(Activity.action == CHANGED, Activity.xid == when)
    told = {row.subject_id: row for row in session.scalars(together) if "status" in (row.before or {})}
    if not told:
        raise ChangeUnknown
    rows = _held(session, visitor, told)
    same = [row for row in rows if row.status == (told[row.id].after or {}).get("status")]
    _change(session, visitor, same, {row.id: _before(told[row.id]) for row in same})
    for row in same:
        if row.status == "left":
            finish(session, visitor.actor, row)


def _held(session: Session, visitor: Visitor, artists: Collection[UUID | None]) -> list[Artist]:
    """The door to many: each of them is seen and may be edited, and is locked in the order of ids."""
    require_somewhere(visitor, "catalog.view")
    seen = select(Artist).where(Artist.id.in_(set(artists) - {None}), may_see_artist(visitor))
    rows = list(session.scalars(seen.order_by(Artist.id).with_for_update()))
    if len(rows) != len(set(artists)):
        raise ArtistUnknown
    editable = select(func.count()).where(
        Artist.id.in_([row.id for row in rows]), may_see_artist(visitor, "catalog.edit")
    )
    if session.scalar(editable) != len(rows):
        raise PermissionMissing
    return rows


def _wanted(artist: Artist, status: str) -> dict[str, Any]:
    return {"status": status} | ({"leaves_on": None} if artist.status == "left" else {})


def _before(change: Activity) -> dict[str, Any]:
    before = dict(change.before or {})
    left = before.get("leaves_on")
    return before | ({"leaves_on": date.fromisoformat(left)} if left else {})


def _change(
    session: Session, visitor: Visitor, artists: Collection[Artist], wanted: Mapping[UUID, dict[str, Any]]
) -> UUID | None:
    now = clock.now()
    changed = [artist for artist in artists if artist.id in wanted]
    told = [(str(row.id), row.change(wanted[row.id], now), wanted[row.id]) for row in changed]
    session.flush()
    activity.record_many(session, visitor.actor, CHANGED, subject_type="artist", told=told)
    return first_change(session, [row.id for row in changed])
