"""Somebody outside, and an endpoint of the label's that leads there."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.kernel.db import tenant_work
from tests.factories.webhooks import a_hook
from tests.receiver import listening


@pytest.fixture
def there():
    with listening() as receiver:
        yield receiver


@pytest.fixture
def hook(label, there):
    made = a_hook(label, there.url())
    yield made
    with tenant_work(label) as session:
        session.execute(text("DELETE FROM webhook_endpoints"))
