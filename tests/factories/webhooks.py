"""Endpoints of labels, events for them, and what came of sending them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.api.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from app.api.service import endpoints, feeding, posting
from app.identity.models import Member
from app.identity.policies import Visitor, permissions_of
from app.kernel import activity, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from tests.factories.members import a_member


def a_visitor(tenant: Tenant, role: str = "owner") -> Visitor:
    """Somebody of the label's, as doors know them."""
    member: Member = a_member(tenant, role=role)
    actor = Actor("member", member.id, tenant, member.name)
    return Visitor(member, ids.new_id(), actor, permissions_of(member), member.scope)


@dataclass(frozen=True)
class Hook:
    """An endpoint and its secret."""

    tenant: Tenant
    id: UUID
    secret: str

    @property
    def row(self) -> WebhookEndpoint:
        with tenant_read(self.tenant) as session:
            return session.get_one(WebhookEndpoint, self.id)

    def feed(self) -> None:
        """What happened becomes deliveries."""
        with tenant_work(self.tenant) as session:
            feeding.feed(session, self.tenant)

    def deliver(self) -> int:
        """What happened is sent, here and now."""
        self.feed()
        return posting.lane(self.tenant, self.id)

    def deliveries(self) -> Sequence[WebhookDelivery]:
        with tenant_read(self.tenant) as session:
            query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == self.id)
            return session.scalars(query.order_by(WebhookDelivery.place)).all()

    def attempts(self) -> Sequence[WebhookAttempt]:
        with tenant_read(self.tenant) as session:
            query = select(WebhookAttempt).join(WebhookDelivery).where(WebhookDelivery.endpoint_id == self.id)
            return session.scalars(query.order_by(WebhookDelivery.place, WebhookAttempt.number)).all()


def a_hook(tenant: Tenant, url: str, *filters: str) -> Hook:
    """An endpoint of the label's that hears of everything, unless kinds are named."""
    with tenant_work(tenant) as session:
        wish = endpoints.Wish(url=url, filters=filters or ("*",))
        made = endpoints.make(session, tenant, a_visitor(tenant), wish)
        return Hook(tenant, made.endpoint.id, made.secret)


def it_happens(tenant: Tenant, action: str = "release.created", subject: UUID | None = None, **after: Any) -> UUID:
    """Something happens at the label; gives its id."""
    about = {"subject_type": action.partition(".")[0], "subject_id": subject or ids.new_id()}
    with tenant_work(tenant) as session:
        return activity.record(session, Actor.system(tenant), action, after=after or {"title": "Night Drive"}, **about)
