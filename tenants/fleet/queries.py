"""How far the fleet has come: by revision, by ring, and who is left behind."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.kernel.tenant import TenantState
from tenants.registry.models import TenantRow

_STEPS = text(
    "SELECT revision, ring, count(*) FILTER (WHERE status = 'done') AS done, "
    "count(*) FILTER (WHERE status = 'waiting') AS waiting, count(*) FILTER (WHERE status = 'failed') AS failed, "
    "max(finished_at) AS finished_at FROM shared.migration_items GROUP BY revision, ring ORDER BY revision, ring"
)
GONE = (TenantState.CLOSED, TenantState.PROVISIONING)


@dataclass(frozen=True, slots=True)
class Step:
    """One revision in one ring (0 the canary, 1 the rest): how many labels are done, wait, failed."""

    revision: str
    ring: int
    done: int
    waiting: int
    failed: int
    finished_at: object


def steps(session: Session) -> list[Step]:
    """Every step the fleet of this cell was taken through, oldest first."""
    return [Step(**row._mapping) for row in session.execute(_STEPS)]  # noqa: SLF001


def revisions(session: Session) -> dict[str, int]:
    """How many labels are at which revision."""
    query = select(TenantRow.schema_revision, func.count()).where(TenantRow.state.not_in(GONE))
    return {row[0]: row[1] for row in session.execute(query.group_by(TenantRow.schema_revision))}


def quarantined(session: Session) -> list[TenantRow]:
    """Labels whose migration failed and waits for somebody to look."""
    query = select(TenantRow).where(TenantRow.quarantine.is_not(None), TenantRow.state.not_in(GONE))
    return list(session.scalars(query.order_by(TenantRow.slug)))
