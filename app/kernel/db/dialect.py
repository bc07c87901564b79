"""The transaction's own BEGIN carries the role, the path and the time limit, so switching costs no round trip."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from sqlalchemy import Connection as SaConnection
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import make_url

from app.kernel.db.pool import CONNECTION_LIFE_SECONDS, AffinityPool

DRIVER = "postgresql+boptone"
PLANS_PER_CONNECTION = 500
"""Prepared statements that a backend keeps, the least used going first; each takes some 20 kB there."""


class NoLabelBound(RuntimeError):
    """A transaction was begun on an engine without saying whose it is; no SQL was sent."""


class LabelConnection(psycopg.Connection[Any]):
    """A driver connection that keeps the opening message of the next transaction, and whose it is."""

    opening: bytes | None = None
    owner: str = ""


class LabelDialect(PGDialect_psycopg):
    """psycopg's dialect with our BEGIN; the driver is in autocommit and sends none of its own."""

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: Any) -> None:
        """Send the opening message prepared for this transaction, once; refuse to begin without one."""
        # SQLAlchemy hands over its proxy: an attribute set on that would never reach the driver's connection, and the
        # label of the last transaction would be the label of the next.
        driver = getattr(dbapi_connection, "dbapi_connection", dbapi_connection)
        opening, driver.opening = driver.opening, None
        if opening is None:
            raise NoLabelBound("no label is bound to this transaction")
        if driver.pgconn.transaction_status != TransactionStatus.IDLE:
            driver.close()  # whose transaction this is nobody can tell; it serves no one any more
        send(driver, opening)

    def do_execute(self, cursor: Any, statement: str, parameters: Any, _context: Any = None) -> None:
        """Send a statement under its label's name.

        The server throws a prepared plan away when the search path changes. With the label in its text every label has
        plans of its own, which stay, and the server's own views of running statements tell whose they are.
        """
        cursor.execute(f"/* {cursor.connection.owner} */ {statement}", parameters)


def send(driver: psycopg.Connection[Any], message: bytes) -> None:
    """Send one message of several statements, the last of them a command; a cursor would cost more than the server."""
    result = driver.pgconn.exec_(message)
    if result.status != ExecStatus.COMMAND_OK:
        if driver.pgconn.status == ConnStatus.BAD:
            raise psycopg.OperationalError(driver.pgconn.get_error_message())
        raise psycopg.errors.error_from_result(result)


registry.register("postgresql.boptone", __name__, "LabelDialect")


def make_engine(url: str, *, size: int, prepare: bool = True, **pool_options: Any) -> Engine:
    """Make an engine whose every transaction must name its opening through the execution option `opening`.

    `prepare=False` suits poolers in transaction mode that do not follow prepared statements.
    """
    engine = create_engine(
        make_url(url).set(drivername=DRIVER),
        poolclass=AffinityPool,
        size=size,
        pool_reset_on_return="rollback",
        pool_recycle=CONNECTION_LIFE_SECONDS,
        hide_parameters=True,
        **pool_options,
    )

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, args: Any, params: dict[str, Any]) -> LabelConnection:
        connection = LabelConnection.connect(*args, **params, autocommit=True, application_name="boptone")
        connection.prepare_threshold = 5 if prepare else None
        connection.prepared_max = PLANS_PER_CONNECTION
        return connection

    @event.listens_for(engine, "begin")
    def carry(connection: SaConnection) -> None:
        options = connection.get_execution_options()
        opening = options.get("opening")
        driver: Any = connection.connection.dbapi_connection
        driver.opening = opening
        if label := options.get("label"):
            driver.owner = label
            engine.pool.served(connection.info, label)  # type: ignore[attr-defined]  # an AffinityPool

    return engine
