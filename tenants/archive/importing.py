"""An archive into an empty label: everything is checked before anything is kept."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import psycopg
from psycopg import sql

from app.kernel import activity, files, jobs
from app.kernel.activity.seal import newest_link
from app.kernel.activity.tasks import forget_head, keep_head
from app.kernel.actor import Actor
from app.kernel.db import current, tenant_read, tenant_work
from app.kernel.db.database import owner_session
from app.kernel.tenant import Tenant
from migrations.compiled import label_history
from tenants.archive.errors import ArchiveTooNew, ArchiveUnreadable, LabelNotEmpty
from tenants.archive.exporting import copy_out
from tenants.archive.format import (
    BOUND_TO_LABEL,
    CHUNK,
    FILES,
    MANIFEST,
    SEALED_VALUES,
    TABLES,
    VERSION,
    Digest,
    Manifest,
    columns_of,
    identities_of,
)
from tenants.provisioning.skeleton import build_tables

LARGEST_MANIFEST = 64 * 1024 * 1024
FIRST_ROWS = frozenset({"activity", "activity_seals", "invitations"})
"""What an opening itself writes; a label with anything else in it is in use."""


def import_archive(tenant: Tenant, source: Path) -> Manifest:
    """Fill an empty label from an archive: every checksum first, then files, then all rows in one transaction."""
    manifest = verified(source)
    tenant.check_writable()
    take_files(tenant, source, manifest)
    with owner_session(current().settings, tenant.cell) as connection, connection.transaction():
        _require_empty(connection, tenant)
        fill(connection, tenant.id, source, manifest)
        _drop_bound(connection, tenant.id)
    with tenant_work(tenant) as session:
        after = {"made_at": manifest.made_at, "tables": len(manifest.tables)}
        activity.record(session, Actor.system(tenant), "label.imported", after=after)
        jobs.ask_after_archive(session)
    keep_imported_head(tenant)
    return manifest


def _drop_bound(connection: psycopg.Connection[Any], schema: str) -> None:
    """Leave out what only the label it came from can use: people say anew what was sealed there.

    Where there is no sign-in service any more, nobody can be asked to come in by it.
    """
    for table in BOUND_TO_LABEL:
        connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(schema, table)))
    for table, emptied in SEALED_VALUES.items():
        connection.execute(sql.SQL("UPDATE {} SET {}").format(sql.Identifier(schema, table), sql.SQL(emptied)))
    policy = sql.Identifier(schema, "security_policy")
    connection.execute(sql.SQL("UPDATE {} SET sso_only = 'nobody' WHERE sso_only <> 'nobody'").format(policy))


def keep_imported_head(tenant: Tenant, *, replace_kept: bool = False) -> None:
    """Keep the chain's end that came with an archive outside the label's schema, in place of a newer one if asked."""
    with tenant_read(tenant) as session:
        head = newest_link(session)
    if replace_kept:
        forget_head(tenant)
    keep_head(tenant, head)


def verified(source: Path) -> Manifest:
    """Read the whole archive once and check every part against the manifest, or say in a sentence what is wrong."""
    try:
        with source.open("rb") as stream:
            found, manifest = _measure(stream)
    except (tarfile.TarError, EOFError, OSError) as problem:
        raise ArchiveUnreadable(reason=f"{type(problem).__name__}") from None
    if manifest is None:
        raise ArchiveUnreadable(reason="its end is missing")
    if manifest.version != VERSION:
        raise ArchiveUnreadable(reason=f"its format is {manifest.version}, this is {VERSION}")
    if manifest.revision not in {revision.id for revision in label_history()}:
        raise ArchiveTooNew(revision=manifest.revision[:40])
    wanted = {f"{TABLES}{part.name}.copy": part.sha256 for part in manifest.tables}
    wanted |= {f"{FILES}{part.sha256}": part.sha256 for part in manifest.files}
    if wanted != found:
        raise ArchiveUnreadable(reason="a part is missing, changed or too many")
    return manifest


def _measure(stream: BinaryIO) -> tuple[dict[str, str], Manifest | None]:
    found: dict[str, str] = {}
    manifest = None
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for entry in archive:
            content = _content(archive, entry)
            if entry.name == MANIFEST:
                manifest = _manifest(content, entry.size)
                continue
            digest = Digest()
            while chunk := content.read(CHUNK):
                digest.feed(chunk)
            if digest.size != entry.size or entry.name in found:
                raise ArchiveUnreadable(reason="a part is cut off or stands there twice")
            found[entry.name] = digest.sha256
    return found, manifest


def _content(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> Any:
    """The bytes of a member, if it is a plain file under one of our names; nothing is ever unpacked to a path."""
    is_ours = entry.name == MANIFEST or entry.name.startswith((TABLES, FILES))
    if not entry.isreg() or not is_ours or ".." in entry.name:
        raise ArchiveUnreadable(reason="it holds something that does not belong there")
    content = archive.extractfile(entry)
    if content is None:
        raise ArchiveUnreadable(reason="a part cannot be read")
    return content


def _manifest(content: Any, size: int) -> Manifest:
    if size > LARGEST_MANIFEST:
        raise ArchiveUnreadable(reason="its manifest is too large")
    try:
        return msgspec.json.decode(content.read(), type=Manifest)
    except msgspec.DecodeError:
        raise ArchiveUnreadable(reason="its manifest cannot be read") from None


def _members(source: Path, prefix: str) -> Iterator[tuple[str, Any]]:
    with source.open("rb") as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        for entry in archive:
            if entry.name.startswith(prefix):
                yield entry.name.removeprefix(prefix), _content(archive, entry)


def take_files(tenant: Tenant, source: Path, manifest: Manifest) -> None:
    """Keep the files first: a crash leaves objects without rows, which the sweep removes, and never the reverse."""
    sizes = {part.sha256: part.size for part in manifest.files}
    for name, content in _members(source, FILES):
        sha256, _ = files.put_object(tenant, _chunks(content), most_bytes=sizes[name])
        if sha256 != name:
            raise ArchiveUnreadable(reason="a file is not what its name says")


def _chunks(content: Any) -> Iterator[bytes]:
    while chunk := content.read(CHUNK):
        yield chunk


def _require_empty(connection: psycopg.Connection[Any], tenant: Tenant) -> None:
    for table in columns_of(connection, tenant.id):
        name = sql.Identifier(tenant.id, table)
        found = connection.execute(
            sql.SQL("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT 11) AS found").format(name)
        ).fetchone()
        most = 10 if table in FIRST_ROWS else 0
        if found is None or found[0] > most:
            raise LabelNotEmpty(name=tenant.name)


def fill(
    connection: psycopg.Connection[Any], schema: str, source: Path, manifest: Manifest, *, role: str | None = None
) -> None:
    """Put an archive's rows into a schema of ours, in the caller's transaction, and compare every table again.

    Tables of an older archive are built at its revision and brought to head by the same SQL as everybody's. `role` is
    whose rights they get, where it is not the schema's own.
    """
    role = role or schema
    _rebuild(connection, schema, manifest.revision, role)
    known = columns_of(connection, schema)
    parts = {part.name: part for part in manifest.tables}
    if {name: part.columns for name, part in parts.items()} != known:
        raise ArchiveUnreadable(reason="its tables are not those of its version")
    for name, content in _members(source, TABLES):  # parents stand before children, as they were written
        table = name.removesuffix(".copy")
        _copy_in(connection, schema, table, parts[table].columns, content)
    for table, part in parts.items():
        if copy_out(connection, schema, table, part.columns, _Nowhere()).sha256 != part.sha256:
            raise ArchiveUnreadable(reason=f"the rows of {table} did not arrive as they left")
    for table, column in identities_of(connection, schema):
        _continue_counting(connection, schema, table, column)
    _bring_to_head(connection, schema, manifest.revision, role)


class _Nowhere:
    """Takes bytes and keeps none."""

    def write(self, _: bytes) -> None:
        """Forget."""


def _rebuild(connection: psycopg.Connection[Any], schema: str, revision: str, role: str) -> None:
    """Empty the schema and build its tables at the archive's revision."""
    tables = [
        name
        for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema]).fetchall()
    ]
    for table in tables:
        connection.execute(sql.SQL("DROP TABLE {} CASCADE").format(sql.Identifier(schema, table)))
    build_tables(connection, schema, through=revision, role=role)


