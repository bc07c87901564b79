"""Erasing a label for good: key first, then tables in batches, schema, role, files; a tombstone stays."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg import sql
from sqlalchemy import select, update

from app.kernel import clock, crypto, files
from app.kernel.actor import Actor
from app.kernel.db import owner_work, platform_read, platform_work
from app.kernel.tenant import TenantState
from tenants import operations
from tenants.lifecycle.errors import StillInGrace, WrongState
from tenants.lifecycle.service import close, require_state
from tenants.provisioning.skeleton import is_ours
from tenants.registry.models import HostRow, Operation, TenantRow
from tenants.registry.queries import tenant_row

TABLES_AT_ONCE = 10
"""Dropping a table takes about twenty locks; a batch stays far below max_locks_per_transaction."""


def erase(name: str, *, by: Actor, even_in_grace: bool = False) -> UUID:
    """Erase a closing label and everything of it, leaving its id, slug and hosts as a tombstone nobody can take."""
    with platform_read() as session:
        row = tenant_row(session, name)
        if row.state != TenantState.CLOSED:
            require_state(row, (TenantState.CLOSING,))
            _require_grace_over(row, even_in_grace=even_in_grace)
        tenant_id, cell = row.id, row.cell
    args = {"cell": cell, "by": by.name}
    return operations.run(operations.start("erase", tenant_id, request_key=tenant_id, args=args)).id


def _require_grace_over(row: TenantRow, *, even_in_grace: bool) -> None:
    if even_in_grace or row.erase_after is None or row.erase_after <= clock.now():
        return
    raise StillInGrace(name=row.slug, date=row.erase_after.date().isoformat())


def _erase_sandboxes(operation: Operation) -> None:
    """A copy of the label goes with it, whatever is in it."""
    with platform_read() as session:
        copies = select(TenantRow.id).where(
            TenantRow.sandbox_of == operation.tenant_id, TenantRow.state != TenantState.CLOSED
        )
        found = list(session.scalars(copies))
    for each in found:
        with suppress(WrongState):  # it is closing already
            close(each, by=Actor.system(None), grace=timedelta())
        erase(each, by=Actor.system(None), even_in_grace=True)


def _seal_registry(operation: Operation) -> None:
    """From here on no process finds the label: hosts rest for ever, tokens and tasks of older epochs are void."""
    with platform_work() as session:
        row = session.get_one(TenantRow, operation.tenant_id, with_for_update=True)
        if row.state == TenantState.CLOSED:
            return
        row.state, row.closed_at, row.fence_epoch = TenantState.CLOSED, clock.now(), row.epoch + 1
        row.erase_after = None
        session.execute(
            update(HostRow)
            .where(HostRow.tenant_id == row.id, HostRow.state != "pending")
            .values(state="quarantined", is_primary=False, quarantined_until=None)
        )


def _erase_key(operation: Operation) -> None:
    """Without its key nothing that was encrypted for the label can be read again, backups included."""
    with platform_work() as session:
        crypto.erase_key(session, str(operation.tenant_id))


def _drop_tables(operation: Operation) -> None:
    """Drop the label's tables a few at a time, each batch in its own transaction."""
    while _drop_batch(str(operation.tenant_id), operation.args["cell"]):
        pass


def _drop_batch(tenant_id: str, cell: str) -> int:
    with owner_work(cell) as connection:
        if not is_ours(connection, tenant_id):
            return 0
        rows = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s LIMIT %s", [tenant_id, TABLES_AT_ONCE]
        ).fetchall()
        for (table,) in rows:
            name = sql.Identifier(tenant_id, table)
            connection.execute(sql.SQL("DROP TABLE {} CASCADE").format(name))
        return len(rows)


def _drop_schema(operation: Operation) -> None:
    """Drop the schema and its role, if they carry our marker; what is not ours is left and named by `doctor`."""
    tenant_id = str(operation.tenant_id)
    with owner_work(operation.args["cell"]) as connection:
        if is_ours(connection, tenant_id):
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(tenant_id)))
        _forget_jobs(connection, tenant_id)
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(tenant_id)))


def _forget_jobs(connection: Any, tenant_id: str) -> None:
    connection.execute("DELETE FROM shared.outbox WHERE label = %s", [tenant_id])
    connection.execute("DELETE FROM shared.schedules WHERE label = %s", [tenant_id])


def _erase_files(operation: Operation) -> None:
    files.erase_label(str(operation.tenant_id))


operations.define(
    "erase",
    [
        ("sandboxes", _erase_sandboxes),
        ("registry", _seal_registry),
        ("key", _erase_key),
        ("tables", _drop_tables),
        ("schema", _drop_schema),
        ("files", _erase_files),
    ],
)
