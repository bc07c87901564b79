"""Where the label's shop is, from its registered hosts, never from a request."""

from __future__ import annotations

from sqlalchemy import select

from app.kernel import cache
from app.kernel.db import current, platform_read
from app.kernel.tenant import Tenant
from tenants.registry.models import HostRow


def store_address(tenant: Tenant) -> str:
    """The address of the label's shop; remembered for a minute, so that no transaction waits for a second one."""
    host = cache.of(tenant).get_or_make("store-host", str, lambda: _host_of(tenant), seconds=60)
    settings = current().settings
    return f"https://{host}" if settings.is_production else f"http://{host}:{settings.port}"


def _host_of(tenant: Tenant) -> str:
    query = (
        select(HostRow.host)
        .where(HostRow.tenant_id == tenant.id, HostRow.state == "live", HostRow.is_primary)
        .where(HostRow.surface.is_(None) | (HostRow.surface == "storefront"))
        .order_by(HostRow.surface.is_(None))
    )
    with platform_read() as session:
        found = session.scalars(query.limit(1)).first()
    return found or f"{tenant.slug}.{current().settings.base_domain}"
