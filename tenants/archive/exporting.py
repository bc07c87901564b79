"""A label into one file, at one moment of its life, whatever is written meanwhile."""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import psycopg
from psycopg import sql

from app.kernel import clock, failpoint, files
from app.kernel.db import current
from app.kernel.db.database import owner_session
from app.kernel.tenant import Tenant
from tenants.archive.format import FILES, MANIFEST, TABLES, VERSION, Digest, FilePart, Manifest, TablePart, columns_of

Progress = Callable[[str], None]


def export_label(tenant: Tenant, target: Path, *, progress: Progress | None = None) -> Manifest:
    """Write everything of a label into `target`, which appears under its name only when it is whole and on disk."""
    tenant.check_readable()
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            manifest = write_archive(tenant, out, progress=progress)
            out.flush()
            os.fsync(out.fileno())
        failpoint.reach("export.before_rename")
        temporary.rename(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return manifest


def write_archive(tenant: Tenant, out: BinaryIO, *, progress: Progress | None = None) -> Manifest:
    """Write a label's archive to a stream: tables at one snapshot, then the files they name."""
    tell = progress or (lambda _: None)
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        tables = _tables(tenant, archive, tell)
        objects = _objects(tenant, archive, tell)
        manifest = Manifest(
            version=VERSION,
            revision=tenant.revision,
            made_at=clock.now().isoformat(),
            label={
                "name": tenant.name,
                "slug": tenant.slug,
                "time_zone": tenant.time_zone,
                "currency": tenant.currency,
                "languages": list(tenant.languages),
            },
            tables=tables,
            files=objects,
        )
        _add(archive, MANIFEST, io.BytesIO(msgspec.json.encode(manifest)))
    return manifest


def _tables(tenant: Tenant, archive: tarfile.TarFile, tell: Progress) -> list[TablePart]:
    """Copy every table out of one REPEATABLE READ snapshot; the work grows with the label, not with its neighbours."""
    parts = []
    with owner_session(current().settings, tenant.cell) as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for table, columns in columns_of(connection, tenant.id).items():
            tell(table)
            with tempfile.TemporaryFile() as spool:
                digest = copy_out(connection, tenant.id, table, columns, spool)
                _add(archive, f"{TABLES}{table}.copy", spool)
            parts.append(TablePart(table, columns, digest.rows, digest.sha256))
            failpoint.reach("export.table")
    return parts


def copy_out(
    connection: psycopg.Connection[Any], tenant_id: str, table: str, columns: list[str], out: BinaryIO | Any
) -> Digest:
    """Copy a table's rows in the order of their key, so that equal rows give equal bytes."""
    digest = Digest()
    query = sql.SQL("COPY (SELECT {} FROM {} ORDER BY 1) TO STDOUT").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(tenant_id, table)
    )
    with connection.cursor() as cursor, cursor.copy(query) as rows:
        for chunk in rows:
            out.write(digest.feed(bytes(chunk)))
    return digest


def _objects(tenant: Tenant, archive: tarfile.TarFile, tell: Progress) -> list[FilePart]:
    parts = []
    for sha256 in sorted(files.object_hashes(tenant.id)):
        tell(sha256[:12])
        with tempfile.TemporaryFile() as spool:
            digest = Digest()
            for chunk in files.read_object(tenant, sha256):
                spool.write(digest.feed(chunk))
            _add(archive, f"{FILES}{sha256}", spool)
        parts.append(FilePart(sha256, digest.size))
    return parts


def _add(archive: tarfile.TarFile, name: str, content: Any) -> None:
    size = content.seek(0, os.SEEK_END)
    content.seek(0)
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size, 0, 0o600
    archive.addfile(entry, content)
