"""Two labels with open shops, made once in each worker: the fans' own, and a rival in the room."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.kernel import db
from app.kernel.errors import NotFound
from tests.factories.labels import a_label, the_label
from tests.factories.shop import an_open_shop
from tests.identity.post import forget_waiting

NAMES = {"fanhouse": "Canary Records", "fanrival": "Rival Records"}


def a_house(slug):
    try:
        return the_label(slug)
    except (NotFound, LookupError):
        tenant = a_label(slug=slug, name=NAMES[slug])
        an_open_shop(tenant)
        return tenant


@pytest.fixture
def label(connected):
    return a_house("fanhouse")


@pytest.fixture
def rival(connected):
    return a_house("fanrival")


@pytest.fixture(autouse=True)
def patient(label, rival):
    """Nobody waits for what an earlier test got wrong, and nothing of it is still to be sent."""
    forget_waiting()
    for tenant in (label, rival):
        with db.tenant_work(tenant) as session:
            session.execute(text("DELETE FROM throttles"))
