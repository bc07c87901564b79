"""Moving a label to another cell: pause, fence, copy, compare, flip, clean up; each step may crash and be resumed."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.db import current, platform_read, platform_work
from app.kernel.db.database import owner_session
from app.kernel.errors import Conflict
from app.kernel.tenant import TenantState
from migrations.compiled import head_script
from tenants import operations
from tenants.archive.exporting import copy_out
from tenants.archive.format import MADE_ANEW, RESTAMPED, identities_of, ordered_tables
from tenants.cells import fence
from tenants.lifecycle.service import require_state
from tenants.provisioning.errors import CellUnknown
from tenants.provisioning.skeleton import build_label, is_ours
from tenants.registry.models import Operation, TenantRow
from tenants.registry.queries import tenant_row

SETTLE_SECONDS = 2.5
"""After the flip every process has heard of it within this time; only then does the old copy go."""

_ALL_COLUMNS = """
SELECT c.relname, array_agg(a.attname ORDER BY a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE n.nspname = %s AND c.relkind = 'r' GROUP BY c.relname
"""
_OUTBOX = ("id", "label", "epoch", "task", "args", "key", "queue", "trace", "asked_at", "run_at", "sends", "claimed",
           "attempts", "max_attempts", "parked_at", "problem")  # fmt: skip
_HEAD = ("tenant_id", "position", "hash", "sealed_at")


class CopyDiffers(Conflict):
    """What arrived in the new cell is not what left the old one; the label stays where it was."""

    message = "The copy of %(table)s differs from the original. Nothing was moved; try again."


class AlreadyThere(Conflict):
    """The label is in that cell."""

    message = "“%(name)s” is in cell %(cell)s already."


def move(name: str, cell: str, *, request_key: str | None = None) -> Operation:
    """Move a label to `cell` with a pause of its writes; asked again after a failure, it goes on where it stopped."""
    if cell not in current().settings.owner_urls:
        raise CellUnknown(cell=cell)
    with platform_read() as session:
        row = tenant_row(session, name)
        tenant_id, source, epoch = row.id, row.cell, row.epoch
        known = _running(session, tenant_id)
        if known is None and source == cell:
            raise AlreadyThere(name=name, cell=cell)
        require_state(row, (TenantState.ACTIVE, TenantState.SUSPENDED, TenantState.MOVING))
    if known is None:
        key = request_key or f"{tenant_id}:{epoch}:{cell}"
        known = operations.start("move", tenant_id, request_key=key, args={"source": source, "target": cell})
    return operations.run(known)


def _running(session: Session, tenant_id: str) -> UUID | None:
    query = select(Operation.id).where(
        Operation.tenant_id == tenant_id, Operation.kind == "move", Operation.state == "running"
    )
    return session.scalar(query)


def _pause(operation: Operation) -> None:
    before = fence.pause(str(operation.tenant_id))
    if before != TenantState.MOVING:
        operation.args = {**operation.args, "state": before}


def _fence(operation: Operation) -> None:
    fence.close_writes(current().settings, str(operation.tenant_id), operation.args["source"])


def _copy(operation: Operation) -> None:
    """Build the label anew in the target and copy every row; whatever an earlier try left there goes first."""
    tenant_id, args, settings = str(operation.tenant_id), operation.args, current().settings
    with platform_read() as session:
        revision = session.get_one(TenantRow, tenant_id).schema_revision
    with owner_session(settings, args["source"]) as source, owner_session(settings, args["target"]) as target:
        with source.transaction(), target.transaction():
            source.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            if is_ours(target, tenant_id):
                target.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(tenant_id)))
            build_label(target, tenant_id, ddl=head_script(through=revision))
            tables = _ordered_tables(source, tenant_id)
            for table, columns in tables:
                if table not in MADE_ANEW:
                    _copy_table(source, target, tenant_id, table, columns)
            for table in MADE_ANEW.keys() & dict(tables):
                _compare_table(source, target, tenant_id, table)
            _copy_counters(source, target, tenant_id)
            _copy_shared(source, target, tenant_id)


def _ordered_tables(source: psycopg.Connection[Any], tenant_id: str) -> list[tuple[str, list[str]]]:
    tables = dict(source.execute(_ALL_COLUMNS, [tenant_id]).fetchall())
    return [(table, tables[table]) for table in ordered_tables(source, tenant_id, tables)]


def _copy_table(
    source: psycopg.Connection[Any], target: psycopg.Connection[Any], tenant_id: str, table: str, columns: list[str]
) -> None:
    """Copy one table and compare what arrived; a transaction's number is the only value that is stamped anew."""
    columns = [column for column in columns if (table, column) not in RESTAMPED]
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(tenant_id, table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with target.cursor() as cursor, cursor.copy(into) as rows:
        left = copy_out(source, tenant_id, table, columns, rows)
    arrived = copy_out(target, tenant_id, table, columns, _Nowhere())
    if arrived.sha256 != left.sha256:
        raise CopyDiffers(table=table)


def _compare_table(
    source: psycopg.Connection[Any], target: psycopg.Connection[Any], tenant_id: str, table: str
) -> None:
    """Compare what the target's database made of the rows that arrived."""
    left, made = (copy_out(side, tenant_id, table, MADE_ANEW[table], _Nowhere()) for side in (source, target))
    if made.sha256 != left.sha256:
        raise CopyDiffers(table=table)


class _Nowhere:
    def write(self, _: bytes) -> None:
        """Forget."""


def _copy_counters(source: psycopg.Connection[Any], target: psycopg.Connection[Any], tenant_id: str) -> None:
    for table, column in identities_of(source, tenant_id):
        qualified = [f'"{tenant_id}"."{table}"', column]
        found = source.execute("SELECT pg_get_serial_sequence(%s, %s)", qualified).fetchone()
        if found is None:
            continue
        counter = source.execute(f"SELECT last_value, is_called FROM {found[0]}".encode()).fetchone()
        if counter is not None:
            target.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s, %s)", [*qualified, *counter])


def _copy_shared(source: psycopg.Connection[Any], target: psycopg.Connection[Any], tenant_id: str) -> None:
    """What belongs to the label in a cell's shared tables: work that is not done, and the end of its chain."""
    for table, columns, mine in (
        ("outbox", _OUTBOX, "label = {} AND done_at IS NULL"),
        ("activity_heads", _HEAD, "tenant_id = {}"),
    ):
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        where = sql.SQL(mine).format(sql.Literal(tenant_id))
        target.execute(sql.SQL("DELETE FROM {} WHERE ").format(sql.Identifier("shared", table)) + where)
        out = sql.SQL("COPY (SELECT {} FROM {} WHERE ").format(names, sql.Identifier("shared", table)) + where
        into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier("shared", table), names)
        with source.cursor() as reading, reading.copy(out + sql.SQL(") TO STDOUT")) as rows:
            with target.cursor() as writing, writing.copy(into) as sink:
                for chunk in rows:
                    sink.write(chunk)


def _flip(operation: Operation) -> None:
    """One registry transaction: from here on the label lives in the target."""
    args = operation.args
    with platform_work() as session:
        row = session.get_one(TenantRow, operation.tenant_id, with_for_update=True)
        if row.cell != args["target"]:
            row.cell, row.state = args["target"], args.get("state", TenantState.ACTIVE)


def _clean(operation: Operation) -> None:
    """Drop the old copy, once no process can still read it."""
    time.sleep(SETTLE_SECONDS)
    tenant_id, cell = str(operation.tenant_id), operation.args["source"]
    with owner_session(current().settings, cell) as connection, connection.transaction():
        if is_ours(connection, tenant_id):
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(tenant_id)))
        connection.execute("DELETE FROM shared.outbox WHERE label = %s", [tenant_id])
        connection.execute("DELETE FROM shared.activity_heads WHERE tenant_id = %s", [tenant_id])


operations.define(
    "move",
    [("pause", _pause), ("fence", _fence), ("copy", _copy), ("flip", _flip), ("clean", _clean)],
)
