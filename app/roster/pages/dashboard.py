"""The roster: every artist in one list, filtered, sorted, chosen, exported."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.identity.pages import visitor_of
from app.identity.policies import Visitor, allows, require_somewhere
from app.kernel import activity, clock
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.money import from_micros
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash, shell
from app.kernel.web.cells import Cell, edit, wants_part
from app.kernel.web.pages import page, told
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.shell import Action, Place
from app.kernel.web.tables import table
from app.lists.pages import view_pages, views_of
from app.lists.queries import figures
from app.lists.rules import ANY_TEXT, Listing
from app.roster import queries
from app.roster.models import Artist
from app.roster.pages.rows import OWN, filled
from app.roster.policies import artist_to_read
from app.roster.queries.columns import COLUMNS, Column, columns, readings
from app.roster.queries.search import forgive
from app.roster.schemas import ChosenArtists, NewArtist, NewStatus
from app.roster.service import artists, statuses

ROSTER = "/portal/artists"
LISTING = Listing(
    "artists",
    ROSTER,
    parts={
        "q": ANY_TEXT,
        "status": frozenset({"active", "paused", "left"}),
        "kind": frozenset({"solo", "band", "other"}),
        "tasks": frozenset({"open"}),
        "next": frozenset({"soon"}),
    },
    sorts=("name", "status", *(column.key for column in COLUMNS)),
)
STATUS_SENTENCES = {"active": "Active", "paused": "Paused", "left": "Former"}
KIND_SENTENCES = {"solo": "Solo artist", "band": "Band", "other": "Other act"}

shell.add(
    Place(sentence("Roster"), ROSTER, "users", group="catalogue", order=10, keys="g r", permission="catalog.view"),
    Action(sentence("Add an artist"), f"{ROSTER}#add-artist", "user-plus", permission="catalog.edit"),
)


def today_of(tenant: Tenant) -> date:
    """The label's own day."""
    return clock.now().astimezone(ZoneInfo(tenant.time_zone)).date()


@get(ROSTER, sync_to_thread=True)
def roster(request: Request[Any, Any, Any]) -> Response[str]:
    """Show every artist with what is known of each."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_somewhere(visitor, "catalog.view")
    asked, today = LISTING.asked(request.url.query), today_of(tenant)
    with tenant_read(tenant) as session:
        rows = _rows(session, visitor, asked, today)
        views = views_of(session, visitor, LISTING.name, ROSTER, asked.query)
        counts = queries.counts(session, visitor, today) if asked.values else queries.counted(rows, today)
        told = [] if wants_part(request) else figures(session, visitor, tenant, today)
    shown: dict[str, Any] = {"asked": asked, "views": views, "counts": counts, "columns": columns(), "rows": rows}
    shown["figures"] = told
    shown["fill"] = partial(filled, rows, list(readings()))
    shown |= {"statuses": STATUS_SENTENCES, "kinds": KIND_SENTENCES, "may_edit": allows(visitor, "catalog.edit")}
    return page("roster/roster.html", realm_of(request), here=ROSTER, **shown)


def _rows(session: Session, visitor: Visitor, asked: Any, today: date) -> list[Any]:
    if asked.get("q"):
        forgive(session)
    return list(session.execute(queries.roster(visitor, asked, today)).all())


@get(f"{ROSTER}/export", sync_to_thread=True)
def export(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give the list as it is shown as a table."""
    return _table(request, request.url.query, request.query_params.get("as", "csv"), chosen=None)


@post(f"{ROSTER}/export", sync_to_thread=True)
def export_chosen(request: Request[Any, Any, Any], data: URLEncodedBody[ChosenArtists]) -> Response[bytes]:
    """Give the chosen artists as a table."""
    return _table(request, "", "csv", chosen={data.id} if isinstance(data.id, str) else set(data.id))


def _table(request: Request[Any, Any, Any], query: str, kind: str, *, chosen: set[str] | None) -> Response[bytes]:
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    require_somewhere(visitor, "catalog.view")
    asked = LISTING.asked(query)
    with tenant_work(tenant) as session:
        found = _rows(session, visitor, asked, today_of(tenant))
        rows = [row for row in found if chosen is None or row[0] in chosen]
        activity.record(session, visitor.actor, "roster.exported", after={"rows": len(rows), "filter": asked.query})
    own = [told(realm, text) for text in (sentence("Artist"), sentence("Kind"), sentence("Status"))]
    heads = [*own, *(told(realm, column.title) for column in columns())]
    places = {key: place for place, key in enumerate(readings())}
    cells = [(column, places.get(column.key)) for column in columns()]
    lines = ([row[1], row[2], row[3], *(_exported(row, column, place) for column, place in cells)] for row in rows)
    answer = table(f"{tenant.slug}-roster", kind, heads, lines)
    answer.status_code = 200
    return answer


