"""A label with everything: what a demo label has, and a made-up row in every table where that has none."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from app.kernel import ids
from app.kernel.tenant import Tenant
from app.main.scenes import SCENES, furnish
from tenants.provisioning.service import open_label
from tests.services import Services

BY_TYPE: dict[str, Any] = {
    "boolean": False, "smallint": 1, "integer": 1, "bigint": 1, "numeric": 1, "real": 1, "double precision": 1,
    "date": "2026-01-01", "timestamp with time zone": "2026-01-01T00:00:00Z", "time without time zone": "12:00",
    "jsonb": "{}", "bytea": b"x", "ARRAY": "{}", "character": "EUR", "interval": "1 day", "tsvector": "x",
}  # fmt: skip
SOME_ID = UUID("01a00000-0000-7000-8000-000000000001")
SHARED_ID = UUID("01ff0000-0000-7000-8000-000000000001")
"""Newer than any id that is drawn."""
TOGETHER: dict[str, dict[str, Any]] = {
    "artist_grants": {"rights": ["money"]},
    "contract_batches": {"file_id": SOME_ID, "template_id": SOME_ID},
    "contract_signers": {"token_hash": b"x"},
    "packages": {"state": "asked", "release_id": SOME_ID},
    "payouts": {"gross_micros": 4, "sent_micros": 1},
    "preview_choices": {"start_ms": 0, "length_ms": 30_000},
    "renditions": {"state": "failed"},
    "security_policy": {"idle_minutes": 60},
    "sso_role_rules": {"role": "legal"},
    "store_sales": {"net_micros": -2, "gross_micros": 1},
}
"""What rules about several columns ask for."""
_COLUMNS = (
    "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = %s AND table_name = %s "
    "AND is_nullable = 'NO' AND is_generated = 'NEVER' AND column_default IS NULL AND is_identity = 'NO'"
)
_CHECKS = (
    "SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c WHERE c.contype = 'c' "
    "AND c.conrelid = format('%%I.%%I', %s::text, %s::text)::regclass"
)
_REFERENCES = (
    "SELECT conrelid::regclass::text, a.attname FROM pg_constraint "
    "JOIN unnest(conkey, confkey) AS pair (here, there) ON true "
    "JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = here "
    "JOIN pg_attribute o ON o.attrelid = confrelid AND o.attnum = there AND o.attname = 'id' "
    "WHERE contype = 'f' AND confrelid = format('%%I.%%I', %s::text, %s::text)::regclass"
)
_NAMED = (
    "SELECT table_name, array_agg(column_name::text ORDER BY column_name) FROM information_schema.columns "
    "JOIN pg_tables ON schemaname = table_schema AND tablename = table_name "
    "WHERE table_schema = %s AND (column_name = 'id' AND data_type = 'uuid' OR column_name = ANY (%s)) GROUP BY 1"
)
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1"


def furnished(slug: str) -> Tenant:
    """A demo label with everything that `boptone up` gives it but pictures and sound."""
    scene = next(scene for scene in SCENES if scene.slug == slug)
    tenant = open_label(scene.wish())
    furnish(tenant, scene, with_media=False)
    return tenant


def fill_up(tenant: Tenant, services: Services, database: str, *, mark: str) -> None:
    """Give every table that is still empty a row that says `mark`; one that no row can be made up for is an error."""
    with services.superuser(database) as connection:
        connection.execute("SET session_replication_role = replica")  # rows that hang on nothing, written past triggers
        for (table,) in connection.execute(_TABLES, [tenant.id]).fetchall():
            name = sql.Identifier(tenant.id, table)
            if connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(name)).fetchone() is None:
                _make_up(connection, tenant.id, table, mark)


def share_one_id(tenant: Tenant, services: Services, database: str, *, names: tuple[str, ...]) -> UUID:
    """Give the newest row of every table one and the same id, and what points at it along, and these names where rules let it.

    Who asks for that id asks for a row of every table at once, and in an address with several places for all of them.
    """
    with services.superuser(database) as connection:
        connection.execute("SET session_replication_role = replica")
        found = connection.execute(_NAMED, [tenant.id, list(names)]).fetchall()
        renamed = [(table, _newest(connection, tenant.id, table, columns)) for table, columns in found]
        for (table, row), (_, columns) in zip(renamed, found, strict=True):
            for column in columns:
                if row[column] is not None:
                    _rename(connection, tenant.id, table, column, row[column])
    return SHARED_ID


def _newest(connection: psycopg.Connection[Any], schema: str, table: str, columns: list[str]) -> dict[str, Any]:
    order = sql.Identifier("id" if "id" in columns else columns[0])
    query = sql.SQL("SELECT {} FROM {} ORDER BY {} DESC LIMIT 1").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(schema, table), order
    )
    return dict(zip(columns, connection.execute(query).fetchone() or [None] * len(columns), strict=True))


def _rename(connection: psycopg.Connection[Any], schema: str, table: str, column: str, old: Any) -> None:
    update = "UPDATE {} SET {} = %s WHERE {} = %s"
    name = sql.Identifier(column)
    with suppress(psycopg.errors.CheckViolation, psycopg.errors.UniqueViolation), connection.transaction():
        connection.execute(sql.SQL(update).format(sql.Identifier(schema, table), name, name), [SHARED_ID, old])
        if column == "id":
            for child, points in connection.execute(_REFERENCES, [schema, table]).fetchall():
                there = sql.Identifier(points)
                connection.execute(sql.SQL(update).format(sql.SQL(child), there, there), [SHARED_ID, old])


def _make_up(connection: psycopg.Connection[Any], schema: str, table: str, mark: str) -> None:
    checks = [text for (text,) in connection.execute(_CHECKS, [schema, table])]
    columns = connection.execute(_COLUMNS, [schema, table]).fetchall()
    wanted = {name: _value(name, kind, checks, mark) for name, kind in columns} | TOGETHER.get(table, {})
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(schema, table),
        sql.SQL(", ").join(map(sql.Identifier, wanted)),
        sql.SQL(", ").join(sql.Placeholder() * len(wanted)),
    )
    connection.execute(statement, list(wanted.values()))


def _value(name: str, kind: str, checks: list[str], mark: str) -> Any:
    if kind == "uuid":
        return ids.new_id()
    if kind != "text":
        return BY_TYPE[kind]
    for check in checks:
        if found := re.search(rf"\b{name} = ANY \(ARRAY\['([^']+)'", check):
            return found[1]
        if found := re.search(rf"\b{name} = '([^']+)'", check):
            return found[1]
    return mark
