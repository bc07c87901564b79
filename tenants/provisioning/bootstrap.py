"""What a database needs before it can hold labels: roles, schemas, and the shared tables at head."""

from __future__ import annotations

import time
from threading import Lock
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine import make_url

from app.kernel.db.database import LOGIN_ROLE, OWNER_ROLE, PLATFORM_ROLE, raw_owner_connection
from app.settings import Settings
from migrations.compiled import HERE

ROLE_TRIES = 10
ROLE_PAUSE_SECONDS = 0.05
BOOTSTRAP_LOCK = 0x60F7
"""The advisory lock under which one process at a time prepares a database."""

EXTENSIONS = ("pg_trgm", "unaccent", "btree_gist")
IDLE_IN_TRANSACTION_LIMIT = "60s"
LOCK_WAIT_LIMIT = "3s"

_upgrading = Lock()


def prepare_cells(settings: Settings) -> None:
    """Bring every cell's roles, schemas and shared tables to head; running it again changes nothing."""
    for cell in settings.owner_urls:
        prepare_cell(settings, cell)


def prepare_cell(settings: Settings, cell: str) -> None:
    """Bring one cell's roles, schemas and shared tables to head under a lock."""
    with raw_owner_connection(settings, cell) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [BOOTSTRAP_LOCK])
        _create_roles(connection, settings)
        _create_schemas(connection)
        _close_doors(connection)
        upgrade_shared(settings, cell)


def upgrade_shared(settings: Settings, cell: str, revision: str = "head") -> None:
    """Run the shared history up to `revision` in one transaction as the owner role."""
    # Alembic keeps its state in module globals: two upgrades in one process would take each other's away.
    with _upgrading:
        _upgrade(settings, cell, revision)


def _upgrade(settings: Settings, cell: str, revision: str) -> None:
    url = make_url(settings.owner_urls[cell]).set(drivername="postgresql+psycopg")
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL ROLE {OWNER_ROLE}")
        connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(HERE / "shared"))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, revision)
    engine.dispose()


def _create_roles(connection: psycopg.Connection[Any], settings: Settings) -> None:
    _create_role(connection, OWNER_ROLE, "NOLOGIN CREATEROLE")
    _create_role(connection, LOGIN_ROLE, "LOGIN NOINHERIT")
    _create_role(connection, PLATFORM_ROLE, "NOLOGIN")
    login = sql.Identifier(LOGIN_ROLE)
    statements = (
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(login, sql.Literal(settings.login_password)),
        sql.SQL("ALTER ROLE {} SET idle_in_transaction_session_timeout = {}").format(
            login, sql.Literal(IDLE_IN_TRANSACTION_LIMIT)
        ),
        sql.SQL("ALTER ROLE {} SET lock_timeout = {}").format(login, sql.Literal(LOCK_WAIT_LIMIT)),
        sql.SQL("GRANT {} TO {}").format(sql.Identifier(PLATFORM_ROLE), login),
    )
    for statement in statements:
        _say(connection, statement)
    if connection.info.user != OWNER_ROLE:
        _say(connection, sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(OWNER_ROLE)))


def _say(connection: psycopg.Connection[Any], statement: sql.Composed) -> None:
    """Change a role; another database of the same server may be changing it at this moment, where no lock is common."""
    for attempt in range(1, ROLE_TRIES + 1):
        try:
            connection.execute(statement)
        except psycopg.errors.InternalError_:  # "tuple concurrently updated"
            if attempt == ROLE_TRIES:
                raise
            time.sleep(ROLE_PAUSE_SECONDS * attempt)
        else:
            return


def _create_role(connection: psycopg.Connection[Any], name: str, options: str) -> None:
    """Roles belong to the whole server: two databases of one server prepared at once must both succeed."""
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
        return
    try:
        connection.execute(sql.SQL("CREATE ROLE {} " + options).format(sql.Identifier(name)))
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        return


def _create_schemas(connection: psycopg.Connection[Any]) -> None:
    row = connection.execute("SELECT current_database()").fetchone()
    database = sql.Identifier(row[0] if row else "")
    owner = sql.Identifier(OWNER_ROLE)
    for schema in ("shared", "ext"):
        connection.execute(
            sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(sql.Identifier(schema), owner)
        )
    connection.execute("GRANT USAGE ON SCHEMA ext TO PUBLIC")
    connection.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(database, owner))
    connection.execute(sql.SQL("REVOKE CREATE, TEMPORARY ON DATABASE {} FROM PUBLIC").format(database))
    available = connection.execute(
        "SELECT name FROM pg_available_extensions WHERE name = ANY(%s)", [list(EXTENSIONS)]
    ).fetchall()
    for (name,) in available:
        connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA ext").format(sql.Identifier(name)))


def _close_doors(connection: psycopg.Connection[Any]) -> None:
    """Take from everyone what lets an expression change who it runs as; only a superuser can: `doctor` looks again."""
    connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if row and row[0]:
        connection.execute("REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC")
