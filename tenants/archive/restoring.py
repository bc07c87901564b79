"""Back to an earlier state, or a second copy to try things in; neighbours notice nothing."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from app.kernel import activity, clock, ids, jobs
from app.kernel.actor import Actor
from app.kernel.db import current, owner_work, platform_read, platform_work, tenant_work
from app.kernel.db.database import OWNER_ROLE, owner_session
from app.kernel.tenant import Tenant
from tenants.archive.exporting import export_label
from tenants.archive.format import Manifest
from tenants.archive.importing import fill, import_archive, keep_imported_head, take_files, verified
from tenants.cells import fence
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label
from tenants.provisioning.skeleton import MARKER
from tenants.registry.models import TenantRow
from tenants.registry.queries import as_tenant

KEPT = "kept after a restore; made by the provisioner"
KEPT_FOR = timedelta(days=7)


def restore_label(tenant: Tenant, source: Path) -> tuple[Manifest, str]:
    """Bring a label back to the state of an archive: built beside, compared, then swapped in a short pause.

    Gives back the manifest and the id of the schema that keeps the replaced rows for a week. Whoever was signed in
    signs in again; tasks that were asked for before are parked.
    """
    manifest = verified(source)
    take_files(tenant, source, manifest)
    beside = ids.new_tenant_id()
    with owner_session(current().settings, tenant.cell) as connection, connection.transaction():
        _build_beside(connection, tenant, beside)
        fill(connection, beside, source, manifest, role=tenant.id)
    try:
        _swap(tenant, beside)
    except BaseException:
        with owner_work(tenant.cell) as connection:
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(beside)))
        raise
    restored = _fresh(tenant.id)
    with tenant_work(restored) as session:
        after = {"made_at": manifest.made_at, "kept": beside}
        activity.record(session, Actor.system(restored), "label.restored", after=after)
        jobs.ask_after_archive(session)
    return manifest, beside


def clone_to_sandbox(tenant: Tenant, *, slug: str) -> Tenant:
    """Open a label of its own that starts as a copy of another; no session, secret link or host comes along."""
    wish = OpenLabel(
        slug=slug,
        name=f"{tenant.name} (sandbox)",
        owner_email=f"sandbox@{slug}.{current().settings.base_domain}.invalid",
        request_key=f"sandbox:{tenant.id}:{slug}",
        cell=tenant.cell,
        time_zone=tenant.time_zone,
        currency=tenant.currency,
        languages=tenant.languages,
        sandbox_of=tenant.id,
    )
    sandbox = open_label(wish)
    with tempfile.TemporaryDirectory(dir=scratch()) as folder:
        archive = Path(folder) / "label.tar"
        export_label(tenant, archive)
        import_archive(sandbox, archive)
    return _fresh(sandbox.id)


def drop_kept(before: timedelta = KEPT_FOR) -> int:
    """Drop what restores replaced, a week later; give back how many schemas went."""
    dropped, limit = 0, (clock.now() - before).isoformat()
    for cell in current().settings.owner_urls:
        with owner_work(cell) as connection:
            kept = connection.execute(
                "SELECT nspname, obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname LIKE 'l\\_%'"
            ).fetchall()
            for name, comment in kept:
                if comment is not None and comment.startswith(KEPT) and comment.rpartition(" since ")[2] < limit:
                    connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))
                    dropped += 1
    return dropped


def _build_beside(connection: psycopg.Connection[Any], tenant: Tenant, beside: str) -> None:
    """A schema under another name whose rights already belong to the label."""
    name, role = sql.Identifier(beside), sql.Identifier(tenant.id)
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
    connection.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(name, sql.Literal(MARKER)))
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(name, role))
    for rights, kind in (("SELECT, INSERT, UPDATE, DELETE", "TABLES"), ("USAGE", "SEQUENCES")):
        connection.execute(
            sql.SQL(
                "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA {} GRANT " + rights + " ON " + kind + " TO {}"
            ).format(sql.Identifier(OWNER_ROLE), name, role)
        )


def _swap(tenant: Tenant, beside: str) -> None:
    """Pause the label, wait for its writers, exchange the two schemas' names, and raise the fence for old tasks."""
    before = fence.pause(tenant.id)
    try:
        fence.close_writes(current().settings, tenant.id, tenant.cell)
        with owner_work(tenant.cell) as connection:
            kept = ids.new_tenant_id()
            _rename(connection, tenant.id, kept)
            _rename(connection, beside, tenant.id)
            _rename(connection, kept, beside)
            comment = f"{KEPT} since {clock.now().isoformat()}"
            connection.execute(
                sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(beside), sql.Literal(comment))
            )
        _raise_fence(tenant.id)
        keep_imported_head(_fresh(tenant.id), replace_kept=True)
    finally:
        if not _is_swapped(tenant, beside):
            fence.open_writes(tenant.id, tenant.cell)
        fence.resume(tenant.id, before)


def _is_swapped(tenant: Tenant, beside: str) -> bool:
    with owner_work(tenant.cell) as connection:
        row = connection.execute(
            "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s", [beside]
        ).fetchone()
    return bool(row and str(row[0]).startswith(KEPT))


def _rename(connection: psycopg.Connection[Any], old: str, new: str) -> None:
    connection.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))


def _raise_fence(tenant_id: str) -> None:
    with platform_work() as session:
        row = session.get_one(TenantRow, tenant_id, with_for_update=True)
        row.fence_epoch = row.epoch + 1


def _fresh(tenant_id: str) -> Tenant:
    with platform_read() as session:
        return as_tenant(session.get_one(TenantRow, tenant_id))


def scratch() -> Path:
    """The folder for whole archives that are only passing through."""
    folder = current().settings.data / "scratch"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
