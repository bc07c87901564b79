"""What we are called to sign-in services, and at which of the label's addresses their answers may arrive."""

from __future__ import annotations

from uuid import UUID

from app.identity.service.notices import base_address
from app.kernel.db import current
from app.kernel.tenant import Tenant
from tenants.hosts.service import hosts_of


def entity_id(tenant: Tenant, connection_id: UUID) -> str:
    """Our name to a SAML service: an address of the label's own, never one from a request."""
    return f"{base_address(tenant)}/sso/{connection_id}/metadata"


def origins_of(tenant: Tenant) -> tuple[str, ...]:
    """The origins where people of the label come in, the label's own first."""
    settings = current().settings
    names = [row.host for row in hosts_of(tenant) if row.state == "live" and row.surface != "storefront"]
    spelled = [f"https://{name}" if settings.is_production else f"http://{name}:{settings.port}" for name in names]
    return tuple(dict.fromkeys([base_address(tenant), *spelled]))