def _copy_in(connection: psycopg.Connection[Any], schema: str, table: str, columns: list[str], content: Any) -> None:
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(schema, table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    try:
        with connection.cursor() as cursor, cursor.copy(query) as rows:
            while chunk := content.read(CHUNK):
                rows.write(chunk)
    except (psycopg.DataError, psycopg.IntegrityError) as problem:
        reason = f"the rows of {table} cannot be kept ({type(problem).__name__})"
        raise ArchiveUnreadable(reason=reason) from None


def _continue_counting(connection: psycopg.Connection[Any], schema: str, table: str, column: str) -> None:
    qualified = f'"{schema}"."{table}"'
    connection.execute(
        sql.SQL("SELECT setval(pg_get_serial_sequence(%s, %s), coalesce(max({}), 0) + 1, false) FROM {}").format(
            sql.Identifier(column), sql.Identifier(schema, table)
        ),
        [qualified, column],
    )


def _bring_to_head(connection: psycopg.Connection[Any], schema: str, revision: str, role: str) -> None:
    history = label_history()
    position = [known.id for known in history].index(revision)
    connection.execute(sql.SQL("SET LOCAL search_path = {}, ext, pg_temp").format(sql.Identifier(schema)))
    for later in history[position + 1 :]:
        plain = later.sql_for(role) + "".join(f"{part.replace(' CONCURRENTLY', '')};" for part in later.concurrently)
        connection.execute(plain.encode())
    connection.execute("SET LOCAL search_path = ext, pg_temp")
