"""A label whose books are empty when a test begins."""

from __future__ import annotations

import pytest

from app.kernel import ids
from app.kernel.tenant import Tenant
from tests.factories.labels import a_label


@pytest.fixture
def mine(connected) -> Tenant:
    """A label of the test's own."""
    return a_label(slug=f"books-{ids.new_id().hex[-12:]}")
