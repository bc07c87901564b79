"""Who answers for an endpoint, and what it is therefore told: what they may hear themselves, at this moment.

Whoever said where events are led answers for it: a person, a program, or a person through a program. Whatever they lose
of their rights the endpoint loses as well; where nothing is left that it listens to, it is switched off.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.api.errors import TokenRefused
from app.api.models import ApiClient, WebhookDelivery, WebhookEndpoint
from app.api.policies import heard_with
from app.api.rules.events import matching
from app.api.rules.scopes import SCOPES
from app.api.service.callers import recalled
from app.identity.models import Member
from app.identity.policies import Visitor, permissions_of
from app.kernel import activity, clock
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Through:
    """A program, for itself or for a person, with whatever it still has."""

    client_id: UUID
    member_id: UUID | None
    scopes: list[str]


def answer_for(endpoint: WebhookEndpoint, visitor: Visitor) -> None:
    """From now on a visitor answers for where an endpoint leads."""
    is_through = visitor.actor.kind == "client" and not visitor.member.is_program
    endpoint.made_by, endpoint.made_through = visitor.member.id, visitor.session_id if is_through else None


def told_to(session: Session, tenant: Tenant, endpoint: WebhookEndpoint) -> frozenset[str]:
    """The kinds of events that an endpoint listens to and may be told."""
    return matching(endpoint.filters, heard_for(session, tenant, endpoint))


def heard_for(session: Session, tenant: Tenant, endpoint: WebhookEndpoint) -> frozenset[str]:
    """The kinds of events that whoever answers for an endpoint may have sent."""
    member = session.get(Member, endpoint.made_by) if endpoint.made_by else None
    if member is None or member.disabled_at is not None:
        return NOTHING
    permissions, scope = permissions_of(member), member.scope
    if member.is_program or endpoint.made_through is not None:
        mine = ApiClient.member_id == member.id if member.is_program else ApiClient.id == endpoint.made_through
        client_id = session.scalar(select(ApiClient.id).where(mine))
        if client_id is None:
            return NOTHING
        try:
            through = _Through(client_id, None if member.is_program else member.id, list(SCOPES))
            visitor = recalled(session, tenant, through).visitor
        except TokenRefused:
            return NOTHING
        permissions, scope = visitor.permissions, visitor.scope
    return heard_with(permissions) if "api.clients" in permissions and scope.is_whole else NOTHING


def switch_off(session: Session, actor: Actor, endpoint: WebhookEndpoint, why: str) -> None:
    """Send an endpoint nothing any more; what was on its way is given up, and can be sent again."""
    if endpoint.disabled_at is not None:
        return
    endpoint.disabled_at, endpoint.disabled_why = clock.now(), why
    endpoint.version += 1
    waiting = (WebhookDelivery.endpoint_id == endpoint.id) & (WebhookDelivery.state == "waiting")
    session.execute(
        update(WebhookDelivery)
        .where(waiting)
        .values(state="given_up", ended_at=clock.now(), lease=None, lease_until=None)
    )
    session.flush()
    told = {"subject_type": "webhook_endpoint", "subject_id": endpoint.id, "after": {"url": endpoint.url, "why": why}}
    activity.record(session, actor, "webhook_endpoint.disabled", **told)  # type: ignore[arg-type]
