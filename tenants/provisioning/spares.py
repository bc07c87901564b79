"""Schemas kept ready, so that opening a label is a claim and not a construction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import clock, ids, observe
from app.kernel.db import current, owner_work, platform_read, platform_work
from app.kernel.tenant import TenantState
from app.settings import HOME_CELL
from migrations.compiled import label_head
from tenants.provisioning.errors import CellFull, CellUnknown
from tenants.provisioning.skeleton import build_label, is_ours
from tenants.registry.models import TenantRow

LABELS_PER_CELL = 1_000
"""PostgreSQL rebuilds a login's membership cache after role changes: 3 ms at 1,000 roles, 190 ms at 10,000."""

UNFINISHED_AFTER = timedelta(minutes=30)

log = observe.log("provisioning")


def build_spare(cell: str = HOME_CELL) -> str:
    """Make one schema at head that no label uses yet, and give back its id."""
    _check_room(cell)
    tenant_id = ids.new_tenant_id()
    if cell == HOME_CELL:
        with owner_work(cell) as connection:
            build_label(connection, tenant_id)
            _register(connection, tenant_id, cell, TenantState.SPARE)
        return tenant_id
    # Two databases share no transaction: the row comes first, so that a crash leaves something to sweep up.
    with owner_work(HOME_CELL) as connection:
        _register(connection, tenant_id, cell, TenantState.PROVISIONING)
    with owner_work(cell) as connection:
        build_label(connection, tenant_id)
    with platform_work() as session:
        session.get_one(TenantRow, tenant_id).state = TenantState.SPARE
    return tenant_id


def fill_spares(wanted: int | None = None) -> int:
    """Keep `wanted` spares at head in every cell; give back how many were made."""
    settings = current().settings
    wanted = settings.spare_labels if wanted is None else wanted
    made = 0
    for cell in settings.owner_urls:
        with platform_read() as session:
            missing = wanted - _spares(session, cell)
        for _ in range(missing):
            build_spare(cell)
            made += 1
    return made


def sweep_unfinished() -> int:
    """Take down what a crash left between registering a schema in another cell and finishing it."""
    before = clock.now() - UNFINISHED_AFTER
    with platform_read() as session:
        query = select(TenantRow.id, TenantRow.cell).where(
            TenantRow.state == TenantState.PROVISIONING, TenantRow.slug.is_(None), TenantRow.created_at < before
        )
        unfinished = session.execute(query).all()
    for tenant_id, cell in unfinished:
        with owner_work(cell) as connection:
            drop_schema(connection, tenant_id)
        with platform_work() as session:
            row = session.get_one(TenantRow, tenant_id)
            row.state, row.closed_at = TenantState.CLOSED, clock.now()
        log.info("provisioning.swept", label=tenant_id)
    return len(unfinished)


def drop_schema(connection: psycopg.Connection[Any], tenant_id: str) -> None:
    """Drop an empty or unfinished schema and its role, only if both carry our marker."""
    if is_ours(connection, tenant_id):
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(tenant_id)))
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(tenant_id)))


def _spares(session: Session, cell: str) -> int:
    query = select(func.count()).where(
        TenantRow.state == TenantState.SPARE, TenantRow.cell == cell, TenantRow.schema_revision == label_head()
    )
    return session.scalar(query) or 0


def _check_room(cell: str) -> None:
    if cell not in current().settings.owner_urls:
        raise CellUnknown(cell=cell)
    with platform_read() as session:
        query = select(func.count()).where(TenantRow.cell == cell, TenantRow.state != TenantState.CLOSED)
        if (session.scalar(query) or 0) >= LABELS_PER_CELL:
            raise CellFull


def _register(connection: psycopg.Connection[Any], tenant_id: str, cell: str, state: TenantState) -> None:
    connection.execute(
        "INSERT INTO shared.tenants (id, cell, state, schema_revision) VALUES (%s, %s, %s, %s)",
        [tenant_id, cell, state.value, label_head()],
    )
