"""A label of the test's own, with recordings to sell."""

from __future__ import annotations

from typing import Any

import pytest

from app.catalog.models import Recording
from app.kernel.tenant import Tenant
from tests.factories.labels import a_label
from tests.factories.money import tracks_of


@pytest.fixture
def tenant(connected: Any) -> Tenant:
    """A label of the test's own: periods and contracts of one test meet nobody else's."""
    return a_label()


@pytest.fixture
def recordings(tenant: Tenant) -> list[Recording]:
    """Two tracks of one release, with ISRCs."""
    return tracks_of(tenant, 2)
