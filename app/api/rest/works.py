"""Works: compositions, whoever wrote them with which share, and the recordings that play them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.api.rest.catalog_parts import Language, Restoration, change_row, checked
from app.api.rest.conventions import UNSET, Answer, Body, Call, Part, Patch, Resource, Section, UnsetType, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Code, Id, Moment, Name, Ppm, Text
from app.catalog.models import RecordingWork, Work, WorkWriter
from app.catalog.policies import contributor_to_read, may_see_work, work_to_change, work_to_read
from app.catalog.rules import parts as rules
from app.catalog.rules.parts import Item
from app.catalog.service import editing
from app.catalog.service.naming import contributor_meant, work_meant
from app.identity.policies import Visitor
from app.kernel.collation import as_sorted
from app.roster.models import Contributor
from app.roster.policies import require_whole
from app.roster.queries.search import as_searched

SECTION = Section("Works", "Compositions with an ISWC, which recordings play.")
WriterRole = Annotated[str, Meta(min_length=1, max_length=100, examples=["Composer"])]
Iswc = Annotated[Code, Meta(examples=["T0345246801"])]


class WriterView(View):
    """Who wrote a work, as what, and which part of it is theirs where that is known."""

    contributor_id: Id
    name: str
    role: str
    share_ppm: int | None


class WorkView(View):
    """A composition."""

    id: Id
    title: Annotated[str, Meta(examples=["Night Drive"])]
    iswc: str | None
    language: str | None
    writers: list[WriterView]
    created_at: Moment
    updated_at: Moment


class WriterSaid(Body, frozen=True):
    """Who wrote it: somebody who is known by id, or by name, who is noted where nobody has it."""

    role: WriterRole
    contributor_id: Id | None = None
    name: Name | None = None
    share_ppm: Ppm | None = None


class WorkChange(Patch, frozen=True):
    """What is to be otherwise about a work; writers are replaced as a whole."""

    title: Text | UnsetType = UNSET
    iswc: Iswc | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET
    writers: Annotated[list[WriterSaid], Meta(max_length=100)] | UnsetType = UNSET


class NewWork(WorkChange, frozen=True, kw_only=True):
    """A new work."""

    title: Text


def _writers(session: Session, _visitor: Visitor, work_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    query = select(WorkWriter, Contributor.name).join(Contributor, Contributor.id == WorkWriter.contributor_id)
    query = query.where(WorkWriter.work_id.in_(work_ids)).order_by(Contributor.name, WorkWriter.role)
    found: dict[UUID, list[Any]] = {}
    for row, name in session.execute(query):
        shown = {"contributor_id": row.contributor_id, "name": name, "role": row.role, "share_ppm": row.share_ppm}
        found.setdefault(row.work_id, []).append(shown)
    return found


def _played_by(recording_id: UUID) -> Any:
    return exists().where(RecordingWork.work_id == Work.id, RecordingWork.recording_id == recording_id)


WORKS = Resource(
    name="works",
    view=WorkView,
    model=Work,
    visible=may_see_work,
    parts={"writers": Part(_writers, [])},
    filters={
        "q": by.named(as_searched(Work.title), "Part of a title, as people type it."),
        "title": by.text(Work.title, "Works of exactly this title.", "Night Drive"),
        "iswc": by.text(Work.iswc, "The work with this ISWC.", "T0345246801"),
        "recording_id": by.of_id("Works that this recording plays.", _played_by),
        "updated_since": by.since(Work.updated_at, "Works that changed at this moment or later."),
    },
    sorts={"title": as_sorted(Work.title), "updated_at": Work.updated_at},
)


@SECTION.listing("/works", WORKS, scope="catalog:read")
def list_works(call: Call, session: Session) -> Answer:
    """List works. Those that a recording plays which the client sees."""
    return WORKS.page(call, session)


@SECTION.post("/works", scope="catalog:write", takes=NewWork, resource=WORKS)
def add_work(call: Call, session: Session, body: NewWork) -> Answer:
    """Add a work. A title alone does not make it one that is there already."""
    require_whole(call.visitor)
    work_id = UUID(work_meant(session, call.visitor, body.title, None))
    _change(call, session, work_to_change(session, call.visitor, work_id), body)
    return WORKS.one(call, session, work_id, status=201, at=f"/api/v1/works/{work_id}")


@SECTION.get("/works/{work_id}", scope="catalog:read", resource=WORKS)
def read_work(call: Call, session: Session) -> Answer:
    """Read a work."""
    return WORKS.one(call, session, work_to_read(session, call.visitor, call.id("work_id")).id)


@SECTION.patch("/works/{work_id}", scope="catalog:write", takes=WorkChange, resource=WORKS)
def change_work(call: Call, session: Session, body: WorkChange) -> Answer:
    """Change a work. Only what is sent becomes otherwise; `null` takes a value away."""
    work = work_to_change(session, call.visitor, call.id("work_id"))
    WORKS.require_unchanged(call, work)
    _change(call, session, work, body)
    return WORKS.one(call, session, work.id)


def _change(call: Call, session: Session, work: Work, body: WorkChange) -> None:
    parts: dict[str, Any] = {}
    if body.writers is not UNSET:
        items = [_writer_item(session, call.visitor, writer) for writer in body.writers]
        parts["writers"] = checked("writers", rules.checked_writers, items)
    change_row(call, session, work, body, parts)


def _writer_item(session: Session, visitor: Visitor, writer: WriterSaid) -> Item:
    said = {"role": writer.role, "share_ppm": writer.share_ppm}
    if writer.contributor_id is not None:
        person = contributor_to_read(session, visitor, writer.contributor_id)
        return {"name": person.name, "contributor": str(person.id), **said}
    return {"name": writer.name, "contributor": contributor_meant(session, writer.name or "", None), **said}


@SECTION.post("/works/{work_id}/restorations", scope="catalog:write", takes=Restoration, resource=WORKS, status=200)
def restore_work(call: Call, session: Session, body: Restoration) -> Answer:
    """Take a change of a work back. One field of it, or everything since."""
    work = work_to_change(session, call.visitor, call.id("work_id"))
    editing.restore(session, call.actor, {work.id: work}, body.activity_id, field=body.field or "")
    session.flush()
    return WORKS.one(call, session, work.id)
