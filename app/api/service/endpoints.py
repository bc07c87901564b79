"""Addresses that are sent events: made, changed, given new secrets, switched off and on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.api.errors import DescriptionUnusable, EndpointOff, EventsUnusable, TooManyEndpoints
from app.api.models import WebhookEndpoint
from app.api.policies import require_hears
from app.api.rules import webhooks
from app.api.rules.event_types import RESOURCES, TESTED, TYPES
from app.api.service import feeding, hearing
from app.identity.policies import Visitor, require
from app.kernel import activity, clock, crypto, egress, ids
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant

MOST_ENDPOINTS: Final = 50
LONGEST_DESCRIPTION: Final = 200
LONGEST_URL: Final = 1_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What an endpoint is to be; None leaves it as it is."""

    url: str | None = None
    description: str | None = None
    filters: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """An endpoint and its secret, which is shown once."""

    endpoint: WebhookEndpoint
    secret: str = field(repr=False)


def make(session: Session, tenant: Tenant, visitor: Visitor, wish: Wish) -> Made:
    """Have events sent to an address from now on."""
    require(visitor, "api.clients")
    if (session.scalar(select(func.count()).select_from(WebhookEndpoint)) or 0) >= MOST_ENDPOINTS:
        raise TooManyEndpoints(most=MOST_ENDPOINTS)
    wanted = _checked(visitor, wish)
    feeding.begin(session, tenant)
    now, secret, endpoint_id = clock.now(), webhooks.new_secret(), ids.new_id()
    endpoint = WebhookEndpoint(
        id=endpoint_id,
        url=wanted.get("url", ""),
        description=wanted.get("description", ""),
        filters=wanted.get("filters", []),
        secret=_sealed(tenant, endpoint_id, secret),
        created_at=now,
        since=now,
    )
    hearing.answer_for(endpoint, visitor)
    if not endpoint.url or not endpoint.filters:
        raise egress.AddressRefused if not endpoint.url else EventsUnusable(fields={"events": EventsUnusable.message})
    session.add(endpoint)
    session.flush()
    _tell(session, visitor.actor, "webhook_endpoint.made", endpoint)
    return Made(endpoint, secret)


def change(session: Session, visitor: Visitor, endpoint: WebhookEndpoint, wish: Wish) -> None:
    """Change an endpoint; what is on its way goes to the new address."""
    wanted = _checked(visitor, wish)
    before = {name: getattr(endpoint, name) for name, value in wanted.items() if getattr(endpoint, name) != value}
    if not before:
        return
    for name in before:
        setattr(endpoint, name, wanted[name])
    if before.keys() & {"url", "filters"}:
        hearing.answer_for(endpoint, visitor)
    endpoint.version += 1
    session.flush()
    _tell(session, visitor.actor, "webhook_endpoint.changed", endpoint, before)


def rotate(session: Session, tenant: Tenant, visitor: Visitor, endpoint: WebhookEndpoint) -> str:
    """Give an endpoint a new secret; for a day the one before signs as well, and one before that no more."""
    secret = webhooks.new_secret()
    endpoint.old_secret, endpoint.old_until = endpoint.secret, clock.now() + webhooks.OVERLAP
    endpoint.secret = _sealed(tenant, endpoint.id, secret)
    endpoint.version += 1
    session.flush()
    _tell(session, visitor.actor, "webhook_endpoint.rotated", endpoint)
    return secret


def switch_on(session: Session, tenant: Tenant, visitor: Visitor, endpoint: WebhookEndpoint) -> None:
    """Send an endpoint what happens from now on."""
    if endpoint.disabled_at is None:
        return
    feeding.begin(session, tenant)
    endpoint.disabled_at, endpoint.disabled_why, endpoint.since = None, "", clock.now()
    endpoint.failing_since, endpoint.failures, endpoint.rest_until = None, 0, None
    hearing.answer_for(endpoint, visitor)
    endpoint.version += 1
    session.flush()
    _tell(session, visitor.actor, "webhook_endpoint.enabled", endpoint)


def remove(session: Session, visitor: Visitor, endpoint: WebhookEndpoint) -> None:
    """Forget an endpoint and all that was sent to it."""
    before = _facts(endpoint)
    session.delete(endpoint)
    session.flush()
    told: dict[str, Any] = {"subject_type": "webhook_endpoint", "subject_id": endpoint.id, "before": before}
    activity.record(session, visitor.actor, "webhook_endpoint.removed", **told)


def try_out(session: Session, visitor: Visitor, endpoint: WebhookEndpoint) -> UUID:
    """Send an endpoint an event that only it hears of; gives the event's id."""
    if endpoint.disabled_at is not None:
        raise EndpointOff
    told: dict[str, Any] = {"subject_type": "webhook_endpoint", "subject_id": endpoint.id}
    event_id = activity.record(session, visitor.actor, TESTED, **told)
    feeding.add(session, endpoint.id, event_id, TESTED, order_key=f"test:{event_id}")
    return event_id


def secrets_of(tenant: Tenant, endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    """What signs at this moment: the secret, and the one before while receivers change over."""
    sealed = [endpoint.secret]
    if endpoint.old_secret is not None and endpoint.old_until is not None and endpoint.old_until > now:
        sealed.append(endpoint.old_secret)
    return [crypto.open_sealed(tenant, each, _context(endpoint.id)).decode() for each in sealed]


def _sealed(tenant: Tenant, endpoint_id: UUID, secret: str) -> bytes:
    return crypto.seal(tenant, secret.encode(), _context(endpoint_id))


def _context(endpoint_id: UUID) -> str:
    return f"webhook:{endpoint_id}"


def _checked(visitor: Visitor, wish: Wish) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if wish.url is not None:
        if len(wish.url) > LONGEST_URL:
            raise egress.AddressRefused(fields={"url": egress.AddressRefused.message})
        try:
            egress.check_form(wish.url)
        except egress.AddressRefused:
            raise egress.AddressRefused(fields={"url": egress.AddressRefused.message}) from None
        wanted["url"] = wish.url
    if wish.description is not None:
        words = " ".join(wish.description.split())
        if len(words) > LONGEST_DESCRIPTION or not words.isprintable():
            raise DescriptionUnusable(most=LONGEST_DESCRIPTION)
        wanted["description"] = words
    if wish.filters is not None:
        filters = sorted(dict.fromkeys(wish.filters))
        offered = {"*", *(f"{name}.*" for name in RESOURCES), *TYPES}
        if not filters or not set(filters) <= offered:
            raise EventsUnusable(fields={"events": EventsUnusable.message})
        require_hears(visitor, filters)
        wanted["filters"] = filters
    return wanted


def _facts(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {"url": endpoint.url, "description": endpoint.description, "filters": endpoint.filters}


def _tell(
    session: Session, actor: Actor, action: str, endpoint: WebhookEndpoint, before: dict[str, Any] | None = None
) -> None:
    facts = _facts(endpoint)
    after = {name: facts[name] for name in before} if before else facts
    told: dict[str, Any] = {"subject_type": "webhook_endpoint", "subject_id": endpoint.id}
    activity.record(session, actor, action, before=before, after=after, **told)
