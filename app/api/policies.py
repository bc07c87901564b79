"""Doors of the API: outside ids become rows here, and nowhere else."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, false
from sqlalchemy.orm import Session

from app.api.errors import ClientUnknown, ConsentUnknown, DeliveryUnknown, EndpointUnknown, EventsBeyond, EventsNarrowed
from app.api.models import ApiClient, Consent, DataExport, WebhookDelivery, WebhookEndpoint
from app.api.rules.event_types import RESOURCES, TYPES
from app.api.rules.events import matching
from app.api.rules.scopes import permissions_of_scopes
from app.identity.policies import Visitor, allows, require, require_no_more
from app.identity.rules.permissions import Permission
from app.identity.rules.scopes import Scope
from app.kernel.files.belonging import belongs

belongs(DataExport.file_id)  # an export is opened by the program that asked for it


def heard(visitor: Visitor) -> frozenset[str]:
    """The kinds of events that somebody may hear of."""
    return heard_with(visitor.permissions)


def heard_with(permissions: Collection[Permission]) -> frozenset[str]:
    """The kinds of events that these permissions open."""
    return frozenset(name for name, kind in TYPES.items() if kind.permission in permissions)


def require_hears(visitor: Visitor, filters: Iterable[str]) -> None:
    """Refuse to have somebody told, or to lead elsewhere, what the asker may not see: events are of the whole label."""
    if not visitor.scope.is_whole:
        raise EventsNarrowed
    if not matching(filters, TYPES) <= heard(visitor):
        raise EventsBeyond


def may_see_endpoint(visitor: Visitor) -> ColumnElement[bool]:
    """The endpoints that are told nothing beyond what a visitor may see."""
    if "api.clients" not in visitor.permissions or not visitor.scope.is_whole:
        return false()
    mine = heard(visitor)
    offered = ("*", *(f"{name}.*" for name in RESOURCES), *TYPES)
    seen: ColumnElement[bool] = WebhookEndpoint.filters.contained_by(
        [each for each in offered if matching([each], TYPES) <= mine]
    )
    return seen


def endpoint_to_read(session: Session, visitor: Visitor, endpoint_id: UUID | None) -> WebhookEndpoint:
    """An endpoint, for whoever looks after programs and may see what it is told."""
    require(visitor, "api.clients")
    endpoint = session.get(WebhookEndpoint, endpoint_id) if endpoint_id else None
    if endpoint is None:
        raise EndpointUnknown
    require_hears(visitor, endpoint.filters)
    return endpoint


def endpoint_to_change(session: Session, visitor: Visitor, endpoint_id: UUID | None) -> WebhookEndpoint:
    """An endpoint that the visitor may change."""
    require(visitor, "api.clients")
    endpoint = session.get(WebhookEndpoint, endpoint_id, with_for_update=True) if endpoint_id else None
    if endpoint is None:
        raise EndpointUnknown
    require_hears(visitor, endpoint.filters)
    return endpoint


def delivery_to_read(session: Session, visitor: Visitor, delivery_id: UUID | None) -> WebhookDelivery:
    """A delivery to an endpoint that the visitor may see."""
    require(visitor, "api.clients")
    delivery = session.get(WebhookDelivery, delivery_id) if delivery_id else None
    if delivery is None:
        raise DeliveryUnknown
    endpoint_to_read(session, visitor, delivery.endpoint_id)
    return delivery


def client_to_read(session: Session, visitor: Visitor, client_id: UUID | None) -> ApiClient:
    """A program that the label lets in."""
    client = session.get(ApiClient, client_id) if client_id else None
    if client is None or client.revoked_at is not None or not allows(visitor, "api.clients"):
        raise ClientUnknown
    return client


def client_to_change(session: Session, visitor: Visitor, client_id: UUID | None) -> ApiClient:
    """A program that one may change: none with more rights or reach than one has oneself."""
    client = session.get(ApiClient, client_id, with_for_update=True) if client_id else None
    if client is None or client.revoked_at is not None:
        raise ClientUnknown
    require(visitor, "api.clients")
    require_no_more(visitor, permissions_of_scopes(client.scopes), Scope.of(client.imprints, client.artists))
    return client


def client_to_end(session: Session, visitor: Visitor, client_id: UUID | None) -> ApiClient:
    """A program whose access one may take away: whoever may let programs in may stop any."""
    client = session.get(ApiClient, client_id, with_for_update=True) if client_id else None
    if client is None or client.revoked_at is not None:
        raise ClientUnknown
    require(visitor, "api.clients")
    return client


def consent_to_withdraw(session: Session, visitor: Visitor, consent_id: UUID | None) -> Consent:
    """What the visitor themselves allowed a program; somebody else's is not found."""
    consent = session.get(Consent, consent_id, with_for_update=True) if consent_id else None
    if consent is None or consent.member_id != visitor.member.id or consent.withdrawn_at is not None:
        raise ConsentUnknown
    return consent
