"""Registry rows as the values that the rest of the platform is bound to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.kernel.db import platform_read
from app.kernel.errors import NotFound
from app.kernel.tenant import Limits, Tenant, TenantState
from tenants.registry.models import HostRow, TenantRow

IN_MEMORY = (TenantState.ACTIVE, TenantState.SUSPENDED, TenantState.MOVING, TenantState.CLOSING)


@dataclass(frozen=True, slots=True)
class Host:
    """One live host of a label; `surface` is None where every surface answers."""

    name: str
    tenant_id: str
    surface: str | None
    is_primary: bool


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes: the label, and the only surface its host serves, if it is bound to one."""

    tenant: Tenant
    surface: str | None
    host: str


class UnknownLabel(NotFound):
    """No label has this slug or id."""

    message = "There is no label called %(name)s."


def as_tenant(row: TenantRow | Row[Any]) -> Tenant:
    """The label's value at the epoch of this row."""
    return Tenant(
        id=row.id,
        cell=row.cell,
        state=TenantState(row.state),
        epoch=row.epoch,
        fence_epoch=row.fence_epoch,
        slug=row.slug or "",
        name=row.name,
        revision=row.schema_revision,
        time_zone=row.time_zone,
        currency=row.currency,
        languages=tuple(row.languages),
        plan=row.plan,
        flags=frozenset(row.flags),
        artist_share_ppm=row.artist_share_ppm,
        is_sandbox=row.sandbox_of is not None,
        limits=msgspec.convert(row.limits, Limits),
    )


def tenants_in_memory(session: Session, ids: Sequence[str] | None = None) -> list[Tenant]:
    """Every label that can be asked for, or those of `ids`."""
    query = select(TenantRow).where(TenantRow.state.in_(IN_MEMORY))
    if ids is not None:
        query = query.where(TenantRow.id.in_(ids))
    return [as_tenant(row) for row in session.scalars(query)]


def live_hosts(session: Session, ids: Sequence[str] | None = None) -> list[Host]:
    """Every live host, or those of the labels `ids`."""
    query = select(HostRow).where(HostRow.state == "live")
    if ids is not None:
        query = query.where(HostRow.tenant_id.in_(ids))
    return [Host(row.host, row.tenant_id, row.surface, row.is_primary) for row in session.scalars(query)]


def tenant_row(session: Session, name: str, *, for_update: bool = False) -> TenantRow:
    """The registry row of the label with this slug or id; `UnknownLabel` when there is none."""
    query = select(TenantRow).where((TenantRow.slug == name) | (TenantRow.id == name))
    row = session.scalar(query.with_for_update() if for_update else query)
    if row is None:
        raise UnknownLabel(name=name)
    return row


def tenant_named(session: Session, name: str) -> Tenant:
    """The label with this slug or id, straight from its row."""
    return as_tenant(tenant_row(session, name))


def labels(session: Session) -> list[TenantRow]:
    """Every label but the spares, oldest first, tombstones included."""
    query = select(TenantRow).where(TenantRow.state != TenantState.SPARE).order_by(TenantRow.created_at, TenantRow.id)
    return list(session.scalars(query))


def fresh_tenant(tenant_id: str) -> Tenant | None:
    """The label as its row says this moment; None when it is closed or never was."""
    with platform_read() as session:
        row = session.get(TenantRow, tenant_id)
    return as_tenant(row) if row is not None and row.state in IN_MEMORY else None
