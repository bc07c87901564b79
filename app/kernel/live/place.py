"""How far a reader has come in a label's activity, exactly, although rows appear in the order of their commits."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.kernel.activity import Activity

BATCH = 200

_NOW = text("SELECT pg_current_snapshot()::text")
_NEW = text(
    "activity.xid >= :oldest AND NOT pg_visible_in_snapshot(activity.xid::text::xid8, CAST(:seen AS pg_snapshot))"
    " AND pg_visible_in_snapshot(activity.xid::text::xid8, CAST(:until AS pg_snapshot))"
    " AND (activity.xid, activity.seq) > (:xid, :seq)"
)


class Place(NamedTuple):
    """All that `seen` shows was sent, and of what `until` shows besides, everything up to `xid` and `seq`.

    A number alone cannot say this: a transaction that began early and commits late puts its rows before others that
    were sent long ago. The database's own snapshots can.
    """

    seen: str
    until: str
    xid: int = 0
    seq: int = 0

    @staticmethod
    def now(session: Session) -> Place:
        """The place of a reader who wants only what is still to come."""
        snapshot: str = session.execute(_NOW).scalar_one()
        return Place(snapshot, snapshot)

    def after(self, row: Activity) -> Place:
        """The place of a reader who got this row too."""
        return self._replace(xid=row.xid, seq=row.seq)


def look(session: Session, place: Place) -> tuple[Place, list[Activity]]:
    """The next rows that were not sent yet, a batch at most, and the place before the first of them."""
    rows = _rows(session, place)
    if not rows:
        place = Place(place.until, Place.now(session).until)
        rows = _rows(session, place)
    return place, rows


def _rows(session: Session, place: Place) -> list[Activity]:
    new = _NEW.bindparams(oldest=int(place.seen.partition(":")[0]), **place._asdict())
    return list(session.scalars(select(Activity).where(new).order_by(Activity.xid, Activity.seq).limit(BATCH)))
