"""Sending events to endpoints: a few at a time to each, so that who is slow keeps nobody else waiting.

A lane takes a delivery under a lease, sends it with no transaction open, and writes down what came of it. A process
that dies leaves the lease, and the same event is sent again under the same id when it has run out. Lanes run beside
the tasks of a worker: the task that starts them asks to be called again as long as there is something to send.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, func, select, text, update
from sqlalchemy.orm import Session, aliased

from app.api.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from app.api.queries.events import events_of
from app.api.rules import webhooks
from app.api.rules.events import encoded
from app.api.service import warning
from app.api.service.endpoints import secrets_of
from app.api.service.hearing import heard_for, switch_off
from app.kernel import clock, egress, failpoint, ids, jobs, observe
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.db.work import moment
from app.kernel.tenant import Tenant, TenantState

LANES: Final = 4
"""So many events are on their way to one endpoint at once, at most."""
LABEL_LANES: Final = 16
THREADS: Final = 64
LEASE: Final = timedelta(seconds=egress.SECONDS + 10)
LANE_SECONDS: Final = 20.0
LOOK_EVERY: Final = timedelta(seconds=15)
GONE: Final = 410
BUSY: Final = 429
BROKEN: Final = 500
EVEN: Final = frozenset({TenantState.SUSPENDED})

log = observe.log("webhooks")

_TAKE = text("""
UPDATE webhook_deliveries SET lease = :lease, lease_until = :until, attempts = attempts + 1
WHERE id = (
  SELECT d.id FROM webhook_deliveries d
  WHERE d.endpoint_id = :endpoint AND d.state = 'waiting' AND d.due_at <= :now
    AND (d.lease_until IS NULL OR d.lease_until < :now)
    AND NOT EXISTS (
      SELECT 1 FROM webhook_deliveries earlier
      WHERE earlier.endpoint_id = d.endpoint_id AND earlier.order_key = d.order_key AND earlier.state = 'waiting'
        AND earlier.place < d.place)
  ORDER BY d.due_at, d.place LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING id, activity_id, attempts
""")


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that is ours to try, and all that the try needs; `event` is missing where the label was restored."""

    id: UUID
    lease: UUID
    endpoint_id: UUID
    attempts: int
    url: str
    event: dict[str, Any] | None
    secrets: list[str] = field(repr=False)
    is_heard: bool = True
    """Whether who answers for the endpoint may hear of it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a try came to."""

    at: datetime
    milliseconds: int
    request: dict[str, str]
    answer: egress.Answer | None = None
    problem: str = ""

    @property
    def status(self) -> int | None:
        """What was answered."""
        return self.answer.status if self.answer else None


def start(tenant: Tenant, endpoint_id: UUID) -> int:
    """Open lanes to an endpoint where something is due, beside whatever else this process does; gives how many."""
    with tenant_work(tenant, even=EVEN) as session:
        now = moment(session)
        due = _due(session, endpoint_id, now)
        if due:
            _ask_again(session, endpoint_id, now)
    opened = 0
    while opened < min(due, LANES) and _begin(tenant):
        _pool().submit(_watched, tenant, endpoint_id)
        opened += 1
    return opened


_running: Counter[str] = Counter()
_lock = threading.Lock()


def _begin(tenant: Tenant) -> bool:
    """Take one of the places that a label has in this process; what finds none is looked at again soon."""
    with _lock:
        _running[tenant.id] += 1
        is_free = _running[tenant.id] <= LABEL_LANES
        _running[tenant.id] -= not is_free
        return is_free


def _ask_again(session: Session, endpoint_id: UUID, now: datetime) -> None:
    """Ask to be called when leases of now have run out; once, however many ask."""
    every = LOOK_EVERY.total_seconds()
    turn = int((now + LEASE).timestamp() // every) + 1
    at = datetime.fromtimestamp(turn * every, UTC)
    jobs.ask(session, "webhooks.post", {"endpoint": str(endpoint_id)}, run_at=at, key=f"again:{endpoint_id}:{turn}")


def lane(tenant: Tenant, endpoint_id: UUID) -> int:
    """Send one after the other whatever is due at an endpoint, for a while; gives how many were tried."""
    ends, tried = clock.monotonic() + LANE_SECONDS, 0
    while clock.monotonic() < ends:
        with tenant_work(tenant, even=EVEN) as session:
            taken = take(session, tenant, endpoint_id)
        if taken is None:
            return tried
        tried += 1
        outcome = send(taken)
        failpoint.reach("webhook.sent")
        with tenant_work(tenant, even=EVEN) as session:
            settle(session, tenant, taken, outcome)
    with tenant_work(tenant, even=EVEN) as session:
        jobs.ask(session, "webhooks.post", {"endpoint": str(endpoint_id)})
    return tried


def take(session: Session, tenant: Tenant, endpoint_id: UUID) -> Taken | None:
    """Take what is due next at an endpoint, unless it is off, rests, or has enough on its way."""
    now = moment(session)
    endpoint = session.get(WebhookEndpoint, endpoint_id)
    if endpoint is None or endpoint.disabled_at is not None or (endpoint.rest_until and endpoint.rest_until > now):
        return None
    # Who failed last is asked one thing at a time, until there is an answer.
    if _on_the_way(session, endpoint_id, now) >= (1 if endpoint.failures else LANES):
        return None
    lease = ids.new_id()
    values = {"lease": lease, "until": now + LEASE, "endpoint": endpoint_id, "now": now}
    row = session.execute(_TAKE, values).one_or_none()
    if row is None:
        return None
    event = events_of(session, [row.activity_id]).get(row.activity_id)
    is_heard = event is None or event["type"] in heard_for(session, tenant, endpoint)
    secrets = secrets_of(tenant, endpoint, now)
    return Taken(row.id, lease, endpoint_id, row.attempts, endpoint.url, event if is_heard else None, secrets, is_heard)


def send(taken: Taken) -> Outcome:
    """Try once; no transaction is open meanwhile."""
    at, began = clock.now(), clock.monotonic()
    if taken.event is None:
        return Outcome(at, 0, {}, problem="forgotten" if taken.is_heard else "beyond")
    body = encoded(taken.event)
    headers = webhooks.signed_headers(taken.event["id"], int(at.timestamp()), body, taken.secrets)
    answer, problem = None, ""
    try:
        answer = egress.post(taken.url, body, headers=headers)
    except egress.AddressRefused:
        problem = "refused"
    except egress.NoAnswer:
        problem = "no_answer"
    took = int((clock.monotonic() - began) * 1_000)
    return Outcome(at, took, webhooks.kept_headers(headers, taken.secrets), answer, problem)


def settle(session: Session, tenant: Tenant, taken: Taken, outcome: Outcome) -> None:
    """Write down what a try came to, and what follows; a lease that somebody else took over decides nothing."""
    ours = select(WebhookDelivery).where(WebhookDelivery.id == taken.id, WebhookDelivery.lease == taken.lease)
    delivery = session.scalar(ours.with_for_update())
    if delivery is None or delivery.state != "waiting":
        return
    session.add(_attempt(taken, outcome))
    delivery.lease, delivery.lease_until = None, None
    now = moment(session)
    if outcome.answer is not None and outcome.answer.is_success:
        delivery.state, delivery.ended_at = "delivered", now
        session.flush()
        _succeeded(session, taken.endpoint_id)
        return
    if outcome.problem == "beyond":
        delivery.state, delivery.ended_at = "given_up", now
        return
    _failed(session, tenant, delivery, outcome, now)


def _failed(session: Session, tenant: Tenant, delivery: WebhookDelivery, outcome: Outcome, now: datetime) -> None:
    endpoint = session.get_one(WebhookEndpoint, delivery.endpoint_id, with_for_update=True, populate_existing=True)
    endpoint.failures, endpoint.failing_since = endpoint.failures + 1, endpoint.failing_since or outcome.at
    status = outcome.status
    is_down = status is None or status == BUSY or status >= BROKEN
    if is_down and outcome.problem != "forgotten":
        endpoint.rest_until = now + webhooks.rest_after(endpoint.failures)
    pause = webhooks.pause_after(delivery.attempts, random.random())  # noqa: S311 spreads load, hides nothing
    if pause is None or outcome.problem == "forgotten":
        delivery.state, delivery.ended_at = "given_up", now
    else:
        delivery.due_at = now + pause
    session.flush()
    why = _why_off(endpoint, delivery, status)
    if why:
        switch_off(session, Actor.system(tenant), endpoint, why)
        warning.tell_off(session, tenant, endpoint, why)
        return
    moments = {delivery.due_at if delivery.state == "waiting" else now, max(endpoint.rest_until or now, now)}
    for each in moments:
        jobs.ask(session, "webhooks.post", {"endpoint": str(endpoint.id)}, run_at=each)


def _why_off(endpoint: WebhookEndpoint, delivery: WebhookDelivery, status: int | None) -> str:
    """Why an endpoint is switched off, if it is: it said that it is gone, or nothing arrived for three days."""
    if endpoint.disabled_at is not None:
        return ""
    if status == GONE:
        return "gone"
    failing = endpoint.failing_since
    is_used_up = delivery.state == "given_up" and delivery.attempts >= webhooks.MOST_ATTEMPTS
    return "failing" if is_used_up and failing is not None and failing <= delivery.made_at + LEASE else ""


def _succeeded(session: Session, endpoint_id: UUID) -> None:
    failing = (WebhookEndpoint.id == endpoint_id) & WebhookEndpoint.failing_since.is_not(None)
    session.execute(update(WebhookEndpoint).where(failing).values(failing_since=None, failures=0, rest_until=None))


def _attempt(taken: Taken, outcome: Outcome) -> WebhookAttempt:
    answer = outcome.answer
    return WebhookAttempt(
        delivery_id=taken.id,
        number=taken.attempts,
        at=outcome.at,
        milliseconds=outcome.milliseconds,
        request_headers=outcome.request,
        status=outcome.status,
        response_headers=webhooks.kept_headers(answer.headers, taken.secrets) if answer else {},
        response_body=webhooks.kept_body(answer.body, taken.secrets) if answer else "",
        problem=outcome.problem,
    )


def _due(session: Session, endpoint_id: UUID, now: datetime) -> int:
    """How much may be sent or is on its way; a few are enough to know, and what waits for an earlier one is not."""
    earlier, of = aliased(WebhookDelivery), WebhookDelivery
    is_after = (earlier.endpoint_id == of.endpoint_id) & (earlier.order_key == of.order_key)
    waits = exists().where(is_after, earlier.state == "waiting", earlier.place < of.place)
    due = select(of.id).where(of.endpoint_id == endpoint_id, of.state == "waiting", of.due_at <= now, ~waits)
    return session.scalar(select(func.count()).select_from(due.limit(LANES).subquery())) or 0


def _on_the_way(session: Session, endpoint_id: UUID, now: datetime) -> int:
    query = select(func.count()).where(
        WebhookDelivery.endpoint_id == endpoint_id,
        WebhookDelivery.state == "waiting",
        WebhookDelivery.lease_until >= now,
    )
    return session.scalar(query) or 0


def _watched(tenant: Tenant, endpoint_id: UUID) -> None:
    try:
        with observe.bound(tenant_id=tenant.id):
            lane(tenant, endpoint_id)
    except Exception as trouble:  # noqa: BLE001 what was taken is sent again when its lease has run out
        log.warning("webhooks.lane_broken", endpoint=str(endpoint_id), reason=type(trouble).__name__)
    finally:
        with _lock:
            _running[tenant.id] -= 1


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="webhooks")
