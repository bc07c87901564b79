"""Measuring what labels use; every slice may bring measures of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.activity import Activity
from app.kernel.db import platform_work
from app.kernel.files import StoredFile
from app.kernel.tenant import Tenant
from tenants.billing.models import Usage

Meter = Callable[[Session], int]
"""Counts one thing in a label's own session."""

_meters: dict[str, Meter] = {}


def meter(measure: str, count: Meter) -> None:
    """Register what is counted under a measure ("file_bytes")."""
    _meters[measure] = count


def measure(session: Session, tenant: Tenant) -> dict[str, int]:
    """Count everything a label uses and keep it for the label's day that has just passed; again is harmless."""
    found = {name: count(session) for name, count in _meters.items()}
    day = (clock.now().astimezone(ZoneInfo(tenant.time_zone)) - timedelta(hours=12)).date()
    rows = [{"tenant_id": tenant.id, "day": day, "measure": name, "amount": amount} for name, amount in found.items()]
    statement = insert(Usage).values(rows)
    with platform_work() as home:
        home.execute(
            statement.on_conflict_do_update(
                index_elements=["tenant_id", "day", "measure"], set_={"amount": statement.excluded.amount}
            )
        )
    return found


def _bytes(session: Session) -> int:
    return int(session.scalar(select(func.coalesce(func.sum(StoredFile.size), 0))) or 0)


def _rows(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Activity)) or 0


meter("file_bytes", _bytes)
meter("activity_rows", _rows)
