"""One release: what it is, what it is made of, whether it is ready, and what happened to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.catalog.errors import RecordingUnknown
from app.catalog.models import Recording, Release
from app.catalog.pages import editor, readiness, sent
from app.catalog.pages.pictures import picture
from app.catalog.pages.releases import RELEASES
from app.catalog.policies import (
    may_change_release,
    recordings_to_change,
    release_to_change,
    release_to_edit,
    release_to_read,
)
from app.catalog.queries import lists
from app.catalog.rules import fields
from app.catalog.rules.roles import ROLE_SENTENCES
from app.catalog.schemas import NewValue, Restoration
from app.catalog.service import editing
from app.catalog.service.issuing import issue_missing
from app.identity.pages import visitor_of
from app.identity.policies import Visitor
from app.kernel import clock
from app.kernel.activity.meanings import meanings
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Refusal
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.cells import Cell, edit
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.refusals import status_of
from app.roster.models import Imprint
from app.roster.queries.artist import history

RELEASE = f"{RELEASES}/{{release_id:str}}"
HISTORY = 60
FORM = editor.Form(
    "release",
    "catalog/release_edit.html",
    RELEASES,
    release_to_edit,
    release_to_change,
    {"artists": sent.ARTISTS, "titles": sent.TITLES, "imprint": sent.IMPRINT, "tracks": sent.INSTANT},
    sentence("The release was changed."),
)


@get(RELEASE, sync_to_thread=True)
def release_page(request: Request[Any, Any, Any], release_id: FromPath[str]) -> Response[str]:
    """Show everything about a release."""
    with tenant_read(tenant_of(request)) as session:
        release = release_to_read(session, visitor_of(request), parse_uuid(release_id))
        return show_release(request, session, release)


def show_release(
    request: Request[Any, Any, Any],
    session: Session,
    release: Release,
    *,
    problem: Refusal | None = None,
    wanted: Sequence[str] = (),
) -> Response[str]:
    """The page of a release; where something was declined with why, and with the order of tracks that was wanted."""
    facts = _facts(session, visitor_of(request), release)
    facts |= {"titles": fields.FIELD_SENTENCES, "choices": fields.CHOICE_SENTENCES, "meanings": meanings()}
    facts |= {
        "problem": problem.msgid if problem else "",
        "wanted": wanted,
        "cover": picture(tenant_of(request), release.artwork),
    }
    status = status_of(problem) if problem else 200
    return page("catalog/release.html", realm_of(request), here=RELEASES, status=status, **facts)


def _facts(session: Session, visitor: Visitor, release: Release) -> dict[str, Any]:
    may_edit = may_change_release(session, visitor, release.id)
    tracks = session.execute(lists.tracks(release.id)).all()
    length = sum(recording.duration_ms or 0 for _, recording in tracks)
    subjects = [release.id, *(recording.id for _, recording in tracks)]
    return {
        "release": release,
        "imprint": session.get_one(Imprint, release.imprint_id),
        "artists": session.execute(lists.artists(release.id)).all(),
        "tracks": [(track, recording, _title_cell(release.id, recording)) for track, recording in tracks],
        "discs": max((track.disc for track, _ in tracks), default=1),
        "length": fields.spelled_duration(length),
        "credits": session.execute(lists.credited(release.id)).all(),
        **readiness.shown(session, visitor, release),
        "history": list(session.scalars(history(subjects, limit=HISTORY))),
        "lacks_codes": release.upc is None or any(recording.isrc is None for _, recording in tracks),
        "roles": ROLE_SENTENCES,
        "may_edit": may_edit,
        "shown": fields.shown,
    }


@get(f"{RELEASE}/edit", sync_to_thread=True)
def edit_release(request: Request[Any, Any, Any], release_id: FromPath[str]) -> Response[str]:
    """Show the form in which a release is changed."""
    return editor.show(request, FORM, release_id)


@post(RELEASE, sync_to_thread=True)
def change_release(
    request: Request[Any, Any, Any], release_id: FromPath[str], data: URLEncodedBody[dict[str, Any]]
) -> Response[Any]:
    """Change a release with its artists and titles."""
    return editor.save(request, FORM, release_id, data)


@post(f"{RELEASE}/restorations", sync_to_thread=True)
def restore(request: Request[Any, Any, Any], release_id: FromPath[str], data: URLEncodedBody[Restoration]) -> Redirect:
    """Take a field of a change back, or everything since it."""
    return _restored(request, release_id, data.activity, field=data.field)


@post(f"{RELEASE}/restorations/{{activity_id:str}}", sync_to_thread=True)
def undo(request: Request[Any, Any, Any], release_id: FromPath[str], activity_id: FromPath[str]) -> Redirect:
    """Take everything since a change back."""
    return _restored(request, release_id, activity_id, field="")


def _restored(request: Request[Any, Any, Any], release_id: str, activity_id: str, *, field: str) -> Redirect:
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        release = release_to_change(session, visitor, parse_uuid(release_id))
        rows = editing.rows_of(session, release)
        editing.restore(session, visitor.actor, rows, parse_uuid(activity_id), field=field)
    return flash.done(f"{RELEASES}/{release_id}", tenant, sentence("It is as it was before."))


@post(f"{RELEASE}/codes", sync_to_thread=True)
def issue_codes(request: Request[Any, Any, Any], release_id: FromPath[str]) -> Redirect:
    """Issue the codes that a release and its recordings lack."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        release = release_to_change(session, visitor, parse_uuid(release_id))
        issue_missing(session, visitor.actor, release, year=clock.now().year)
    return flash.done(f"{RELEASES}/{release_id}", tenant, sentence("The missing codes were issued."))


def _title_cell(release_id: UUID | str, recording: Recording) -> Cell:
    action, href = f"{RELEASES}/{release_id}/recordings/{recording.id}/title", f"/portal/recordings/{recording.id}"
    label, value = sentence("Title"), recording.title
    return Cell(id=f"title-{recording.id}", label=label, action=action, field="value", value=value, href=href)


@post(f"{RELEASE}/recordings/{{recording_id:str}}/title", sync_to_thread=True)
def retitle(
    request: Request[Any, Any, Any],
    release_id: FromPath[str],
    recording_id: FromPath[str],
    data: URLEncodedBody[NewValue],
) -> Response[Any]:
    """Give one recording another title."""
    visitor, known = visitor_of(request), parse_uuid(recording_id)

    def held(session: Session) -> Recording:
        if known is None:
            raise RecordingUnknown
        return recordings_to_change(session, visitor, [known])[known]

    part = edit(
        request,
        lambda session: _title_cell(release_id, held(session)),
        lambda session: editing.change(session, visitor.actor, held(session), {"title": data.value}),
        typed=data.value,
        match=data.match,
    )
    return part or flash.done(f"{RELEASES}/{release_id}", tenant_of(request), sentence("The release was changed."))


handlers = [release_page, edit_release, change_release, restore, undo, issue_codes, retitle]
