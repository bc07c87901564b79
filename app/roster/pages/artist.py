"""One artist: who they are, what they made, what happened, and how they leave."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Any

from babel.core import Locale, UnknownLocaleError
from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.identity.errors import PermissionMissing
from app.identity.pages import visitor_of
from app.identity.policies import Visitor
from app.identity.rules.grants import can_give
from app.kernel import clock
from app.kernel.activity.meanings import meanings
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.roster.errors import DayUnusable
from app.roster.models import Artist, Party
from app.roster.pages.dashboard import KIND_SENTENCES, ROSTER, STATUS_SENTENCES, today_of
from app.roster.policies import artist_to_change, artist_to_read, may_do_for, may_grant
from app.roster.queries import artist as queries
from app.roster.queries import grants as leave
from app.roster.rules.stores import STORES
from app.roster.schemas import ArtistForm, Leaving
from app.roster.service import artists, parties, pictures
from app.roster.service.forms import AT_STORES, shown_fields, wanted_fields

ARTIST = f"{ROSTER}/{{artist_id:str}}"
SHOWN = 40
UNTYPED: dict[str, Any] = {"email": "", "rights": (), "until": ""}
RIGHT_SENTENCES = {"money": "See money", "releases": "Manage releases", "page": "Edit the page"}
FIELD_SENTENCES = {
    "name": "Name", "sort_name": "Sorted as", "kind": "Kind", "status": "Status", "names": "Names in other languages",
    "biographies": "Biographies", "store_ids": "Ids in stores", "links": "Links", "picture": "Picture",
    "leaves_on": "Leaves on", "party_id": "Legal person",
}  # fmt: skip
STATE_SENTENCES = {"active": "Active", "asked": "Asked", "unanswered": "Not answered", "over": "Over"}


@get(ARTIST, sync_to_thread=True)
def artist_page(request: Request[Any, Any, Any], artist_id: FromPath[str]) -> Response[str]:
    """Show everything about an artist."""
    return page("roster/artist.html", realm_of(request), problem=None, **artist_shown(request, artist_id))


def artist_shown(request: Request[Any, Any, Any], artist_id: str, **typed: Any) -> dict[str, Any]:
    """Everything about an artist, and what was typed into a form there that was refused."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        artist = artist_to_read(session, visitor, parse_uuid(artist_id))
        image = pictures.copies_of(session, tenant, artist)
        facts = _facts(session, visitor, artist)
    names = language_names(realm_of(request).language, [*artist.biographies, *artist.names])
    return {"here": ROSTER, "typed": UNTYPED | typed, "image": image, "language_names": names, **facts}


def language_names(reader: str, languages: Iterable[str]) -> dict[str, str]:
    """What languages are called in a reader's; one that nobody knows by its code."""
    locale, found = reader.replace("-", "_"), {}
    for language in languages:
        with suppress(UnknownLocaleError, ValueError):
            found[language] = Locale.parse(language, sep="-").get_display_name(locale)
    return {language: found.get(language) or language for language in languages}


def _facts(session: Session, visitor: Visitor, artist: Artist) -> dict[str, Any]:
    may_edit = may_do_for(session, visitor, artist, "catalog.edit")
    return {
        "artist": artist,
        "stores": {key: STORES[key].name if key in STORES else key for key in artist.store_ids},
        "may_present": may_do_for(session, visitor, artist, "artists.page"),
        "band": session.execute(queries.band(artist.id)).all(),
        "sections": queries.sections(session, visitor, artist.id),
        "history": list(session.scalars(queries.history([artist.id], limit=SHOWN))),
        **grant_facts(session, visitor, artist),
        **party_facts(session, visitor, artist),
        "ties": artists.ties(session, artist) if may_edit else None,
        "meanings": meanings(),
        "titles": FIELD_SENTENCES | {"isni": "ISNI", "ipi": "IPI"},
        "kinds": KIND_SENTENCES,
        "statuses": STATUS_SENTENCES,
        "may_edit": may_edit,
    }


