"""A label with an open shop and a rival with one, shared by everything here."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from app.kernel import db
from app.storefront.models import StoreSettings
from tests.factories.labels import the_label
from tests.factories.store import an_open_shop
from tests.identity.post import forget_waiting


@pytest.fixture(autouse=True)
def shops(connected):
    """Open both labels' shops once, and let nobody wait for what an earlier test got wrong."""
    forget_waiting()
    for slug in ("canary", "rival"):
        tenant = the_label(slug)
        with db.tenant_work(tenant) as session:
            session.execute(text("DELETE FROM throttles"))
            is_open = session.scalar(select(StoreSettings.id)) is not None
        if not is_open:
            an_open_shop(tenant)
