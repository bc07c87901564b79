"""Filters of the portal's lists: from an address to something that can be asked, and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from app.kernel.ids import parse_uuid
from app.lists.errors import FilterUnusable

MOST_ACTIONS = 20
YEARS = range(1990, 2200)
FILE_SORTS = ("name", "-name", "size", "-size", "added", "-added")


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """Which rows of the activity log are wanted; both days are included and are the label's own."""

    actions: tuple[str, ...] = ()
    actor: UUID | None = None
    day_from: date | None = None
    day_to: date | None = None

    @property
    def query(self) -> str:
        """The filter as it stands in an address."""
        pairs = [("action", action) for action in self.actions]
        pairs += [("actor", str(self.actor))] if self.actor else []
        pairs += [("from", self.day_from.isoformat())] if self.day_from else []
        pairs += [("to", self.day_to.isoformat())] if self.day_to else []
        return urlencode(pairs)

    def without(self, part: str, value: str = "") -> str:
        """The address of the same filter without one of its parts."""
        changed = {
            "action": replace(self, actions=tuple(action for action in self.actions if action != value)),
            "actor": replace(self, actor=None),
            "from": replace(self, day_from=None),
            "to": replace(self, day_to=None),
        }
        return changed[part].query

    def moments(self, zone: str) -> tuple[datetime | None, datetime | None]:
        """The first moment of the first day, and the first moment after the last."""
        after = self.day_to + timedelta(days=1) if self.day_to else None
        return (_begin(self.day_from, zone) if self.day_from else None, _begin(after, zone) if after else None)


def file_sort(text: str | None) -> str:
    """How a list of files is sorted, with a minus for the largest first; the newest first where nothing is said."""
    if text is not None and text not in FILE_SORTS:
        raise FilterUnusable
    return text or "-added"


def activity_filter(asked: Mapping[str, list[str]], *, known: Collection[str]) -> ActivityFilter:
    """Read a filter from an address; anything that is not ours is refused, never ignored."""
    actions = tuple(dict.fromkeys(asked.get("action", [])))
    if len(actions) > MOST_ACTIONS or any(action not in known for action in actions):
        raise FilterUnusable
    actor = parse_uuid(asked["actor"][0]) if asked.get("actor") else None
    if asked.get("actor") and actor is None:
        raise FilterUnusable
    return ActivityFilter(actions, actor, _day(asked.get("from")), _day(asked.get("to")))


def _day(values: list[str] | None) -> date | None:
    if not values:
        return None
    try:
        day = date.fromisoformat(values[0])
    except ValueError:
        raise FilterUnusable from None
    if day.year not in YEARS:
        raise FilterUnusable
    return day


def _begin(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)
