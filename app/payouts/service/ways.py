"""On which rail a label's money leaves, and what that takes at the moment: asked with no transaction open."""

from __future__ import annotations

from app.kernel.db import tenant_read
from app.kernel.tenant import Tenant
from app.ledger import service as ledger
from app.ledger.rules import Kind
from app.payouts.gateways import rails
from app.payouts.service.quoting import Way, Ways, policy_of


def way_for(tenant: Tenant, currency: str) -> Way:
    """The label's rail and what it takes now of one currency."""
    with tenant_read(tenant) as session:
        name = policy_of(session).rail or rails.usual()
    return Way(name, rails.named(name).limits(tenant, currency))


def ways_for(tenant: Tenant) -> Ways:
    """The label's rail and what it takes of every currency that is owed."""
    with tenant_read(tenant) as session:
        name = policy_of(session).rail or rails.usual()
        owed = ledger.currencies(session, Kind.PAYABLE)
    rail = rails.named(name)
    return Ways(name, {currency: rail.limits(tenant, currency) for currency in owed})
