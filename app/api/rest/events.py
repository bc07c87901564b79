"""Events: what happened at the label, in order, and from any moment of the last thirty days on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.errors import EventsBeyond, EventUnknown
from app.api.policies import heard, require_hears
from app.api.queries import events
from app.api.rest.conventions import Answer, Call, Section, View
from app.api.rest.conventions.schemas import Id, Moment
from app.api.rules.event_types import RESOURCES, TYPES
from app.api.rules.events import EventType, matching, schema_of
from app.kernel import clock, crypto
from app.kernel.activity import Activity
from app.kernel.live.place import Place
from app.kernel.web.paging import CursorUnusable, page_size
from app.kernel.web.strict import QueryUnusable

SECTION = Section(
    "Events",
    "What happened at the label. An event of a resource is told to programs that may read the resource. Poll with "
    "`next`, or have events sent to you by a webhook; both tell the same events under the same ids.",
)
Name = Annotated[str, Meta(examples=["release.created"])]
LATE: Final = timedelta(days=1)
"""So much longer than events are kept a cursor is understood, to be told that it is too old."""


class EventView(View):
    """Something that happened. `data` names what it was about; its fields are those of its kind's schema."""

    id: Id
    type: Name
    timestamp: Moment
    data: dict[str, Any]


class EventPage(View):
    """Events, oldest first. Ask with `after={next}` for what follows, now or later: `next` is always there."""

    items: list[EventView]
    next: str
    has_more: bool


class EventTypeView(View):
    """A kind of event, and the JSON Schema that all events of it fit."""

    name: Name
    about: Annotated[str, Meta(examples=["A release was created."])]
    object: Annotated[str, Meta(examples=["release"])]
    schema: dict[str, Any]


class EventTypes(View):
    """Every kind of event."""

    items: list[EventTypeView]


_QUERY: Final[dict[str, dict[str, Any]]] = {
    "after": {"type": "string", "maxLength": 4_096, "description": "The `next` of an earlier answer."},
    "since": {
        "type": "string",
        "format": "date-time",
        "description": "Where to begin if `after` is not given; thirty days ago at the earliest.",
        "examples": ["2026-11-01T00:00:00Z"],
    },
    "types": {
        "type": "string",
        "maxLength": 2_000,
        "description": "Kinds of events between commas: `order.paid`, `release.*`.",
        "examples": ["order.paid,release.*"],
    },
    "limit": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
}


@SECTION.get("/events", scope="events:read", gives=EventPage, query=_QUERY)
def list_events(call: Call, session: Session) -> Answer:
    """List events. Nothing is left out and nothing told twice, however late it was committed."""
    require_hears(call.visitor, [])
    asked = _only(call)
    names = _names(call, asked.get("types"))
    limit = page_size(asked.get("limit"))
    earliest = clock.now() - events.KEPT
    if "after" in asked:
        place, begins = _read(call, asked["after"])
    else:
        begins = max(earliest, _moment(asked["since"]) if "since" in asked else earliest)
        place = events.place_before(session, begins)
    found = events.page(session, place, names, limit, since=begins)
    following = _cursor(call, found.place, begins)
    return Answer({"items": found.events, "next": following, "has_more": found.has_more})


@SECTION.get("/events/types", scope=None, gives=EventTypes)
def list_event_types(call: Call, session: Session) -> Answer:  # noqa: ARG001 what there is depends on nobody
    """List kinds of events. Each with its JSON Schema."""
    _only(call, none=True)
    return Answer({"items": [_shown(kind) for kind in TYPES.values()]})


@SECTION.get("/events/types/{name}", scope=None, gives=dict[str, Any], media_type="application/schema+json")
def read_event_schema(call: Call, session: Session) -> Answer:  # noqa: ARG001
    """Read the schema of a kind of event."""
    _only(call, none=True)
    kind = TYPES.get(call.word("name"))
    if kind is None:
        raise EventUnknown
    return Answer(schema_of(kind), media_type="application/schema+json")


@SECTION.get("/events/{event_id}", scope="events:read", gives=EventView)
def read_event(call: Call, session: Session) -> Answer:
    """Read an event."""
    require_hears(call.visitor, [])
    _only(call, none=True)
    known = call.id("event_id")
    row = session.scalar(select(Activity).where(Activity.id == known)) if known else None
    event = events.as_event(row) if row is not None else None
    if event is None or event["type"] not in heard(call.visitor):
        raise EventUnknown
    return Answer(event)


def _shown(kind: EventType) -> dict[str, Any]:
    return {"name": kind.name, "about": kind.sentence, "object": kind.about, "schema": schema_of(kind)}


def _only(call: Call, *, none: bool = False) -> dict[str, str]:
    """What was asked for, each thing once; a name that is not offered is declined."""
    for name, values in call.query.items():
        if none or name not in _QUERY or len(values) != 1:
            raise QueryUnusable(name=name[:40])
    return {name: values[0] for name, values in call.query.items()}


def _names(call: Call, types: str | None) -> frozenset[str]:
    mine = heard(call.visitor)
    if types is None:
        return mine
    wanted = [each for each in types.split(",") if each]
    nowhere = [each for each in wanted if each not in {"*", *(f"{name}.*" for name in RESOURCES), *TYPES}]
    if nowhere:
        raise QueryUnusable(name=f"types={nowhere[0][:40]}")
    if any(each in TYPES and each not in mine for each in wanted):
        raise EventsBeyond
    return matching(wanted, TYPES) & mine


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise QueryUnusable(name="since") from None
    if found.tzinfo is None:
        raise QueryUnusable(name="since")
    return found


def _purpose(call: Call) -> str:
    return f"events:{call.tenant.cell}"  # a place is one database's own


def _cursor(call: Call, place: Place, begins: datetime) -> str:
    payload = [*place, int(begins.timestamp())]
    return crypto.sign(_purpose(call), call.tenant, payload, expires_in=events.KEPT + LATE)


def _read(call: Call, text: str) -> tuple[Place, datetime]:
    try:
        *place, begins = crypto.verify(_purpose(call), call.tenant, text)
    except crypto.SignatureRefused:
        raise CursorUnusable from None
    return Place(*place), datetime.fromtimestamp(begins, clock.now().tzinfo)
