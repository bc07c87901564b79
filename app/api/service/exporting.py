"""Files of data that programs ask for: made in pieces by workers, kept for a week, opened by links that end."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.api.errors import ExportUnknown, TokenRefused, TooManyExports
from app.api.models import DataExport
from app.api.queries.lists import LISTS, Listing
from app.api.rules import sheets
from app.api.service.callers import Caller, of_caller, recalled
from app.identity.errors import OutOfScope
from app.identity.policies import Visitor, allows_somewhere, granted_for
from app.kernel import activity, clock, failpoint, files, ids, jobs
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Forbidden
from app.kernel.ids import parse_uuid
from app.kernel.tenant import Tenant

PIECE: Final = 20_000
TURN_SECONDS: Final = 20.0
MOST_AT_ONCE: Final = 5
KEPT: Final = timedelta(days=7)
MOST_BYTES: Final = 1 << 62
OPEN: Final = ("waiting", "making")
Narrowing = UUID | datetime | list[UUID]
"""What a list can be narrowed to: what is of something, what is since a moment, and rows that are chosen."""


def ask(
    session: Session, caller: Caller, kind: str, form: str, filters: Mapping[str, Narrowing], language: str
) -> UUID:
    """Have a list made into a file."""
    LISTS[kind].require(caller.visitor)
    going = select(func.count()).where(DataExport.client_id == caller.client_id, DataExport.state.in_(OPEN))
    if (session.scalar(going) or 0) >= MOST_AT_ONCE:
        raise TooManyExports(most=MOST_AT_ONCE)
    export = DataExport(
        id=ids.new_id(),
        kind=kind,
        format=form,
        filters={name: _said(value) for name, value in filters.items()},
        asked_at=clock.now(),
        client_id=caller.client_id,
        member_id=caller.member_id,
        scopes=sorted(caller.scopes),
        language=language,
        reach=_reach(caller.visitor, kind),
    )
    session.add(export)
    session.flush()
    _tell(session, caller.visitor.actor, "data_export.asked", export)
    jobs.ask(session, "exports.work", {"export": str(export.id)})
    return export.id


def _said(value: Narrowing) -> str | list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _reach(visitor: Visitor, kind: str) -> dict[str, Any]:
    """How far somebody sees into a list."""
    permission, scope = LISTS[kind].permission, visitor.scope
    return {
        "is_held": permission in visitor.permissions,
        "imprints": None if scope.imprints is None else sorted(scope.imprints),
        "artists": None if scope.artists is None else sorted(scope.artists),
        "granted": sorted(granted_for(visitor, permission)),
    }


def may_open(visitor: Visitor, export: DataExport) -> bool:
    """Whether somebody still sees all that is in an export: the whole list, or just as far as when it was asked for."""
    permission = LISTS[export.kind].permission
    return (permission in visitor.permissions and visitor.scope.is_whole) or _is_as_asked(visitor, export)


def _is_as_asked(visitor: Visitor, export: DataExport) -> bool:
    return allows_somewhere(visitor, LISTS[export.kind].permission) and _reach(visitor, export.kind) == export.reach


def export_to_read(session: Session, caller: Caller, export_id: UUID | None) -> DataExport:
    """An export that the same program asked for."""
    query = select(DataExport).where(DataExport.id == export_id, of_caller(caller, DataExport))
    found = session.scalar(query) if export_id else None
    if found is None:
        raise ExportUnknown
    return found


def remove(session: Session, caller: Caller, export_id: UUID | None) -> None:
    """Stop an export that is being made, or take its file away."""
    export = export_to_read(session, caller, export_id)
    session.refresh(export, with_for_update=True)
    _forget(session, export)


def work(tenant: Tenant, export_id: UUID) -> None:
    """Go on with an export for a while, and ask for the rest."""
    ends = clock.monotonic() + TURN_SECONDS
    while piece(tenant, export_id):
        if clock.monotonic() > ends:
            with tenant_work(tenant) as session:
                jobs.ask(session, "exports.work", {"export": str(export_id)})
            return


def piece(tenant: Tenant, export_id: UUID) -> bool:
    """Make the next piece of a file; tells whether there is more to be made.

    A piece is stored first and noted then: what was stored and not noted is made again.
    """
    with tenant_read(tenant) as session:
        export = session.get(DataExport, export_id)
        if export is None or export.state not in OPEN:
            return False
        listing, after = LISTS[export.kind], _place(export.place)
        try:
            visitor = recalled(session, tenant, export).visitor
            listing.require(visitor)
            if not _is_as_asked(visitor, export):
                raise OutOfScope
        except (TokenRefused, Forbidden):
            rows = None
        else:
            query = listing.page(visitor, _filters(listing, export.filters), after, PIECE)
            rows = listing.rows(session, query)
    if rows is None:
        return _failed(tenant, export_id)
    forms = listing.forms
    width = len(forms)
    if rows or not export.pieces:
        said = [row[:width] for row in rows]
        body = sheets.encoded(export.format, forms, said, is_first=not export.pieces)
        sha256, _ = files.put_object(tenant, [body], most_bytes=MOST_BYTES)
        failpoint.reach("export.stored")
        _note(tenant, export_id, export.place, sha256, rows, width)
    if len(rows) < PIECE:
        _finish(tenant, export_id)
        return False
    return True


def _note(
    tenant: Tenant, export_id: UUID, before: str | None, sha256: str, rows: list[tuple[Any, ...]], width: int
) -> None:
    """Keep a piece, unless another worker was faster."""
    with tenant_work(tenant) as session:
        export = session.get(DataExport, export_id, with_for_update=True)
        if export is None or export.place != before or (export.pieces and before is None):
            return
        export.state, export.pieces, export.rows = "making", [*export.pieces, sha256], export.rows + len(rows)
        if rows:
            export.place = msgspec.json.encode([_key(value) for value in rows[-1][width:]]).decode()


def _finish(tenant: Tenant, export_id: UUID) -> None:
    """Put the pieces together and name the file."""
    with tenant_read(tenant) as session:
        export = session.get(DataExport, export_id)
    if export is None or export.state not in OPEN or not export.pieces:
        return
    sha256, size = _joined(tenant, export)
    with tenant_work(tenant) as session:
        held = session.get(DataExport, export_id, with_for_update=True)
        if held is None or held.state not in OPEN:
            return
        name, media = f"{held.kind}.{held.format}", sheets.MEDIA[held.format]
        actor = Actor.system(tenant)
        stored = files.note_object(
            session, actor, sha256=sha256, size=size, name=name, media_type=media, is_derived=True
        )
        held.state, held.file_id, held.ready_at, held.kept_until = "ready", stored.id, clock.now(), clock.now() + KEPT
        session.flush()
        _tell(session, actor, "data_export.ready", held)


def _joined(tenant: Tenant, export: DataExport) -> tuple[str, int]:
    if export.format != "parquet":
        with files.read_ahead(chain.from_iterable(_read(tenant, export.pieces))) as chunks:
            return files.put_object(tenant, chunks, most_bytes=MOST_BYTES)
    with ExitStack() as stack, tempfile.TemporaryDirectory(prefix="boptone-") as folder:
        pieces = [stack.enter_context(files.on_disk(tenant, piece)) for piece in export.pieces]
        target = Path(folder) / "joined.parquet"
        sheets.joined_parquet(pieces, target)
        with target.open("rb") as made:
            return files.put_file(tenant, made)


def _read(tenant: Tenant, pieces: list[str]) -> Iterator[Iterator[bytes]]:
    return (files.read_object(tenant, each) for each in pieces)


def _failed(tenant: Tenant, export_id: UUID) -> bool:
    with tenant_work(tenant) as session:
        export = session.get(DataExport, export_id, with_for_update=True)
        if export is not None and export.state in OPEN:
            export.state = "failed"
    return False


def forget(session: Session) -> int:
    """Take away files that were kept for their time; gives how many exports went."""
    old = select(DataExport).where(DataExport.asked_at < clock.now() - KEPT).limit(500)
    rows = session.scalars(old.with_for_update(skip_locked=True)).all()
    for export in rows:
        _forget(session, export)
    return len(rows)


def _forget(session: Session, export: DataExport) -> None:
    file_id = export.file_id
    session.delete(export)
    session.flush()
    if file_id is not None:
        session.execute(delete(files.StoredFile).where(files.StoredFile.id == file_id))


def _filters(listing: Listing, said: Mapping[str, Any]) -> dict[str, Narrowing]:
    return {name: _meant(name, value) for name, value in said.items() if listing.takes(name)}


def _meant(name: str, value: Any) -> Narrowing:
    if name == "ids":
        return [UUID(each) for each in value]
    return datetime.fromisoformat(value) if name == "since" else UUID(value)


def _key(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _place(said: str | None) -> list[Any] | None:
    if said is None:
        return None
    return [(parse_uuid(each) or each) if isinstance(each, str) else each for each in msgspec.json.decode(said)]


def _tell(session: Session, actor: Actor, action: str, export: DataExport) -> None:
    after = {"kind": export.kind, "format": export.format, "rows": export.rows}
    activity.record(session, actor, action, subject_type="data_export", subject_id=export.id, after=after)
