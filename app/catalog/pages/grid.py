"""The grid in which many tracks are edited at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.catalog.errors import CodeTaken, FieldsUnusable, RecordingUnknown
from app.catalog.models import Recording
from app.catalog.pages.releases import RELEASES
from app.catalog.pages.tracks import LISTING, TRACKS, chosen_ids, found_recordings
from app.catalog.policies import recordings_to_change, recordings_to_edit, release_to_change, release_to_edit
from app.catalog.queries import lists
from app.catalog.rules import fields
from app.catalog.schemas import GridChange, GridRow
from app.catalog.service import editing
from app.identity.pages import visitor_of
from app.identity.policies import Visitor, require_somewhere
from app.kernel.activity.changes import first_change
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Refusal
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page, told
from app.kernel.web.realm import Realm, realm_of, tenant_of
from app.kernel.web.strict import decode

GRID = f"{RELEASES}/{{release_id:str}}/tracks"
CHOSEN = f"{TRACKS}/grid"
MOST_ROWS = 200
COLUMNS = ("title", "version_title", "isrc", "duration_ms", "language", "genre", "parental", "p_year", "p_owner")


class CellsRefused(Refusal):
    """Nothing was saved, because some cells cannot be."""

    message = "Nothing was saved yet. The marked cells need another look."

    def __init__(self, problems: dict[str, dict[str, str]], *, status: int) -> None:
        self.problems, self.status = problems, status
        super().__init__()

    def told(self, realm: Realm) -> dict[str, dict[str, str]]:
        """Per recording and field why, or what stands there now (412)."""
        return {row: {name: told(realm, text) for name, text in cells.items()} for row, cells in self.problems.items()}


@get(GRID, sync_to_thread=True)
def grid(request: Request[Any, Any, Any], release_id: FromPath[str]) -> Response[str]:
    """Show the tracks of a release as cells."""
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        release = release_to_edit(session, visitor, parse_uuid(release_id))
        tracks = session.execute(lists.tracks(release.id)).all()
    rows = [(f"{track.disc}.{track.number}", recording) for track, recording in tracks]
    address = f"{RELEASES}/{release.id}"
    return _cells(request, rows, here=RELEASES, back=address, name=release.title, save=f"{address}/tracks")


@get(CHOSEN, sync_to_thread=True)
def chosen_grid(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the chosen recordings, or the first ones of a filter, as cells, whatever releases they are on."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_somewhere(visitor, "catalog.edit")
    wanted = chosen_ids(request.query_params.getall("id", []))
    with tenant_read(tenant) as session:
        if not wanted:
            asked = LISTING.asked(request.url.query)
            wanted = [row.id for row in found_recordings(session, visitor, asked, None, MOST_ROWS)]
        found = recordings_to_edit(session, visitor, wanted)
    rows = [(str(place), found[one]) for place, one in enumerate(wanted, 1)]
    return _cells(request, rows, here=TRACKS, back=TRACKS, name=None, save=CHOSEN)


def _cells(
    request: Request[Any, Any, Any],
    rows: list[tuple[str, Recording]],
    *,
    here: str,
    back: str,
    name: str | None,
    save: str,
) -> Response[str]:
    shown: dict[str, Any] = {"rows": rows, "columns": [fields.RECORDING[c] for c in COLUMNS], "back": back}
    shown |= {"shown": fields.shown, "choices": fields.CHOICE_SENTENCES, "name": name, "save": save}
    return page("catalog/grid.html", realm_of(request), here=here, **shown)


@post(GRID, sync_to_thread=True)
def save_grid(request: Request[Any, Any, Any], release_id: FromPath[str], body: RawBody) -> Response[Any]:
    """Save everything that was changed in the grid, or tell cell by cell why not."""
    visitor = visitor_of(request)

    def mine(session: Session) -> set[Any]:
        release = release_to_change(session, visitor, parse_uuid(release_id))
        return {recording.id for _, recording in session.execute(lists.tracks(release.id))}

    address = f"{RELEASES}/{release_id}"
    return _saved(request, body, mine, address=address, undo=f"{address}/restorations")


@post(CHOSEN, sync_to_thread=True)
def save_chosen(request: Request[Any, Any, Any], body: RawBody) -> Response[Any]:
    """The same for recordings of many releases."""
    return _saved(request, body, None, address=TRACKS, undo=f"{TRACKS}/restorations")


@post(f"{TRACKS}/restorations/{{activity_id:str}}", sync_to_thread=True)
def undo(request: Request[Any, Any, Any], activity_id: FromPath[str]) -> Redirect:
    """Take back what was changed together with a change, whatever releases it is on."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_somewhere(visitor, "catalog.edit")
    with tenant_work(tenant) as session:
        known = parse_uuid(activity_id)
        held = recordings_to_change(session, visitor, editing.changed_with(session, known))
        editing.restore(session, visitor.actor, held, known)
    return flash.done(TRACKS, tenant, sentence("It is as it was before."))


def _saved(
    request: Request[Any, Any, Any],
    body: bytes,
    mine: Callable[[Session], set[Any]] | None,
    *,
    address: str,
    undo: str,
) -> Response[Any]:
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    said = decode(body, request.headers.get("content-type"), GridChange)
    try:
        with tenant_work(tenant) as session:
            first = _save(session, visitor, said.rows, mine(session) if mine else None)
    except CellsRefused as refusal:
        return _answer({"cells": refusal.told(realm), "detail": told(realm, refusal.message)}, refusal.status)
    back = f"{undo}/{first}" if first else None
    done = flash.done(address, tenant, sentence("The tracks were changed."), undo=back)
    answer = _answer({"href": address}, 200)
    answer.cookies = done.cookies
    return answer


def _save(session: Session, visitor: Visitor, rows: list[GridRow], mine: set[Any] | None) -> str | None:
    wanted = {parse_uuid(row.id): row for row in rows}
    if mine is not None and not set(wanted) <= mine:
        raise RecordingUnknown
    held = recordings_to_change(session, visitor, list(wanted))
    _refuse_behind(held, wanted)
    problems: dict[str, dict[str, str]] = {}
    for row_id, recording in held.items():
        row = wanted[row_id]
        try:
            editing.change(session, visitor.actor, recording, {k: v for k, v in row.cells.items() if k in COLUMNS})
            session.flush()
        except FieldsUnusable as refusal:
            problems[row.id] = refusal.fields
        except CodeTaken:
            problems[row.id] = {"isrc": sentence("This code is taken.")}
    if problems:
        raise CellsRefused(problems, status=422)
    first = first_change(session, held)
    return str(first) if first else None


def _refuse_behind(held: dict[Any, Recording], wanted: dict[Any, GridRow]) -> None:
    """Whoever was slower sees what the cells are now."""
    behind: dict[str, dict[str, str]] = {}
    for row_id, row in wanted.items():
        now = {name: fields.shown(name, getattr(held[row_id], name)) for name in row.cells if name in COLUMNS}
        changed = {name: value for name, value in now.items() if value != row.before.get(name)}
        if changed:
            behind[row.id] = changed
    if behind:
        raise CellsRefused(behind, status=412)


def _answer(said: dict[str, Any], status: int) -> Response[Any]:
    return Response(msgspec.json.encode(said), media_type="application/json", status_code=status)


handlers = [grid, chosen_grid, save_grid, save_chosen, undo]
