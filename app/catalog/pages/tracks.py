"""All recordings of all releases: searched, filtered, sorted, taken along, and chosen for the grid."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import URLEncodedBody
from sqlalchemy.orm import Session

from app.catalog.errors import RecordingUnknown
from app.catalog.pages.editor import languages
from app.catalog.queries import recordings as queries
from app.catalog.rules.fields import CHOICE_SENTENCES, FIELD_SENTENCES, PARENTAL, shown
from app.catalog.rules.vocabulary import GENRES
from app.identity.pages import visitor_of
from app.identity.policies import Visitor, allows_somewhere, require_somewhere
from app.kernel import activity
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import shell
from app.kernel.web.pages import page, told
from app.kernel.web.paging import following, place
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.shell import Place
from app.kernel.web.tables import table
from app.lists.pages import view_pages, views_of
from app.lists.rules import ANY_TEXT, Asked, Listing
from app.roster.policies import visible_imprints
from app.roster.queries.search import forgive

TRACKS = "/portal/tracks"
SHOWN = 50
EXPORTED = 50_000
MOST_CHOSEN = 1_000
LISTING = Listing(
    "tracks",
    TRACKS,
    parts={
        "q": ANY_TEXT,
        "imprint": ANY_TEXT,
        "genre": ANY_TEXT,
        "language": ANY_TEXT,
        "parental": frozenset(PARENTAL),
        "lacks": queries.LACKS,
        "problems": frozenset({"some"}),
    },
    sorts=("title", "artist", "isrc", "duration", "genre", "language", "-releases", "-added"),
)
COLUMNS = (
    "title", "version_title", "artist_line", "isrc", "duration_ms", "genre", "language", "parental", "p_year",
    "p_owner",
)  # fmt: skip
LACK_SENTENCES = {
    "isrc": "Without ISRC",
    "audio": "Without audio",
    "genre": "Without genre",
    "language": "Without language",
    "credits": "Without credits",
    "lyrics": "Without lyrics",
}

shell.add(
    Place(sentence("Tracks"), TRACKS, "audio-lines", group="catalogue", order=25, keys="g k", permission="catalog.view")
)


class ChosenRecordings(msgspec.Struct, forbid_unknown_fields=True):
    """The recordings that were chosen, and as what table they are wanted."""

    id: list[str] | str = []
    kind: str = msgspec.field(name="as", default="csv")


def chosen_ids(said: list[str] | str) -> list[UUID]:
    """The ids among what was chosen, each once, in the order they were sent; one that is none is not found."""
    found = [parse_uuid(text) for text in ([said] if isinstance(said, str) else said[:MOST_CHOSEN])]
    known = [one for one in found if one]
    if len(known) != len(found):
        raise RecordingUnknown
    return list(dict.fromkeys(known))


@get(TRACKS, sync_to_thread=True)
def list_tracks(request: Request[Any, Any, Any]) -> Response[str]:
    """Show recordings as filtered, a page at a time."""
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    require_somewhere(visitor, "catalog.view")
    asked = LISTING.asked(request.url.query)
    marker = request.query_params.get("after")
    after = place(tenant, f"tracks?{asked.query}", marker) if marker else None
    with tenant_read(tenant) as session:
        found = found_recordings(session, visitor, asked, after, SHOWN + 1)
        names = _release_names(session, found[:SHOWN])
        imprints = list(session.scalars(visible_imprints(visitor)))
        views = views_of(session, visitor, LISTING.name, TRACKS, asked.query)
    facts: dict[str, Any] = {"rows": found[:SHOWN], "names": names, "following": _following(tenant, asked, found)}
    facts |= {"asked": asked, "imprints": imprints, "views": views, "choices": CHOICE_SENTENCES, "shown": shown}
    facts |= {"parental": PARENTAL, "lacks": LACK_SENTENCES, "genres": GENRES, "languages": languages(realm.language)}
    return page("catalog/tracks.html", realm, here=TRACKS, may_edit=allows_somewhere(visitor, "catalog.edit"), **facts)


def found_recordings(
    session: Session,
    visitor: Visitor,
    asked: Asked,
    after: list[Any] | None,
    limit: int,
    *,
    among: Collection[UUID] | None = None,
) -> list[Any]:
    """The recordings of a filter, from after a place; with `among`, of these alone."""
    if asked.get("q"):
        forgive(session)
    return list(session.execute(queries.recordings(visitor, asked, after=after, limit=limit, among=among)).all())


def _release_names(session: Session, rows: list[Any]) -> dict[UUID, str]:
    wanted = [row.release_id for row in rows if row.release_id]
    return {row.id: row.title for row in session.execute(queries.release_titles(wanted))} if wanted else {}


def _following(tenant: Tenant, asked: Asked, found: list[Any]) -> str | None:
    return following(tenant, f"tracks?{asked.query}", found, SHOWN, lambda last: [last.place, str(last.id)])


@get(f"{TRACKS}/export", sync_to_thread=True)
def export(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give the recordings of a filter as a table."""
    return _table(request, request.url.query, request.query_params.get("as", "csv"), chosen=None)


@post(f"{TRACKS}/export", sync_to_thread=True)
def export_chosen(request: Request[Any, Any, Any], data: URLEncodedBody[ChosenRecordings]) -> Response[bytes]:
    """Give the chosen recordings as a table."""
    return _table(request, "", data.kind, chosen=chosen_ids(data.id))


def _table(request: Request[Any, Any, Any], query: str, kind: str, *, chosen: list[UUID] | None) -> Response[bytes]:
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    require_somewhere(visitor, "catalog.view")
    asked = LISTING.asked(query)
    with tenant_work(tenant) as session:
        rows = found_recordings(session, visitor, asked, None, EXPORTED, among=chosen)
        names = _release_names(session, rows)
        after = {"rows": len(rows), "filter": asked.query}
        activity.record(session, visitor.actor, "catalog.tracks_exported", after=after)
    heads = [told(realm, FIELD_SENTENCES[name]) for name in COLUMNS] + [told(realm, sentence("Release"))]
    lines = ([*(_cell(row, name) for name in COLUMNS), names.get(row.release_id)] for row in rows)
    answer = table(f"{tenant.slug}-tracks", kind, heads, lines)
    answer.status_code = 200
    return answer


def _cell(row: Any, name: str) -> Any:
    value = getattr(row, name)
    return shown(name, value) if name == "duration_ms" else value


keeping = view_pages(LISTING.name, TRACKS, permission="catalog.view", kept=lambda query: LISTING.asked(query).query)
handlers = [list_tracks, export, export_chosen, *keeping]
