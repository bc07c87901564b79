"""The card processor's stand-in, and our rail over it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.kernel.ids import new_tenant_id
from app.kernel.tenant import Tenant, TenantState
from app.payouts.gateways.stripe import StripeRail
from tests.payouts.stripe_stand_in import KEY, StandIn, stand_in


@pytest.fixture
def stripe_server() -> Iterator[StandIn]:
    """A processor of this test's own."""
    with stand_in() as processor:
        yield processor


@pytest.fixture
def stripe_rail(stripe_server: StandIn) -> StripeRail:
    """Our rail, less patient than in earnest."""
    return StripeRail(KEY, stripe_server.base, timeouts=(2.0, 5.0))


@pytest.fixture
def payer() -> Tenant:
    """A label that pays; no rows of it are needed."""
    return Tenant(new_tenant_id(), "home", TenantState.ACTIVE)
