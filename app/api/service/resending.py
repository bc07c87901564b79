"""Events that are sent once more, one or all of a time, because somebody asked for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.api.errors import EndpointOff, EventUnknown, RangeUnusable
from app.api.models import WebhookEndpoint
from app.api.policies import heard
from app.api.queries.events import KEPT, as_event
from app.api.service import feeding
from app.identity.policies import Visitor
from app.kernel import activity, clock
from app.kernel.activity import Activity


def one(session: Session, visitor: Visitor, endpoint: WebhookEndpoint, event_id: UUID) -> UUID:
    """Send an endpoint an event once more; gives the delivery's id."""
    if endpoint.disabled_at is not None:
        raise EndpointOff
    row = session.get(Activity, event_id)
    event = as_event(row) if row is not None else None
    is_known = row is not None and event is not None and row.at >= clock.now() - KEPT
    if not is_known or row is None or event is None or event["type"] not in heard(visitor):
        raise EventUnknown
    _tell(session, visitor, endpoint, {"event": str(event_id)})
    return feeding.add(session, endpoint.id, row.id, event["type"], order_key=feeding.order_key(row))


def between(session: Session, visitor: Visitor, endpoint: WebhookEndpoint, *, since: datetime, until: datetime) -> int:
    """Send an endpoint all it listens to of a time once more; gives how many events that is."""
    if endpoint.disabled_at is not None:
        raise EndpointOff
    if since >= until or since < clock.now() - KEPT:
        raise RangeUnusable(fields={"since": RangeUnusable.message})
    count = feeding.again(session, endpoint, since=since, until=until)
    _tell(session, visitor, endpoint, {"since": since.isoformat(), "until": until.isoformat(), "count": count})
    return count


def _tell(session: Session, visitor: Visitor, endpoint: WebhookEndpoint, after: dict[str, Any]) -> None:
    told: dict[str, Any] = {"subject_type": "webhook_endpoint", "subject_id": endpoint.id, "after": after}
    activity.record(session, visitor.actor, "webhook.redelivered", **told)
