"""What programs are told of what happened: thin events made of activity, each of a kind with a published schema.

An event names what it is about and what was written down that outsiders may read. What is not listed for its kind is
left out, and a value that is not of the listed kind too, so that every event fits its schema whatever was recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from app.identity.rules.permissions import Permission

MOST_BYTES: Final = 20_000
"""So large is what is sent, at most (Standard Webhooks §Payload size)."""
LONGEST_TEXT: Final = 500
MOST_CHANGES: Final = 100

Kind = Literal["text", "id", "count", "micros", "ppm", "flag", "day"]
_FORMS: Final[Mapping[str, dict[str, Any]]] = {
    "text": {"type": "string", "maxLength": LONGEST_TEXT},
    "id": {"type": "string", "format": "uuid"},
    "count": {"type": "integer"},
    "micros": {"type": "integer", "description": "Millionths of the currency's unit."},
    "ppm": {"type": "integer", "description": "Parts per million."},
    "flag": {"type": "boolean"},
    "day": {"type": "string", "description": "A day or a moment (ISO 8601)."},
}
_NAME = re.compile(r"[a-z_][a-z0-9_.]{0,79}")


@dataclass(frozen=True, slots=True)
class EventType:
    """One kind of event.

    `action` is the activity it is made of (its own name, mostly), `about` what the subject is, `permission` what
    somebody needs to hear of it. `facts` are what is told of the state after it; with `tells_changes` the names of the
    fields that changed are told too, without their values.
    """

    name: str
    sentence: str
    about: str
    permission: Permission
    facts: Mapping[str, Kind] = field(default_factory=dict)
    tells_changes: bool = False
    action: str = ""

    @property
    def of(self) -> str:
        """The action whose activity becomes this event."""
        return self.action or self.name


@dataclass(frozen=True, slots=True)
class Happened:
    """What an event is made of: a row of activity, without what is nobody else's business."""

    id: UUID
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    subject_id: UUID | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    client_id: UUID | None = None
    """The program that did it, by the id it comes with; None where it was none."""

    on_behalf_of: UUID | None = None
    """The member in whose name it was done."""


def event_of(kind: EventType, row: Happened) -> dict[str, Any]:
    """An event as programs read it; the same row gives the same event, at any time."""
    data: dict[str, Any] = {
        "object": kind.about,
        "id": _id(row.subject_id),
        "actor": {
            "kind": row.actor_kind,
            "id": _id(row.actor_id),
            "client_id": _id(row.client_id),
            "on_behalf_of": _id(row.on_behalf_of),
        },
    }
    after = row.after or {}
    for name, form in kind.facts.items():
        if name in after and (value := _plain(after[name], form)) is not None:
            data[name] = value
    if kind.tells_changes:
        names = {name for name in {*(row.before or {}), *after} if _NAME.fullmatch(name)}
        data["changed"] = sorted(names)[:MOST_CHANGES]
    return {"id": str(row.id), "type": kind.name, "timestamp": _moment(row.at), "data": data}


def _id(value: UUID | None) -> str | None:
    return str(value) if value else None


def encoded(event: Mapping[str, Any]) -> bytes:
    """An event as it is sent; so few facts never come to more than may be sent."""
    body = msgspec.json.encode(event)
    assert len(body) <= MOST_BYTES  # noqa: S101 every text is bounded, and their number too
    return body


def schema_of(kind: EventType) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a kind's events."""
    facts: dict[str, Any] = {name: dict(_FORMS[form]) for name, form in kind.facts.items()}
    if kind.tells_changes:
        names = {"type": "string", "pattern": f"^{_NAME.pattern}$"}
        facts["changed"] = {"type": "array", "items": names, "maxItems": MOST_CHANGES, "uniqueItems": True}
    nullable = {"type": ["string", "null"], "format": "uuid"}
    data = {
        "type": "object",
        "properties": {
            "object": {"const": kind.about},
            "id": nullable,
            "actor": {
                "type": "object",
                "properties": {
                    "kind": {"enum": ["member", "fan", "client", "operator", "system"]},
                    "id": nullable | {"description": "By whose rights: a member, or a program by itself."},
                    "client_id": nullable | {"description": "The program that did it, as it signs in."},
                    "on_behalf_of": nullable | {"description": "The member in whose name a program did it."},
                },
                "required": ["kind", "id", "client_id", "on_behalf_of"],
            },
            **facts,
        },
        "required": ["object", "id", "actor", *(["changed"] if kind.tells_changes else [])],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.name,
        "description": kind.sentence,
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "type": {"const": kind.name},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": data,
        },
        "required": ["id", "type", "timestamp", "data"],
    }


def matching(filters: Iterable[str], names: Iterable[str]) -> frozenset[str]:
    """The names that filters mean: a name itself, all of a resource (`release.*`), or everything (`*`)."""
    wanted = set(filters)
    return frozenset(
        name for name in names if name in wanted or "*" in wanted or f"{name.partition('.')[0]}.*" in wanted
    )


def _plain(value: Any, form: Kind) -> Any:
    """A value, if it is of the kind that is told."""
    if form == "flag":
        return value if isinstance(value, bool) else None
    if form in ("count", "micros", "ppm"):
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    if not isinstance(value, str):
        return None
    if form == "id":
        try:
            return str(UUID(value))
        except ValueError:
            return None
    return value[:LONGEST_TEXT].replace("\x00", "")


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
