"""Webhooks: addresses that are sent events, what was sent there, and what came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.api.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from app.api.policies import delivery_to_read, endpoint_to_change, endpoint_to_read, may_see_endpoint
from app.api.queries.events import events_of
from app.api.rest.conventions import UNSET, Answer, Body, Call, Part, Patch, Resource, Section, UnsetType, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Count, Id, Moment
from app.api.rules.event_types import TYPES
from app.api.service import endpoints, hearing, resending
from app.identity.policies import Visitor, require

SECTION = Section(
    "Webhooks",
    "Addresses that are sent events, signed by the Standard Webhooks specification: `webhook-id`, `webhook-timestamp`, "
    "`webhook-signature`. Answer with 2xx within 15 seconds. What fails is tried ten times within three days under the "
    "same id; events about one thing are sent one after the other. An answer of 410 switches the address off.",
)
Url = Annotated[str, Meta(min_length=1, max_length=1_000, examples=["https://example.com/events"])]
Description = Annotated[str, Meta(max_length=200, examples=["Warehouse"])]
EventName = Annotated[str, Meta(max_length=80, examples=["order.paid", "release.*"])]
Events = Annotated[list[EventName], Meta(min_length=1, max_length=200)]
Secret = Annotated[str, Meta(description="Shown this once.", examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])]
State = Literal["waiting", "delivered", "given_up"]


class WebhookView(View):
    """An address that is sent events, and no more than whoever last said where it leads may hear themselves.

    `why_off` says why it is sent nothing: a person, `gone` (410), `failing`, or `maker`, who may hear none of it any
    more. Whoever switches it on again answers for it.
    """

    id: Id
    url: Url
    description: str
    events: list[EventName]
    is_on: bool
    why_off: Literal["", "person", "gone", "failing", "maker"]
    off_since: Moment | None
    failing_since: Moment | None
    old_secret_until: Moment | None
    created_at: Moment


class WebhookMade(WebhookView):
    """A new address with its secret, which is shown this once."""

    secret: Secret


class WebhookSecret(View):
    """A new secret; for a day the one before signs as well."""

    secret: Secret
    old_secret_until: Moment


class NewWebhook(Body, frozen=True):
    """An address, and the kinds of events it is sent: by name, of a resource (`release.*`), or all (`*`)."""

    url: Url
    events: Events
    description: Description = ""


class WebhookChange(Patch, frozen=True):
    """What is to be otherwise about an address; `is_on` switches it off and on."""

    url: Url | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    is_on: bool | UnsetType = UNSET


class AttemptView(View):
    """One try: the headers that were sent, and what was answered, without secrets and as far as it is kept."""

    number: Count
    at: Moment
    milliseconds: Count
    status: int | None
    problem: Literal["", "no_answer", "refused", "forgotten", "beyond"]
    request_headers: dict[str, str]
    response_headers: dict[str, str]
    response_body: str


class DeliveryView(View):
    """An event on its way to an address; `event` is what is sent, `tries` what came of it."""

    id: Id
    webhook_id: Id
    event_id: Id
    event_type: EventName
    state: State
    attempts: Count
    is_again: bool
    created_at: Moment
    due_at: Moment
    ended_at: Moment | None
    event: dict[str, Any] | None
    tries: list[AttemptView]


class Redelivery(Body, frozen=True):
    """An event that is to be sent once more."""

    event_id: Id


class Replay(Body, frozen=True):
    """From when to when events are to be sent once more."""

    since: Moment
    until: Moment


class Replayed(View):
    """How many events are sent again."""

    count: Count


class Tested(View):
    """The event that an address is tried with."""

    event_id: Id


def _events(session: Session, _visitor: Visitor, delivery_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    query = select(WebhookDelivery.id, WebhookDelivery.activity_id).where(WebhookDelivery.id.in_(delivery_ids))
    sent = {row.id: row.activity_id for row in session.execute(query)}
    found = events_of(session, sent.values())
    return {delivery_id: found.get(event_id) for delivery_id, event_id in sent.items()}


def _tries(session: Session, _visitor: Visitor, delivery_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    query = select(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(delivery_ids)).order_by(WebhookAttempt.number)
    found: dict[UUID, list[Any]] = {}
    for row in session.scalars(query):
        shown = {name: getattr(row, name) for name in AttemptView.__struct_fields__}
        found.setdefault(row.delivery_id, []).append(shown)
    return found


def _may_see(visitor: Visitor) -> ColumnElement[bool]:
    return WebhookDelivery.endpoint_id.in_(select(WebhookEndpoint.id).where(may_see_endpoint(visitor)))


WEBHOOKS = Resource(
    name="webhooks",
    view=WebhookView,
    model=WebhookEndpoint,
    visible=may_see_endpoint,
    columns={
        "events": WebhookEndpoint.filters,
        "is_on": WebhookEndpoint.disabled_at.is_(None),
        "why_off": WebhookEndpoint.disabled_why,
        "off_since": WebhookEndpoint.disabled_at,
        "old_secret_until": WebhookEndpoint.old_until,
    },
    filters={"is_on": by.flag(WebhookEndpoint.disabled_at.is_(None), "Addresses that are sent events now, or not.")},
)
DELIVERIES = Resource(
    name="deliveries",
    view=DeliveryView,
    model=WebhookDelivery,
    visible=lambda visitor: WebhookDelivery.endpoint_id.in_(
        select(WebhookEndpoint.id).where(may_see_endpoint(visitor))
    ),
    columns={
        "webhook_id": WebhookDelivery.endpoint_id,
        "event_id": WebhookDelivery.activity_id,
        "created_at": WebhookDelivery.made_at,
    },
    parts={"event": Part(_events), "tries": Part(_tries, [])},
    filters={
        "state": by.choice(WebhookDelivery.state, ("waiting", "delivered", "given_up"), "Deliveries in one state."),
        "event_type": by.choice(WebhookDelivery.event_type, TYPES, "Deliveries of one kind of event."),
        "event_id": by.ident(WebhookDelivery.activity_id, "Deliveries of one event."),
        "since": by.since(WebhookDelivery.made_at, "Deliveries from this moment on."),
        "until": by.until(WebhookDelivery.made_at, "Deliveries before this moment."),
    },
    usual_sort="-id",
    hidden=frozenset({"event", "tries"}),
    version=None,
)


@SECTION.listing("/webhooks", WEBHOOKS, scope="webhooks:read")
def list_webhooks(call: Call, session: Session) -> Answer:
    """List webhooks."""
    require(call.visitor, "api.clients")
    return WEBHOOKS.page(call, session)


@SECTION.post("/webhooks", scope="webhooks:write", takes=NewWebhook, gives=WebhookMade)
def add_webhook(call: Call, session: Session, body: NewWebhook) -> Answer:
    """Add a webhook. Its secret is in this answer and nowhere else; it is sent what happens from now on."""
    wish = endpoints.Wish(url=body.url, description=body.description, filters=body.events)
    made = endpoints.make(session, call.tenant, call.visitor, wish)
    shown = WEBHOOKS.one(call, session, made.endpoint.id, status=201, at=f"/api/v1/webhooks/{made.endpoint.id}")
    shown.body["secret"] = made.secret
    return shown


@SECTION.get("/webhooks/{webhook_id}", scope="webhooks:read", resource=WEBHOOKS)
def read_webhook(call: Call, session: Session) -> Answer:
    """Read a webhook."""
    return WEBHOOKS.one(call, session, endpoint_to_read(session, call.visitor, call.id("webhook_id")).id)


@SECTION.patch("/webhooks/{webhook_id}", scope="webhooks:write", takes=WebhookChange, resource=WEBHOOKS)
def change_webhook(call: Call, session: Session, body: WebhookChange) -> Answer:
    """Change a webhook. What is on its way goes to the new address."""
    endpoint = endpoint_to_change(session, call.visitor, call.id("webhook_id"))
    WEBHOOKS.require_unchanged(call, endpoint)
    wish = endpoints.Wish(
        url=None if body.url is UNSET else body.url,
        description=None if body.description is UNSET else body.description,
        filters=None if body.events is UNSET else body.events,
    )
    endpoints.change(session, call.visitor, endpoint, wish)
    if body.is_on is True:
        endpoints.switch_on(session, call.tenant, call.visitor, endpoint)
    elif body.is_on is False:
        hearing.switch_off(session, call.actor, endpoint, "person")
    return WEBHOOKS.one(call, session, endpoint.id)


@SECTION.delete("/webhooks/{webhook_id}", scope="webhooks:write", matches=True)
def remove_webhook(call: Call, session: Session) -> Answer:
    """Remove a webhook. All that is known of what was sent there goes with it."""
    endpoint = endpoint_to_change(session, call.visitor, call.id("webhook_id"))
    WEBHOOKS.require_unchanged(call, endpoint)
    endpoints.remove(session, call.visitor, endpoint)
    return Answer()


@SECTION.post("/webhooks/{webhook_id}/secrets", scope="webhooks:write", gives=WebhookSecret)
def rotate_webhook_secret(call: Call, session: Session) -> Answer:
    """Rotate the secret of a webhook. For a day everything is signed with both."""
    endpoint = endpoint_to_change(session, call.visitor, call.id("webhook_id"))
    secret = endpoints.rotate(session, call.tenant, call.visitor, endpoint)
    until: datetime | None = endpoint.old_until
    return Answer({"secret": secret, "old_secret_until": until}, status=201)


@SECTION.post("/webhooks/{webhook_id}/tests", scope="webhooks:write", gives=Tested)
def try_webhook(call: Call, session: Session) -> Answer:
    """Try a webhook. It is sent an event `webhook.tested` that nobody else hears of."""
    endpoint = endpoint_to_change(session, call.visitor, call.id("webhook_id"))
    return Answer({"event_id": endpoints.try_out(session, call.visitor, endpoint)}, status=201)


@SECTION.listing("/webhooks/{webhook_id}/deliveries", DELIVERIES, scope="webhooks:read")
def list_deliveries(call: Call, session: Session) -> Answer:
    """List deliveries. Newest first; they are known for thirty days."""
    endpoint = endpoint_to_read(session, call.visitor, call.id("webhook_id"))
    return DELIVERIES.page(call, session, WebhookDelivery.endpoint_id == endpoint.id, seen=True)


@SECTION.post("/webhooks/{webhook_id}/deliveries", scope="webhooks:write", takes=Redelivery, resource=DELIVERIES)
def redeliver_event(call: Call, session: Session, body: Redelivery) -> Answer:
    """Send an event once more. Under its own id, whether it arrived or not."""
    endpoint = endpoint_to_change(session, call.visitor, call.id("webhook_id"))
    made = resending.one(session, call.visitor, endpoint, body.event_id)
    return DELIVERIES.one(call, session, made, status=201, at=f"/api/v1/webhook-deliveries/{made}")


@SECTION.post("/webhooks/{webhook_id}/replays", scope="webhooks:write", takes=Replay, gives=Replayed)
def replay_events(call: Call, session: Session, body: Replay) -> Answer:
    """Send the events of a time once more. All that the webhook listens to, also of a time in which it was off."""
    endpoint = endpoint_to_change(session, call.visitor, call.id("webhook_id"))
    count = resending.between(session, call.visitor, endpoint, since=body.since, until=body.until)
    return Answer({"count": count}, status=201)


@SECTION.get("/webhook-deliveries/{delivery_id}", scope="webhooks:read", resource=DELIVERIES)
def read_delivery(call: Call, session: Session) -> Answer:
    """Read a delivery. With what is sent, and each try."""
    return DELIVERIES.one(call, session, delivery_to_read(session, call.visitor, call.id("delivery_id")).id)