def _exported(row: Any, column: Column, place: int | None) -> Any:
    if place is None:
        return None
    value, note = row[OWN + 2 * place], row[OWN + 1 + 2 * place]
    if column.shown == "release":
        return f"{value} {note}" if value else None
    if column.shown == "money":
        return f"{from_micros(value):f} {note}" if value is not None else None
    return value if value is None or isinstance(value, int | str) else str(value)


@post(ROSTER, sync_to_thread=True)
def add_artist(request: Request[Any, Any, Any], data: URLEncodedBody[NewArtist]) -> Redirect:
    """Take an act onto the roster, and lead to its page."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        artist = artists.add_artist(session, visitor, name=data.name, kind=data.kind)
    return flash.done(f"{ROSTER}/{artist.id}", tenant, sentence("The artist was added."))


@post(f"{ROSTER}/status", sync_to_thread=True)
def set_statuses(request: Request[Any, Any, Any], data: URLEncodedBody[ChosenArtists]) -> Redirect:
    """Pause the chosen artists or make them active."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_somewhere(visitor, "catalog.edit")
    with tenant_work(tenant) as session:
        chosen = [data.id] if isinstance(data.id, str) else data.id
        first = statuses.set_statuses(session, visitor, [parse_uuid(text) for text in chosen], data.status)
    undo = f"{ROSTER}/status/restorations/{first}" if first else None
    return flash.done(ROSTER, tenant, sentence("The status was changed."), undo=undo)


@post(f"{ROSTER}/status/restorations/{{activity_id:str}}", sync_to_thread=True)
def restore_statuses(request: Request[Any, Any, Any], activity_id: FromPath[str]) -> Redirect:
    """Give artists whose status was changed together the one that each had before."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_somewhere(visitor, "catalog.edit")
    with tenant_work(tenant) as session:
        statuses.restore_statuses(session, visitor, parse_uuid(activity_id))
    return flash.done(ROSTER, tenant, sentence("It is as it was before."))


def _status_cell(artist: Artist, choices: tuple[tuple[str, str], ...]) -> Cell:
    action = f"{ROSTER}/{artist.id}/status"
    return Cell(
        id=f"status-{artist.id}",
        label=sentence("Status"),
        action=action,
        field="status",
        value=artist.status,
        choices=choices,
    )


def _choices(request: Request[Any, Any, Any]) -> tuple[tuple[str, str], ...]:
    realm = realm_of(request)
    return tuple((key, told(realm, text)) for key, text in STATUS_SENTENCES.items() if key in artists.OPEN)


@get(f"{ROSTER}/{{artist_id:str}}/status", sync_to_thread=True)
def status_cell(request: Request[Any, Any, Any], artist_id: FromPath[str]) -> Response[str]:
    """Give the status as a piece of the page that is edited where it stands."""
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        artist = artist_to_read(session, visitor, parse_uuid(artist_id))
    shown: dict[str, Any] = {
        "cell": _status_cell(artist, _choices(request)),
        "before": None,
        "problem": "",
        "is_behind": False,
    }
    return page("cell.html", realm_of(request), typed="", **shown)


@post(f"{ROSTER}/{{artist_id:str}}/status", sync_to_thread=True)
def set_status(
    request: Request[Any, Any, Any], artist_id: FromPath[str], data: URLEncodedBody[NewStatus]
) -> Response[Any]:
    """Change one artist's status."""
    visitor, known, choices = visitor_of(request), parse_uuid(artist_id), _choices(request)
    part = edit(
        request,
        lambda session: _status_cell(artist_to_read(session, visitor, known), choices),
        lambda session: artists.set_status(session, visitor, known, data.status),
        typed=data.status,
        match=data.match,
    )
    return part or flash.done(f"{ROSTER}/{known}", tenant_of(request), sentence("The status was changed."))


keeping = view_pages(LISTING.name, ROSTER, permission="catalog.view", kept=lambda query: LISTING.asked(query).query)
many = [export_chosen, set_statuses, restore_statuses]
handlers = [roster, export, add_artist, *many, status_cell, set_status, *keeping]
