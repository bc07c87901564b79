"""The label's files: what is there, links that open them for a while, and new ones."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from msgspec import Meta
from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import Session

from app.api.rest.conventions import UNSET, Answer, Call, Patch, Resource, Section, UnsetType, View, heeding
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Count, Id, Moment
from app.api.rest.links import LinkView, link_to
from app.identity.policies import Visitor, file_to_change, file_to_see, may_list_file, require
from app.kernel import files
from app.kernel.db import tenant_read
from app.kernel.files import StoredFile
from app.roster.queries.search import called, forgive

SECTION = Section("Files", "What the label keeps. Audio and covers come in by uploads, which look at them.")
ANY = ("application/octet-stream", "application/pdf", "image/jpeg", "image/png", "text/csv", "text/plain")
_NAME = {"type": "string", "minLength": 1, "maxLength": 200, "description": "What the file is called.",
         "examples": ["press-photo.jpg"]}  # fmt: skip


class FileView(View):
    """A file. `removed_at` says since when it waits to be forgotten; for thirty days it can be brought back."""

    id: Id
    name: Annotated[str, Meta(examples=["press-photo.jpg"])]
    media_type: Annotated[str, Meta(examples=["image/jpeg"])]
    size: Count
    sha256: Annotated[str, Meta(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])]
    created_at: Moment
    removed_at: Moment | None


class FileChange(Patch, frozen=True):
    """What a file is to be called."""

    name: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET


def _visible(visitor: Visitor) -> ColumnElement[bool]:
    """Files of people's making, as far as they are this visitor's to see."""
    require(visitor, "files.view")
    return may_list_file(visitor)


FILES = Resource(
    name="files",
    view=FileView,
    model=StoredFile,
    visible=_visible,
    filters={
        "q": by.search(partial(called, StoredFile.name), "Part of a name, as people type it.", forgive),
        "removed": by.flag(StoredFile.removed_at.is_not(None), "Whether they were removed."),
        "sha256": by.text(StoredFile.sha256, "Files with exactly this content."),
    },
    sorts={"name": func.lower(StoredFile.name), "size": StoredFile.size},
    version=None,
)


@SECTION.listing("/files", FILES, scope="files:read")
def list_files(call: Call, session: Session) -> Answer:
    """List files."""
    return FILES.page(call, session)


@SECTION.get("/files/{file_id}", scope="files:read", resource=FILES)
def read_file(call: Call, session: Session) -> Answer:
    """Read a file. What is known of it; its bytes are behind a link."""
    return FILES.one(call, session, file_to_see(session, call.visitor, call.id("file_id"), even_removed=True).id)


@SECTION.get("/files/{file_id}/link", scope="files:read", gives=LinkView)
def read_file_link(call: Call, session: Session) -> Answer:
    """Read a link to a file. It opens the file for a while, without a token."""
    return Answer(link_to(call, file_to_see(session, call.visitor, call.id("file_id")).id))


@SECTION.apart("/files", scope="files:write", raw=ANY, gives=FileView, query={"name": _NAME})
def add_file(call: Call, body: bytes) -> Answer:
    """Add a file. The bytes as they are, up to 32 MB; larger ones come in by an upload."""
    require(call.visitor, "files.add")
    name = call.only("name", needed=True)
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip()
    stored = files.store_stream(call.actor, [body], name=name or "", media_type=kind)
    with tenant_read(call.tenant) as session:
        row: dict[str, Any] = FILES.shown(session, call.visitor, [stored.id])[stored.id]
    return Answer(row, status=201, location=f"/api/v1/files/{stored.id}")


@SECTION.patch("/files/{file_id}", scope="files:write", takes=FileChange, resource=FILES, matches=False)
@heeding
def rename_file(call: Call, session: Session, body: FileChange) -> Answer:
    """Rename a file."""
    stored = file_to_change(session, call.visitor, call.id("file_id"))
    call.require_as_seen(FILES.one(call, session, stored.id))
    if body.name is not UNSET:
        files.rename(session, call.actor, stored.id, name=body.name)
        session.flush()
    return FILES.one(call, session, stored.id)


@SECTION.delete("/files/{file_id}", scope="files:write")
def remove_file(call: Call, session: Session) -> Answer:
    """Remove a file. For thirty days it can be brought back; refused while something is made with it."""
    files.remove(session, call.actor, file_to_change(session, call.visitor, call.id("file_id"), even_removed=True).id)
    return Answer()


@SECTION.put("/files/{file_id}/return", scope="files:write", resource=FILES)
def bring_file_back(call: Call, session: Session) -> Answer:
    """Bring a removed file back."""
    stored = file_to_change(session, call.visitor, call.id("file_id"), even_removed=True)
    files.bring_back(session, call.actor, stored.id)
    session.flush()
    return FILES.one(call, session, stored.id)
