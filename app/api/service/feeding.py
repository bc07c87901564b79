"""From activity to deliveries: what happened is looked through once, in the order in which it can be seen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.api.models import WebhookDelivery, WebhookEndpoint, WebhookFeed
from app.api.rules.event_types import BY_ACTION, TESTED
from app.api.rules.events import matching
from app.api.service import hearing, warning
from app.kernel import clock, ids, jobs
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.live.place import BATCH, Place, look
from app.kernel.tenant import Tenant, TenantState

BATCHES: Final = 25
SLACK: Final = timedelta(minutes=10)
"""After a label was moved or restored, what happened so shortly before is looked through once more, and not doubled."""
Listening = list[tuple[WebhookEndpoint, frozenset[str]]]
AWAKE: Final = (TenantState.ACTIVE, TenantState.SUSPENDED)


def begin(session: Session, tenant: Tenant) -> None:
    """Have activity looked through from now on, if it was not because nobody listened."""
    feed = session.get(WebhookFeed, 1, with_for_update=True)
    if feed is not None and _has_ears(session):
        return
    place = Place.now(session)
    if feed is None:
        feed = WebhookFeed(id=1)
        session.add(feed)
    _keep(feed, tenant, place)
    session.flush()


def wake(tenant: Tenant) -> bool:
    """Have a label's activity looked through if anybody listens; tells whether it was asked for."""
    if tenant.state not in AWAKE:
        return False
    with tenant_read(tenant) as session:
        if not _has_ears(session):
            return False
    with tenant_work(tenant, even=(TenantState.SUSPENDED,)) as session:
        jobs.ask(session, "webhooks.feed", {})
    return True


def feed(session: Session, tenant: Tenant) -> None:
    """Turn what happened since the last time into deliveries."""
    held = session.get(WebhookFeed, 1, with_for_update=True)
    endpoints = _listening(session, tenant)
    if held is None or not endpoints:
        return
    place, told = Place(held.seen, held.until, held.xid, held.seq), set[UUID]()
    if held.whose != _whose(tenant):
        place = Place.now(session)
        recent = select(Activity).where(Activity.at >= held.looked_at - SLACK).order_by(Activity.xid, Activity.seq)
        told |= _spread(session, endpoints, session.scalars(recent).all())
    for _ in range(BATCHES):
        place, rows = look(session, place)
        if not rows:
            break
        told |= _spread(session, endpoints, rows)
        place = place.after(rows[-1])
        if len(rows) < BATCH:
            break
    else:
        jobs.ask(session, "webhooks.feed", {})
    _keep(held, tenant, place)
    for endpoint_id in sorted(told):
        jobs.ask(session, "webhooks.post", {"endpoint": str(endpoint_id)})


def add(session: Session, endpoint_id: UUID, activity_id: UUID, event_type: str, *, order_key: str) -> UUID:
    """Have one event sent to one endpoint, whether it was before or not."""
    now, delivery_id = clock.now(), ids.new_id()
    session.add(
        WebhookDelivery(
            id=delivery_id,
            endpoint_id=endpoint_id,
            activity_id=activity_id,
            event_type=event_type,
            order_key=order_key,
            is_again=True,
            made_at=now,
            due_at=now,
        )
    )
    session.flush()
    jobs.ask(session, "webhooks.post", {"endpoint": str(endpoint_id)})
    return delivery_id


def order_key(row: Activity) -> str:
    """What an event is about: of one thing, the later is told after the earlier."""
    return f"{row.subject_type}:{row.subject_id}" if row.subject_id else f"{row.subject_type or row.action}"


def again(session: Session, endpoint: WebhookEndpoint, *, since: datetime, until: datetime) -> int:
    """Send an endpoint once more all it listens to of a time; gives how many events that is."""
    inside = (Activity.at >= since) & (Activity.at < until) & Activity.action.in_(_actions(endpoint.filters))
    query = select(Activity).where(inside).order_by(Activity.xid, Activity.seq)
    now, count = clock.now(), 0
    for rows in session.execute(query.execution_options(yield_per=1_000)).scalars().partitions():
        made = [_row(endpoint.id, row, now) | {"is_again": True} for row in rows]
        session.execute(insert(WebhookDelivery), made)
        count += len(made)
    if count:
        jobs.ask(session, "webhooks.post", {"endpoint": str(endpoint.id)})
    return count


def _spread(session: Session, endpoints: Listening, rows: Iterable[Activity]) -> set[UUID]:
    """Write down for each row who is to hear of it; tells who is."""
    made: list[dict[str, Any]] = []
    now = clock.now()
    wanted = {endpoint.id: _actions(names) for endpoint, names in endpoints}
    for row in rows:
        if row.action not in BY_ACTION or row.action == TESTED:
            continue
        made += [
            _row(endpoint.id, row, now)
            for endpoint, _ in endpoints
            if row.action in wanted[endpoint.id] and row.at >= endpoint.since
        ]
    if not made:
        return set()
    known = insert(WebhookDelivery).on_conflict_do_nothing(
        index_elements=["endpoint_id", "activity_id"], index_where=text("NOT is_again")
    )
    session.execute(known, made)
    return {row["endpoint_id"] for row in made}


def _row(endpoint_id: UUID, row: Activity, now: datetime) -> dict[str, Any]:
    return {
        "id": ids.new_id(),
        "endpoint_id": endpoint_id,
        "activity_id": row.id,
        "event_type": BY_ACTION[row.action].name,
        "order_key": order_key(row),
        "made_at": now,
        "due_at": now,
    }


def _actions(filters: Iterable[str]) -> frozenset[str]:
    """The actions that filters mean."""
    by_name = {kind.name: action for action, kind in BY_ACTION.items()}
    return frozenset(by_name[name] for name in matching(filters, by_name)) - {TESTED}


def _has_ears(session: Session) -> bool:
    return bool(session.scalar(select(exists().where(WebhookEndpoint.disabled_at.is_(None)))))


def _listening(session: Session, tenant: Tenant) -> Listening:
    """Endpoints with the kinds of events that they are told; one whose maker may hear none of them is switched off."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.disabled_at.is_(None)).order_by(WebhookEndpoint.id)
    found = [(endpoint, hearing.told_to(session, tenant, endpoint)) for endpoint in session.scalars(query).all()]
    for endpoint, names in found:
        if not names:
            hearing.switch_off(session, Actor.system(tenant), endpoint, "maker")
            warning.tell_off(session, tenant, endpoint, "maker")
    return [(endpoint, names) for endpoint, names in found if names]


def _whose(tenant: Tenant) -> str:
    return f"{tenant.cell}:{tenant.fence_epoch}"


def _keep(held: WebhookFeed, tenant: Tenant, place: Place) -> None:
    held.whose, held.looked_at = _whose(tenant), clock.now()
    held.seen, held.until, held.xid, held.seq = place
