"""A shop of this file's own, opened once for all its tests."""

from __future__ import annotations

import pytest

from app.kernel.tenant import Tenant
from app.settings import Settings
from tests.factories.labels import a_label
from tests.factories.shop import a_shop

_shops: dict[str, Tenant] = {}


@pytest.fixture
def shop(request: pytest.FixtureRequest, connected: Settings) -> Tenant:
    """The label whose shop the tests of a file share."""
    name = request.node.path.stem
    if name not in _shops:
        _shops[name] = a_label(currency="EUR", time_zone="Europe/Berlin")
        a_shop(_shops[name])
    return _shops[name]
