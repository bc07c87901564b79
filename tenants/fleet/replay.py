"""One revision on one label: one message, one transaction, stamp and ledger included."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from app.kernel.db.dialect import send
from app.kernel.tenant import is_tenant_id
from migrations.compiled import LabelRevision, for_label

LOCK_TIMEOUT = "2s"
ERROR_LENGTH = 500
TAKEN = "BP001"
"""The SQLSTATE with which a replay says that somebody else has this label in hand."""


def message(revision: LabelRevision, tenant_id: str, cell: str) -> bytes:
    """The whole transaction of one replay."""
    if not is_tenant_id(tenant_id):
        raise ValueError("not a label id")
    step = f"'{tenant_id}', {sql.quote(revision.id)}"
    parts = [
        f"BEGIN; SET LOCAL lock_timeout = '{LOCK_TIMEOUT}';",
        f'SET LOCAL search_path = "{tenant_id}", ext, pg_temp;',
        f"SELECT shared.take_step({step});",
        revision.sql_for(tenant_id),
        f"SELECT shared.stamp_step({step}, {sql.quote(cell)});",
        "COMMIT",
    ]
    return "\n".join(parts).encode()


def replay(connection: psycopg.Connection[Any], revision: LabelRevision, tenant_id: str, cell: str) -> None:
    """Bring one label one revision further on an owner's connection in autocommit."""
    try:
        if revision.concurrently:
            _replay_concurrently(connection, revision, tenant_id)
        send(connection, message(revision, tenant_id, cell))
    except BaseException:
        _leave(connection)
        raise


def try_out(connection: psycopg.Connection[Any], revisions: Sequence[LabelRevision], tenant_id: str) -> dict[str, str]:
    """Run revisions on a label, take everything back, and give the problem of the one that failed, if any."""
    if not is_tenant_id(tenant_id):
        raise ValueError("not a label id")
    with connection.transaction(force_rollback=True):
        connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'".encode())
        connection.execute(f'SET LOCAL search_path = "{tenant_id}", ext, pg_temp'.encode())
        for revision in revisions:
            try:
                if not revision.concurrently:
                    connection.execute(revision.sql_for(tenant_id).encode())
            except psycopg.Error as problem:
                return {revision.id: sentence(problem)}
    return {}


def sentence(problem: psycopg.Error) -> str:
    """The first line of what the database said."""
    return str(problem).strip().partition("\n")[0][:ERROR_LENGTH]


def _replay_concurrently(connection: psycopg.Connection[Any], revision: LabelRevision, tenant_id: str) -> None:
    """Run statements that no transaction allows; an index that a crash left invalid is dropped and made again."""
    connection.execute(sql.SQL("SET search_path = {}, ext, pg_temp").format(sql.Identifier(tenant_id)))
    connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'".encode())
    try:
        for (name,) in connection.execute(_INVALID, [tenant_id]).fetchall():
            drop = sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(sql.Identifier(tenant_id, name))
            connection.execute(drop)
        for statement in revision.concurrently:
            connection.execute(for_label(statement, tenant_id).encode())
    finally:
        connection.execute("RESET search_path")
        connection.execute("RESET lock_timeout")


_INVALID = """
SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND NOT i.indisvalid
"""


def _leave(connection: psycopg.Connection[Any]) -> None:
    if not connection.closed and not connection.broken:
        connection.execute("ROLLBACK")
