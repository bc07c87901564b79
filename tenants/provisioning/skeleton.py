"""A label's schema, role, grants and tables, made from the static script by the owner of the schemas."""

from __future__ import annotations

from functools import cache
from typing import Any

import psycopg

from app.kernel.db.database import LOGIN_ROLE, OWNER_ROLE
from app.kernel.tenant import is_tenant_id
from migrations.compiled import for_label, head_script

MARKER = "one label; made by the provisioner"
"""The comment on every schema and role of ours: without it nothing is adopted and nothing dropped."""

_SKELETON = f"""
CREATE ROLE "{{id}}" NOLOGIN NOINHERIT;
COMMENT ON ROLE "{{id}}" IS '{MARKER}';
GRANT "{{id}}" TO {LOGIN_ROLE};
{{schema}}
"""

_SCHEMA = f"""
CREATE SCHEMA "{{id}}";
COMMENT ON SCHEMA "{{id}}" IS '{MARKER}';
GRANT USAGE ON SCHEMA "{{id}}" TO "{{id}}";
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER_ROLE} IN SCHEMA "{{id}}"
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "{{id}}";
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER_ROLE} IN SCHEMA "{{id}}" GRANT USAGE ON SEQUENCES TO "{{id}}";
SET LOCAL search_path = "{{id}}", ext, pg_temp;
"""


@cache
def _static_ddl() -> str:
    return head_script()


def build_label(connection: psycopg.Connection[Any], tenant_id: str, *, ddl: str | None = None) -> None:
    """Make role, schema, grants and tables of one label in the caller's transaction, as one message.

    `ddl` is compiled SQL with the placeholder; the default is the whole script at head.
    """
    schema = _SCHEMA.format(id=_checked(tenant_id))
    role_exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [tenant_id]).fetchone()
    opening = schema if role_exists else _SKELETON.format(id=tenant_id, schema=schema)
    script = opening + for_label(_static_ddl() if ddl is None else ddl, tenant_id)
    connection.execute(script.encode())
    connection.execute("SET LOCAL search_path = ext, pg_temp")


def build_tables(connection: psycopg.Connection[Any], schema: str, *, through: str, role: str) -> None:
    """Build the tables of an existing, empty schema of ours up to a revision, with the rights of `role`."""
    connection.execute(f'SET LOCAL search_path = "{_checked(schema)}", ext, pg_temp'.encode())
    connection.execute(for_label(head_script(through=through), role).encode())
    connection.execute("SET LOCAL search_path = ext, pg_temp")


def _checked(tenant_id: str) -> str:
    if not is_tenant_id(tenant_id):
        raise ValueError("not a label id")
    return tenant_id


def is_ours(connection: psycopg.Connection[Any], tenant_id: str) -> bool:
    """Tell whether the schema of this name carries our marker."""
    found = connection.execute(
        "SELECT obj_description(oid, 'pg_namespace') = %s FROM pg_namespace WHERE nspname = %s", [MARKER, tenant_id]
    ).fetchone()
    return bool(found and found[0])
