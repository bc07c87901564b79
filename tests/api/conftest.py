"""What tests of the API share: a program, and somebody outside with an endpoint that leads there."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.kernel import db
from app.kernel.db import tenant_work
from tests.api.programs import BACK, Program, a_site
from tests.factories.api import api_of
from tests.factories.labels import the_label
from tests.factories.webhooks import a_hook
from tests.receiver import listening


@pytest.fixture
def api(client_of, label):
    """A program of the label that may everything."""
    return api_of(client_of, label)


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


@pytest.fixture(autouse=True)
def _patient(connected) -> None:
    for slug in ("canary", "rival"):
        with db.tenant_work(the_label(slug)) as session:
            session.execute(text("DELETE FROM throttles"))


@pytest.fixture
def program(client_of, client_as, label):
    """A website of somebody else's, and the browser of an owner of the label."""
    return Program(a_site(label), client_of(f"{label.slug}.localhost"), client_as(label))


@pytest.fixture
def program_of(client_of, client_as, label):
    """A program made in another way."""

    def make(made, role: str = "owner", tenant=label, redirect_uri: str = BACK) -> Program:
        return Program(made, client_of(f"{tenant.slug}.localhost"), client_as(tenant, role), redirect_uri)

    return make
