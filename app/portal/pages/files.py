"""The label's files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, URLEncodedBody
from litestar.response import Redirect

from app.identity.pages import visitor_of
from app.identity.policies import allows, file_to_change, file_to_see, require
from app.kernel import files, ids
from app.kernel.db import tenant_read, tenant_work
from app.kernel.files import StoredFile
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.cells import Cell, edit
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.portal import queries
from app.portal.rules import file_sort
from app.roster.queries.search import forgive

SHOWN = 200
READ_BYTES = 1 << 20
FILES = "/portal/files"


class ChosenFiles(msgspec.Struct, forbid_unknown_fields=True):
    """The files that were chosen."""

    id: list[str] | str = []


class NewName(msgspec.Struct, forbid_unknown_fields=True):
    """What a file is to be called, and which version of its name its editor saw."""

    name: str
    match: str = ""


def name_cell(stored: StoredFile) -> Cell:
    """The name of a file, as it is edited in the list."""
    action, href = f"{FILES}/{stored.id}/name", f"{FILES}/{stored.id}"
    label = sentence("Name")
    return Cell(id=f"name-{stored.id}", label=label, action=action, field="name", value=stored.name, href=href)


@get("/portal/files", sync_to_thread=True)
def list_files(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the label's newest files, or those that were removed."""
    visitor = visitor_of(request)
    require(visitor, "files.view")
    asked = request.query_params
    removed, wanted, sort = asked.get("view") == "removed", asked.get("q", "")[:100], file_sort(asked.get("sort"))
    with tenant_read(tenant_of(request)) as session:
        if wanted:
            forgive(session)
        rows = list(session.scalars(queries.stored_files(visitor, wanted, removed=removed, sort=sort).limit(SHOWN)))
    shown: dict[str, Any] = {"rows": [(row, name_cell(row)) for row in rows], "removed": removed, "wanted": wanted}
    shown |= {"sort": sort, "may_add": allows(visitor, "files.add")}
    return page("portal/files.html", realm_of(request), here=FILES, **shown)


@post("/portal/files", sync_to_thread=True)
def add_file(
    request: Request[Any, Any, Any],
    data: Annotated[dict[str, UploadFile], BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Redirect:
    """Keep an uploaded file."""
    visitor = visitor_of(request)
    require(visitor, "files.add")
    upload = data.get("file")
    if upload is None or not upload.filename:
        raise files.FileUnknown
    files.store_stream(visitor.actor, _chunks(upload), name=upload.filename, media_type=upload.content_type)
    return flash.done(FILES, tenant_of(request), sentence("The file was added."))


def _chunks(upload: UploadFile) -> Iterator[bytes]:
    while chunk := upload.file.read(READ_BYTES):
        yield chunk


@get("/portal/files/{file_id:str}", sync_to_thread=True)
def open_file(request: Request[Any, Any, Any], file_id: FromPath[str]) -> Redirect:
    """Lead a member to a file through a link that ends."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        stored = file_to_see(session, visitor, _id(file_id))
    return Redirect(files.url(tenant, stored.id), status_code=303)


@post("/portal/files/{file_id:str}/name", sync_to_thread=True)
def rename_file(
    request: Request[Any, Any, Any], file_id: FromPath[str], data: URLEncodedBody[NewName]
) -> Response[Any]:
    """Call a file something else."""
    visitor, known = visitor_of(request), _id(file_id)
    part = edit(
        request,
        lambda session: name_cell(file_to_change(session, visitor, known)),
        lambda session: files.rename(session, visitor.actor, known, name=data.name),
        typed=data.name,
        match=data.match,
    )
    return part or flash.done(FILES, tenant_of(request), sentence("The file has its new name."))


@post("/portal/files/removals", sync_to_thread=True)
def remove_files(request: Request[Any, Any, Any], data: URLEncodedBody[ChosenFiles]) -> Redirect:
    """Remove the chosen files; for thirty days they can be brought back."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require(visitor, "files.add")
    chosen = [_id(text) for text in ([data.id] if isinstance(data.id, str) else data.id)]
    with tenant_work(tenant) as session:
        for file_id in chosen:
            files.remove(session, visitor.actor, file_to_change(session, visitor, file_id).id)
    undo = f"{FILES}/{chosen[0]}/return" if len(chosen) == 1 else None
    return flash.done(FILES, tenant, sentence("Removed. Files can be brought back for thirty days."), undo=undo)


@post("/portal/files/{file_id:str}/return", sync_to_thread=True)
def bring_back(request: Request[Any, Any, Any], file_id: FromPath[str]) -> Redirect:
    """Bring a removed file back."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require(visitor, "files.add")
    with tenant_work(tenant) as session:
        stored = file_to_change(session, visitor, _id(file_id), even_removed=True)
        files.bring_back(session, visitor.actor, stored.id)
    return flash.done(FILES, tenant, sentence("The file is back."))


def _id(text: str) -> UUID:
    known = ids.parse_uuid(text)
    if known is None:
        raise files.FileUnknown
    return known


handlers = [list_files, add_file, remove_files, open_file, rename_file, bring_back]
