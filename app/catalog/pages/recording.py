"""One recording: what it is, how it sounds, who made it, what it plays, where it is, and what happened to it."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.errors import AudioMissing
from app.catalog.models import Recording
from app.catalog.pages import editor, sent
from app.catalog.pages.pictures import picture
from app.catalog.pages.tracks import TRACKS
from app.catalog.policies import may_change_recording, recording_to_change, recording_to_edit, recording_to_read
from app.catalog.queries import recordings as queries
from app.catalog.rules import fields, parts
from app.catalog.rules.roles import ROLE_SENTENCES
from app.catalog.schemas import Restoration
from app.catalog.service import editing
from app.catalog.service.parts import PARTS
from app.identity.pages import visitor_of
from app.identity.policies import Visitor
from app.kernel import files
from app.kernel.activity.meanings import meanings
from app.kernel.db import tenant_read, tenant_work
from app.kernel.files import StoredFile
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.roster.queries.artist import history

RECORDINGS = "/portal/recordings"
RECORDING = f"{RECORDINGS}/{{recording_id:str}}"
HISTORY = 60
FORM = editor.Form(
    "recording",
    "catalog/recording_edit.html",
    RECORDINGS,
    recording_to_edit,
    recording_to_change,
    {"artists": sent.ARTISTS, "titles": sent.TITLES, "credits": sent.CREDITS, "works": sent.WORKS},
    sentence("The recording was changed."),
)


@get(RECORDING, sync_to_thread=True)
def recording_page(request: Request[Any, Any, Any], recording_id: FromPath[str]) -> Response[str]:
    """Show everything about a recording."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        recording = recording_to_read(session, visitor, parse_uuid(recording_id))
        facts = _facts(session, visitor, tenant, recording)
    facts |= {"titles": fields.FIELD_SENTENCES, "choices": fields.CHOICE_SENTENCES, "meanings": meanings()}
    return page("catalog/recording.html", realm_of(request), here=TRACKS, place=RECORDINGS, **facts)


def _facts(session: Session, visitor: Visitor, tenant: Tenant, recording: Recording) -> dict[str, Any]:
    works = groupby(session.execute(queries.works_of(recording.id)), key=lambda row: (row.id, row.title, row.iswc))
    on = session.execute(queries.releases_of(visitor, recording.id)).all()
    audio = select(StoredFile.id, StoredFile.name, StoredFile.size).where(StoredFile.id == recording.audio_id)
    return {
        "visitor": visitor,
        "recording": recording,
        "artists": session.execute(queries.artists_of(recording.id)).all(),
        "credits": PARTS["recording"]["credits"].read(session, recording),
        "works": [(work, [row for row in rows if row.name]) for work, rows in works],
        "releases": [(row, picture(tenant, row.artwork, most=96)) for row in on],
        "file": session.execute(audio).one_or_none() if recording.audio_id else None,
        "history": list(session.scalars(history([recording.id], limit=HISTORY))),
        "roles": ROLE_SENTENCES,
        "share": parts.spelled_share,
        "may_edit": may_change_recording(session, visitor, recording.id),
        "shown": fields.shown,
    }


@get(f"{RECORDING}/edit", sync_to_thread=True)
def edit_recording(request: Request[Any, Any, Any], recording_id: FromPath[str]) -> Response[str]:
    """Show the form in which a recording is changed."""
    return editor.show(request, FORM, recording_id)


@post(RECORDING, sync_to_thread=True)
def change_recording(
    request: Request[Any, Any, Any], recording_id: FromPath[str], data: URLEncodedBody[dict[str, Any]]
) -> Response[Any]:
    """Change a recording with its artists, titles, credits and works."""
    return editor.save(request, FORM, recording_id, data)


@get(f"{RECORDING}/preview", sync_to_thread=True)
def listen(request: Request[Any, Any, Any], recording_id: FromPath[str]) -> Redirect:
    """Lead to what can be heard of a recording, through a link that ends."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        recording = recording_to_read(session, visitor, parse_uuid(recording_id))
    if recording.preview_id is None:
        raise AudioMissing
    return Redirect(files.url(tenant, recording.preview_id), status_code=303)


@post(f"{RECORDING}/restorations", sync_to_thread=True)
def restore(
    request: Request[Any, Any, Any], recording_id: FromPath[str], data: URLEncodedBody[Restoration]
) -> Redirect:
    """Take a field of a change back, or everything since it."""
    return _restored(request, recording_id, data.activity, field=data.field)


@post(f"{RECORDING}/restorations/{{activity_id:str}}", sync_to_thread=True)
def undo(request: Request[Any, Any, Any], recording_id: FromPath[str], activity_id: FromPath[str]) -> Redirect:
    """Take everything since a change back."""
    return _restored(request, recording_id, activity_id, field="")


def _restored(request: Request[Any, Any, Any], recording_id: str, activity_id: str, *, field: str) -> Redirect:
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        recording = recording_to_change(session, visitor, parse_uuid(recording_id))
        editing.restore(session, visitor.actor, {recording.id: recording}, parse_uuid(activity_id), field=field)
    return flash.done(f"{RECORDINGS}/{recording_id}", tenant, sentence("It is as it was before."))


handlers = [recording_page, edit_recording, change_recording, listen, restore, undo]
