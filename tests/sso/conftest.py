"""Nobody waits for what an earlier test got wrong, and nobody of the office is left of it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.kernel import db
from tests.factories.labels import the_label
from tests.factories.sso import no_connections


@pytest.fixture(autouse=True)
def _patient(request: pytest.FixtureRequest) -> None:
    if "label" in request.fixturenames or "client_of" in request.fixturenames:
        request.getfixturevalue("connected")
        for slug in ("canary", "rival"):
            with db.tenant_work(the_label(slug)) as session:
                session.execute(text("DELETE FROM throttles"))
                session.execute(
                    text("UPDATE members SET email = id || '@gone.example' WHERE email LIKE '%@label.example'")
                )
            no_connections(the_label(slug))
        with db.platform_work() as session:
            session.execute(text("DELETE FROM shared.operator_throttles"))
