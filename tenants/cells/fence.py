"""Keeping writers out of one label for a moment, also those whose memory of the registry is old."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from psycopg import sql

from app.kernel.db import owner_work, platform_work
from app.kernel.db.database import raw_owner_connection
from app.kernel.tenant import TenantState
from app.settings import Settings
from migrations.compiled import label_history
from tenants.registry.models import TenantRow

DRAIN_SECONDS = 5.0

_RUNNING = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
  AND right(application_name, length(%(label)s) + 1) = ':' || %(label)s
"""


def pause(tenant_id: str) -> str:
    """Make a label's state "moving": its people read on and write a moment later; give back the state it had."""
    with platform_work() as session:
        row = session.get_one(TenantRow, tenant_id, with_for_update=True)
        before = row.state
        row.state = TenantState.MOVING
    return before


def resume(tenant_id: str, state: str) -> None:
    """Give a paused label its state back."""
    with platform_work() as session:
        row = session.get_one(TenantRow, tenant_id, with_for_update=True)
        if row.state == TenantState.MOVING:
            row.state = state


def close_writes(settings: Settings, tenant_id: str, cell: str) -> None:
    """Take the label's right to write in this database, then wait for (and in the end stop) who is still writing."""
    with owner_work(cell) as connection:
        name = sql.Identifier(tenant_id)
        connection.execute(
            sql.SQL("REVOKE INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {} FROM {}").format(name, name)
        )
    with raw_owner_connection(settings, cell) as connection:
        _drain(connection, tenant_id)


def open_writes(tenant_id: str, cell: str) -> None:
    """Give the rights back as a fresh label has them."""
    revokes = [
        statement
        for revision in label_history()
        for statement in revision.sql_for(tenant_id).split(";")
        if statement.strip().upper().startswith("REVOKE")
    ]
    with owner_work(cell) as connection:
        name = sql.Identifier(tenant_id)
        connection.execute(sql.SQL("SET LOCAL search_path = {}, ext, pg_temp").format(name))
        connection.execute(
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {} TO {}").format(name, name)
        )
        for statement in revokes:
            connection.execute(statement.encode())


def _drain(connection: psycopg.Connection[Any], tenant_id: str) -> None:
    deadline = time.monotonic() + DRAIN_SECONDS
    while running := connection.execute(_RUNNING, {"label": tenant_id}).fetchall():
        if time.monotonic() > deadline:
            for (pid,) in running:
                connection.execute("SELECT pg_terminate_backend(%s, 1000)", [pid])
        time.sleep(0.02)
