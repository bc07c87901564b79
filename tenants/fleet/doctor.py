"""Compares what is with what should be, and names every difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from app.kernel.db.database import LOGIN_ROLE, OWNER_ROLE, PLATFORM_ROLE, raw_owner_connection
from app.kernel.tenant import TenantState, is_tenant_id
from app.settings import HOME_CELL, Settings
from migrations.compiled import label_head
from tenants.fleet.fingerprint import Fingerprint, differences, head_fingerprint, objects_of, write_head
from tenants.provisioning.skeleton import MARKER, build_label
from tenants.provisioning.spares import LABELS_PER_CELL

ABSENT = (TenantState.CLOSED, TenantState.PROVISIONING)
NO_SUCH_CELL = "lies in the cell {cell}, which the settings do not know; name its database in CELL_URLS"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be; `label` is a slug or id, empty for the cell as a whole."""

    cell: str
    label: str
    problem: str


def examine(settings: Settings) -> list[Finding]:
    """Look at every cell; an empty list is good health."""
    with raw_owner_connection(settings, HOME_CELL) as home:
        rows = home.execute(
            "SELECT id, coalesce(slug, id), cell, state, schema_revision, quarantine FROM shared.tenants"
        ).fetchall()
    present = [row for row in rows if row[3] not in ABSENT]
    lost = [row for row in present if row[2] not in settings.owner_urls]
    findings = [Finding(cell, label, NO_SUCH_CELL.format(cell=cell)) for _, label, cell, *_ in lost]
    for cell in settings.owner_urls:
        mine = [row for row in present if row[2] == cell]
        with raw_owner_connection(settings, cell) as connection:
            findings += [Finding(cell, label, problem) for label, problem in _labels(connection, mine)]
            findings += [Finding(cell, "", problem) for problem in _strays(connection, mine)]
            findings += [Finding(cell, "", problem) for problem in role_problems(connection)]
    return findings


def render_head(settings: Settings) -> Fingerprint:
    """Build a label at head, look at it, take it back, and keep what was seen."""
    from app.kernel.ids import new_tenant_id

    tenant_id = new_tenant_id()
    with raw_owner_connection(settings, HOME_CELL) as connection:
        with connection.transaction(force_rollback=True):
            connection.execute(f"SET LOCAL ROLE {OWNER_ROLE}".encode())
            build_label(connection, tenant_id)
            # Building left the extensions on the path; definitions are spelled by it, and labels are looked at without.
            connection.execute("SET LOCAL search_path TO DEFAULT")
            objects = objects_of(connection, [tenant_id])[tenant_id]
        fingerprint = Fingerprint(label_head(), objects)
    write_head(fingerprint)
    return fingerprint


def _labels(connection: psycopg.Connection[Any], rows: list[tuple[Any, ...]]) -> list[tuple[str, str]]:
    """Each label's own differences; one that waits for its migration is told so and not compared."""
    wanted = head_fingerprint()
    found = objects_of(connection, [row[0] for row in rows])
    problems: list[tuple[str, str]] = []
    for tenant_id, name, _, _, revision, quarantine in rows:
        if quarantine:
            problems.append((name, f"is quarantined: {quarantine}"))
        elif tenant_id not in found:
            problems.append((name, "has no schema"))
        elif revision != wanted.revision:
            problems.append((name, f"is at revision {revision}, head is {wanted.revision}; run `boptone migrate`"))
        else:
            problems += [(name, sentence) for sentence in differences(wanted.objects, found[tenant_id])]
    return problems


def _strays(connection: psycopg.Connection[Any], rows: list[tuple[Any, ...]]) -> list[str]:
    """Schemas of ours that the registry does not know; what lacks our marker is somebody else's and left alone."""
    known = {row[0] for row in rows}
    schemas = connection.execute(
        "SELECT nspname, obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname LIKE 'l\\_%'"
    ).fetchall()
    return [
        f"schema {name} carries our marker and no label has it"
        for name, comment in schemas
        if is_tenant_id(name) and comment == MARKER and name not in known
    ]


_ROLE_CHECKS = (
    (
        f"SELECT 1 FROM pg_roles WHERE rolname = '{LOGIN_ROLE}' AND rolcanlogin AND NOT rolinherit AND NOT rolsuper "
        "AND NOT rolcreaterole AND NOT rolcreatedb AND NOT rolbypassrls AND NOT rolreplication",
        f"the role {LOGIN_ROLE} has more rights than to sign in",
    ),
    (
        f"SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_class WHERE relowner = '{LOGIN_ROLE}'::regrole) "
        f"AND NOT EXISTS (SELECT FROM pg_namespace WHERE nspowner = '{LOGIN_ROLE}'::regrole)",
        f"the role {LOGIN_ROLE} owns something",
    ),
    (
        "SELECT 1 WHERE NOT has_database_privilege('public', current_database(), 'CREATE, TEMPORARY')",
        "everyone may create schemas or temporary tables in this database",
    ),
    (
        "SELECT 1 WHERE NOT has_function_privilege('public', 'pg_catalog.set_config(text,text,boolean)', 'EXECUTE')",
        "everyone may call set_config; a superuser can revoke it: "
        "REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC",
    ),
    (
        "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname ~ '^l_[0-9a-hjkmnp-tv-z]{26}$' "
        "AND (r.rolcanlogin OR r.rolsuper OR r.rolcreaterole OR r.rolbypassrls))",
        "a label's role may sign in or has rights beyond its schema",
    ),
    (
        "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member "
        "WHERE r.rolname ~ '^l_[0-9a-hjkmnp-tv-z]{26}$')",
        "a label's role is a member of another role",
    ),
    (
        f"SELECT 1 WHERE (SELECT count(*) FROM pg_auth_members WHERE member = '{LOGIN_ROLE}'::regrole) <= "
        f"{LABELS_PER_CELL + 1}",
        f"more than {LABELS_PER_CELL} label roles hang on one login; open another cell",
    ),
    (
        f"SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, "
        f"aclexplode(c.relacl) a WHERE n.nspname ~ '^l_' AND a.grantee = '{PLATFORM_ROLE}'::regrole)",
        f"the role {PLATFORM_ROLE} may read a label's table",
    ),
)


def role_problems(connection: psycopg.Connection[Any]) -> list[str]:
    """What is wrong with the rights of everyone, of the login and of the labels' roles, a sentence each."""
    return [problem for check, problem in _ROLE_CHECKS if connection.execute(check.encode()).fetchone() is None]
