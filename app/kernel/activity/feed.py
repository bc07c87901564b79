"""Reading activity: the newest of it, and what has happened since a moment."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Select, func, literal, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import literal_column

from app.kernel.activity.models import Activity

HORIZON: Any = literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
"""Every transaction below it has ended, so no row with a smaller xid can still appear."""


def latest(*, limit: int) -> Select[Activity]:
    """The newest rows, newest first."""
    return select(Activity).order_by(Activity.xid.desc(), Activity.seq.desc()).limit(limit)


class Moment(NamedTuple):
    """What was there to be seen: the transactions that had ended, and the newest row among theirs."""

    snapshot: str
    seq: int


def moment(session: Session) -> Moment:
    """Now, to ask later what happened since."""
    query = select(func.pg_current_snapshot().op("::")(literal_column("text")), func.max(Activity.seq))
    snapshot, seq = session.execute(query).one()
    return Moment(snapshot, seq or 0)


def has_happened(session: Session, *, since: Moment, apart_from: Collection[str]) -> bool:
    """Tell whether anything was written down that could not be seen at a moment, apart from some actions.

    A transaction that began before and ended after counts, too: its rows may have smaller numbers. The numbers alone
    hold in a database that was restored elsewhere, where transactions are counted anew.
    """
    unseen = func.pg_visible_in_snapshot(
        literal_column("xid::text::xid8"), literal(since.snapshot).op("::")(literal_column("pg_snapshot"))
    ).is_(False)
    begun = Activity.xid >= int(since.snapshot.partition(":")[0])
    query = select(Activity.seq).where(
        or_(Activity.seq > since.seq, begun & unseen), Activity.action.not_in(apart_from)
    )
    return session.execute(query.limit(1)).first() is not None
