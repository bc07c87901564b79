"""Nobody waits for what an earlier test got wrong."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.kernel import db
from tests.factories.labels import the_label


@pytest.fixture(autouse=True)
def _patient(request: pytest.FixtureRequest) -> None:
    if "label" in request.fixturenames or "client_of" in request.fixturenames:
        request.getfixturevalue("connected")
        for slug in ("canary", "rival"):
            with db.tenant_work(the_label(slug)) as session:
                session.execute(text("DELETE FROM throttles"))
        with db.platform_work() as session:
            session.execute(text("DELETE FROM shared.operator_throttles"))
