"""Labels as the console lists them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from admin.console.models import OperatorActivity
from app.kernel.jobs.outbox import OutboxRow
from app.kernel.tenant import TenantState
from tenants.billing.models import Usage
from tenants.registry.models import HostRow, Operation, TenantRow

SHOWN = 200
BOOKS_FROZEN, BOOKS_LIFTED = "books.frozen", "books.lifted"
DAYS = 30


@dataclass(frozen=True, slots=True)
class Listed:
    """One label of the list and how many hosts it has in service."""

    row: TenantRow
    hosts: int


@dataclass(frozen=True, slots=True)
class Opening:
    """A label that a worker was asked to open: its id once it is live, or why it was given up."""

    name: str
    tenant_id: str | None
    problem: str | None


def opening(session: Session, request_key: str) -> Opening | None:
    """How far the opening of a label by a worker has come; None where nobody asked for it."""
    query = select(OutboxRow).where(OutboxRow.task == "operators.open_label", OutboxRow.key == request_key)
    row = session.scalar(query)
    if row is None:
        return None
    live = select(TenantRow.id).where(TenantRow.request_key == request_key, TenantRow.state == TenantState.ACTIVE)
    problem = row.problem if row.parked_at is not None else None
    return Opening(row.args["wish"]["name"], session.scalar(live), problem)


def labels(session: Session, *, state: str = "", wanted: str = "") -> list[Listed]:
    """Labels of a state, or all but spares, whose name, slug or host holds a text; newest first."""
    live = select(HostRow.tenant_id, func.count().label("hosts")).where(HostRow.state == "live")
    counted = live.group_by(HostRow.tenant_id).subquery()
    query = select(TenantRow, func.coalesce(counted.c.hosts, 0)).outerjoin(counted, counted.c.tenant_id == TenantRow.id)
    query = query.where(TenantRow.state == state if state else TenantRow.state != TenantState.SPARE)
    if wanted:
        like = "%" + wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        named = select(HostRow.tenant_id).where(HostRow.host.ilike(like))
        query = query.where(or_(TenantRow.name.ilike(like), TenantRow.slug.ilike(like), TenantRow.id.in_(named)))
    rows = session.execute(query.order_by(TenantRow.created_at.desc(), TenantRow.id.desc()).limit(SHOWN))
    return [Listed(row, hosts) for row, hosts in rows]


def frozen(session: Session) -> list[TenantRow]:
    """The labels whose books are frozen, as far as operators have heard: the newest finding is not lifted yet."""
    heard = (
        select(OperatorActivity.tenant_id, OperatorActivity.action)
        .where(OperatorActivity.action.in_((BOOKS_FROZEN, BOOKS_LIFTED)))
        .ext(distinct_on(OperatorActivity.tenant_id))
        .order_by(OperatorActivity.tenant_id, OperatorActivity.at.desc(), OperatorActivity.id.desc())
        .subquery()
    )
    query = select(TenantRow).join(heard, heard.c.tenant_id == TenantRow.id).where(heard.c.action == BOOKS_FROZEN)
    return list(session.scalars(query.where(TenantRow.state != TenantState.CLOSED).order_by(TenantRow.name)))


def states(session: Session) -> dict[str, int]:
    """How many labels are in which state."""
    query = select(TenantRow.state, func.count()).group_by(TenantRow.state)
    return {row[0]: row[1] for row in session.execute(query)}


def usage(session: Session, tenant_id: str) -> list[Any]:
    """The newest measured days of a label."""
    query = select(Usage).where(Usage.tenant_id == tenant_id).order_by(Usage.day.desc(), Usage.measure).limit(DAYS)
    return list(session.scalars(query))


def operations(session: Session, tenant_id: str) -> list[Operation]:
    """What was done to a label in several steps, newest first."""
    query = select(Operation).where(Operation.tenant_id == tenant_id).order_by(Operation.started_at.desc())
    return list(session.scalars(query.limit(20)))


def audit(session: Session, *, tenant_id: str | None = None) -> list[OperatorActivity]:
    """What operators did, newest first."""
    query = select(OperatorActivity).order_by(OperatorActivity.at.desc(), OperatorActivity.id.desc()).limit(SHOWN)
    return list(session.scalars(query.where(OperatorActivity.tenant_id == tenant_id) if tenant_id else query))
