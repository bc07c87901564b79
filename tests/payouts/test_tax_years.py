"""A year's payments are those of the label's own year, where it is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from app.kernel.db import tenant_work
from app.payouts.models import Payout
from app.payouts.queries.taxed import payments
from app.payouts.service import sending
from tests.factories.labels import a_label
from tests.factories.payouts import a_day_later, ask, owed


@pytest.mark.parametrize(
    ("zone", "paid_on"), [("America/Los_Angeles", date(2025, 12, 31)), ("Asia/Tokyo", date(2026, 1, 1))]
)
def test_new_years_eve_ends_where_the_label_is(connected: Any, tmp_path: Path, zone: str, paid_on: date) -> None:
    label = a_label(currency="EUR", time_zone=zone)
    (payee,) = owed(label, tmp_path)
    (payout,) = ask(label, payee, 10_000)
    sending.send_due(label)
    a_day_later(label)
    at = datetime(2026, 1, 1, 7, 30, tzinfo=UTC) if paid_on.year == 2025 else datetime(2025, 12, 31, 15, 30, tzinfo=UTC)
    with tenant_work(label) as session:
        session.execute(update(Payout).where(Payout.id == payout.id).values(paid_at=at))
        found = {year: [each.paid_on for each in payments(session, year)] for year in (2025, 2026)}
    assert found == {paid_on.year: [paid_on], 4051 - paid_on.year: []}