def grant_facts(session: Session, visitor: Visitor, artist: Artist) -> dict[str, Any]:
    """Who may act for an artist, as far as a visitor is told: whoever may grant it, everybody; others, themselves."""
    may_give, now = may_grant(visitor, artist), clock.now()
    listed = [(grant, member) for grant, member in session.execute(leave.of_artist(artist.id)).all()]
    mine = [grant for grant, member in listed if member is not None and member.id == visitor.member.id]
    return {
        "grants": [(grant, member, grant.state(now)) for grant, member in listed] if may_give else [],
        "mine": [grant for grant in mine if grant.is_taken(now)],
        "may_grant": may_give and artist.status != "left",
        "rights": {right: text for right, text in RIGHT_SENTENCES.items() if can_give(right, visitor.permissions)},
        "right_names": RIGHT_SENTENCES,
        "states": STATE_SENTENCES,
    }


def party_facts(session: Session, visitor: Visitor, artist: Artist) -> dict[str, Any]:
    """Who is behind an artist and where the money goes, for those who see the artist's money."""
    sees_money = may_do_for(session, visitor, artist, "payouts.view")
    party = session.get(Party, artist.party_id) if artist.party_id and sees_money else None
    return {
        "sees_money": sees_money,
        "paid": party,
        "payees": parties.payees_of(session, party.id) if party else [],
        "may_see_party": party is not None and may_do_for(session, visitor, artist, "contracts.view"),
    }


def _editor(
    request: Request[Any, Any, Any], artist: Artist, typed: dict[str, str], *, status: int = 200, **said: Any
) -> Response[str]:
    current = shown_fields(artist)
    behind = {name: current[name] for name in current if typed.get(name, current[name]) != current[name]}
    shown: dict[str, Any] = {"artist": artist, "typed": current | typed, "kinds": KIND_SENTENCES, "here": ROSTER}
    shown["stores"] = {field: STORES[store].name for field, store in AT_STORES.items()}
    shown |= {"problems": said.get("problems", {}), "behind": behind if said.get("is_behind") else {}}
    return page("roster/artist_edit.html", realm_of(request), status=status, **shown)


@get(f"{ARTIST}/edit", sync_to_thread=True)
def edit_artist(request: Request[Any, Any, Any], artist_id: FromPath[str]) -> Response[str]:
    """Show the form in which an artist is changed."""
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        artist = artist_to_read(session, visitor, parse_uuid(artist_id))
        if not may_do_for(session, visitor, artist, "catalog.edit"):
            raise PermissionMissing
    return _editor(request, artist, {})


@post(ARTIST, sync_to_thread=True)
def change_artist(
    request: Request[Any, Any, Any], artist_id: FromPath[str], data: URLEncodedBody[ArtistForm]
) -> Response[Any]:
    """Change an artist who is still as their editor saw them; whoever was slower sees both."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    typed = {name: getattr(data, name) for name in ArtistForm.__struct_fields__ if name != "match"}
    try:
        with tenant_work(tenant) as session:
            artist = artist_to_change(session, visitor, parse_uuid(artist_id))
            if data.match != str(artist.version):
                return _editor(request, artist, typed, status=412, is_behind=True)
            artists.change_artist(session, visitor, artist, wanted_fields(artist, typed))
    except Invalid as refusal:
        with tenant_read(tenant) as session:
            artist = artist_to_read(session, visitor, parse_uuid(artist_id))
        return _editor(request, artist, typed, status=422, problems=refusal.fields)
    return flash.done(f"{ROSTER}/{artist_id}", tenant, sentence("The artist was changed."))


@post(f"{ARTIST}/departure", sync_to_thread=True)
def let_go(request: Request[Any, Any, Any], artist_id: FromPath[str], data: URLEncodedBody[Leaving]) -> Redirect:
    """Name the day from which an artist is not of the roster."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        on = date.fromisoformat(data.day)
    except ValueError:
        raise DayUnusable(fields={"day": DayUnusable.message}) from None
    with tenant_work(tenant) as session:
        artist = artist_to_change(session, visitor, parse_uuid(artist_id))
        artists.let_go(session, visitor, artist, on, today=today_of(tenant))
    return flash.done(f"{ROSTER}/{artist_id}", tenant, sentence("The day is noted. What was made stays."))


handlers = [artist_page, edit_artist, change_artist, let_go]
