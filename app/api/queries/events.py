"""What happened, as events: read from activity, so that nothing is told twice or left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.api.rules.event_types import BY_ACTION
from app.api.rules.events import Happened, event_of
from app.kernel import clock
from app.kernel.activity import Activity
from app.kernel.live.place import Place, look

KEPT: Final = timedelta(days=30)
MOST_LOOKS: Final = 50
"""So often is looked for one page: where little of what happened is asked for, the next page goes on."""


class Page(NamedTuple):
    """Events, the place after them, and whether there may be more already."""

    events: list[dict[str, Any]]
    place: Place
    has_more: bool


def happened(row: Activity) -> Happened:
    """A row of activity as events are made of it."""
    said = (row.id, row.at, row.actor_kind, row.actor_id, row.subject_id, row.before, row.after)
    member = row.on_behalf_of if row.actor_kind == "client" else None
    return Happened(*said, client_id=row.client_id, on_behalf_of=member)


def as_event(row: Activity) -> dict[str, Any] | None:
    """A row as an event; None for what is no event."""
    kind = BY_ACTION.get(row.action)
    return event_of(kind, happened(row)) if kind is not None else None


def events_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Events by id."""
    rows = session.scalars(select(Activity).where(Activity.id.in_(set(ids))))
    return {row.id: event for row in rows if (event := as_event(row)) is not None}


def place_before(session: Session, moment: datetime) -> Place:
    """The place before everything that happened at a moment or later."""
    now = Place.now(session)
    first = session.scalar(select(func.min(Activity.xid)).where(Activity.at >= moment))
    return now if first is None else Place(f"{first}:{first}:", now.until)


def page(session: Session, place: Place, names: Collection[str], limit: int, *, since: datetime) -> Page:
    """The next events of these kinds after a place; none of before a moment, nor of longer ago than they are told."""
    found: list[dict[str, Any]] = []
    earliest = max(since, clock.now() - KEPT)
    for _ in range(MOST_LOOKS):
        place, rows = look(session, place)
        if not rows:
            return Page(found, place, has_more=False)
        for row in rows:
            event = as_event(row) if len(found) < limit else None
            if len(found) >= limit:
                return Page(found, place, has_more=True)
            place = place.after(row)
            if event is not None and event["type"] in names and row.at >= earliest:
                found.append(event)
    return Page(found, place, has_more=True)
