"""Artists of the roster: who they are, how they are shown, who plays in a band, and how they leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.rest.conventions import UNSET, Answer, Body, Call, Part, Patch, Resource, Section, UnsetType, View, said
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Code, Day, Id, LongText, Moment, Name, PartialDate, Text
from app.catalog.service.checking import today_of
from app.identity.policies import Visitor
from app.kernel.collation import as_sorted
from app.roster.models import Artist, BandMember
from app.roster.policies import (
    artist_to_change,
    artist_to_present,
    artist_to_read,
    band_member_to_change,
    may_see_artist,
)
from app.roster.service import artists, bands
from app.roster.service.forms import AT_STORES, shown_fields, wanted_fields, wanted_page

SECTION = Section("Artists", "The acts of the label's roster: people and bands under the names that fans know.")
Kind = Literal["solo", "band", "other"]
Status = Literal["active", "paused", "left"]
Language = Annotated[str, Meta(examples=["de"])]


class BandMemberView(View):
    """Who plays, or played, in a band."""

    artist_id: Id
    name: str
    part: str
    since: str | None
    until: str | None


class ArtistView(View):
    """An act of the roster. `key` names it in scopes and addresses and never changes."""

    id: Id
    key: Annotated[str, Meta(examples=["mira-sol"])]
    name: Annotated[str, Meta(examples=["Mira Sol"])]
    sort_name: Annotated[str, Meta(examples=["Sol, Mira"])]
    kind: Kind
    status: Status
    isni: str | None
    ipi: str | None
    names: dict[str, str]
    biographies: dict[str, str]
    store_ids: dict[str, str]
    links: list[str]
    leaves_on: Day | None
    picture_id: Id | None
    band: list[BandMemberView]
    created_at: Moment
    updated_at: Moment


class NewArtist(Body, frozen=True):
    """A new act."""

    name: Name
    kind: Kind = "solo"


class ArtistChange(Patch, frozen=True):
    """What is to be otherwise about an act; languages of `names` and stores of `store_ids` are merged one by one."""

    name: Name | UnsetType = UNSET
    sort_name: Name | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    status: Literal["active", "paused"] | UnsetType = UNSET
    isni: Code | UnsetType | None = UNSET
    ipi: Code | UnsetType | None = UNSET
    names: dict[Language, Name | None] | UnsetType | None = UNSET
    store_ids: dict[str, Text | None] | UnsetType | None = UNSET
    biographies: dict[Language, LongText | None] | UnsetType | None = UNSET
    links: list[Text] | UnsetType | None = UNSET


class Departure(Body, frozen=True):
    """The day from which an act is not of the roster."""

    day: Day


class BandMemberSaid(Body, frozen=True):
    """What an artist plays in a band, and from when to when."""

    part: Text = ""
    since: PartialDate | None = None
    until: PartialDate | None = None


def _bands(session: Session, _visitor: Visitor, band_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    query = select(BandMember, Artist.name).join(Artist, Artist.id == BandMember.artist_id)
    found: dict[UUID, list[Any]] = {}
    for row, name in session.execute(query.where(BandMember.band_id.in_(band_ids)).order_by(Artist.sort_name)):
        shown = {"artist_id": row.artist_id, "name": name, "part": row.part, "since": row.since, "until": row.until}
        found.setdefault(row.band_id, []).append(shown)
    return found


ARTISTS = Resource(
    name="artists",
    view=ArtistView,
    model=Artist,
    visible=may_see_artist,
    columns={"picture_id": Artist.image_id},
    parts={"band": Part(_bands, [])},
    filters={
        "q": by.named(Artist.folded, "Part of a name, as people type it."),
        "kind": by.choice(Artist.kind, ("solo", "band", "other"), "Acts of one kind."),
        "status": by.choice(Artist.status, ("active", "paused", "left"), "Acts in one state."),
        "key": by.text(Artist.key, "The act with this key.", "mira-sol"),
        "isni": by.text(Artist.isni, "The act with this ISNI."),
        "updated_since": by.since(Artist.updated_at, "Acts that changed at this moment or later."),
    },
    sorts={"name": as_sorted(Artist.sort_name), "status": Artist.status, "updated_at": Artist.updated_at},
    hidden=frozenset({"biographies"}),
)


@SECTION.listing("/artists", ARTISTS, scope="catalog:read")
def list_artists(call: Call, session: Session) -> Answer:
    """List artists. Acts that the client sees, in the order in which they were added unless another is asked for."""
    return ARTISTS.page(call, session)


@SECTION.post("/artists", scope="catalog:write", takes=NewArtist, resource=ARTISTS)
def add_artist(call: Call, session: Session, body: NewArtist) -> Answer:
    """Add an artist. Takes an act onto the roster; its key is made of its name."""
    artist = artists.add_artist(session, call.visitor, name=body.name, kind=body.kind)
    return ARTISTS.one(call, session, artist.id, status=201, at=f"/api/v1/artists/{artist.id}")


@SECTION.get("/artists/{artist_id}", scope="catalog:read", resource=ARTISTS)
def read_artist(call: Call, session: Session) -> Answer:
    """Read an artist."""
    return ARTISTS.one(call, session, artist_to_read(session, call.visitor, call.id("artist_id")).id)


@SECTION.patch("/artists/{artist_id}", scope="catalog:write", takes=ArtistChange, resource=ARTISTS)
def change_artist(call: Call, session: Session, body: ArtistChange) -> Answer:
    """Change an artist. Only what is sent becomes otherwise; `null` takes a value away."""
    changes = said(body)
    artist = artist_to_change(session, call.visitor, call.id("artist_id"))
    ARTISTS.require_unchanged(call, artist)
    if "status" in changes:
        artists.set_status(session, call.visitor, artist.id, str(changes.pop("status")))
    presented: dict[str, Any] = {name: changes.pop(name) for name in ("biographies", "links") if name in changes}
    if changes:
        artists.change_artist(session, call.visitor, artist, _wanted(artist, changes))
    if presented:
        artist = artist_to_present(session, call.visitor, artist.id)
        artists.change_artist(session, call.visitor, artist, _page(artist, presented))
    session.flush()
    return ARTISTS.one(call, session, artist.id)


def _wanted(artist: Artist, changes: dict[str, Any]) -> dict[str, Any]:
    """An artist's values as their form says them, so that both have the same rules."""
    typed = shown_fields(artist)
    typed |= {
        name: str(changes[name] or "") for name in ("name", "sort_name", "kind", "isni", "ipi") if name in changes
    }
    if "names" in changes:
        kept = merged(artist.names, changes["names"])
        typed["names"] = "\n".join(f"{language}: {name}" for language, name in kept.items())
    if "store_ids" in changes:
        kept = merged(artist.store_ids, changes["store_ids"])
        typed |= {field: str(kept.get(store, "")) for field, store in AT_STORES.items()}
    wanted = wanted_fields(artist, typed)
    named = set(changes) | ({"sort_name"} if "name" in changes and "sort_name" not in changes else set())
    return {name: value for name, value in wanted.items() if name in named}


def _page(artist: Artist, changes: dict[str, Any]) -> dict[str, Any]:
    told = merged(artist.biographies, changes["biographies"]) if "biographies" in changes else artist.biographies
    links = changes["links"] or [] if "links" in changes else artist.links
    wanted = wanted_page(list(told), [str(text) for text in told.values()], "\n".join(links))
    return {name: value for name, value in wanted.items() if name in changes}


def merged(held: Mapping[str, Any], change: Mapping[str, Any] | None) -> dict[str, Any]:
    """A map after a merge patch (RFC 7396): null takes an entry away, and all of them where it stands for the map."""
    if change is None:
        return {}
    return {key: value for key, value in {**held, **change}.items() if value is not None}


@SECTION.put("/artists/{artist_id}/departure", scope="catalog:write", takes=Departure, resource=ARTISTS)
def let_artist_go(call: Call, session: Session, body: Departure) -> Answer:
    """Let an artist go. From the day on they are not of the roster; what was made stays."""
    artist = artist_to_change(session, call.visitor, call.id("artist_id"))
    artists.let_go(session, call.visitor, artist, body.day, today=today_of(call.tenant))
    session.flush()
    return ARTISTS.one(call, session, artist.id)


@SECTION.put("/artists/{artist_id}/band/{member_id}", scope="catalog:write", takes=BandMemberSaid, resource=ARTISTS)
def note_band_member(call: Call, session: Session, body: BandMemberSaid) -> Answer:
    """Note who plays in a band. Said again, it replaces what was said before."""
    band = artist_to_change(session, call.visitor, call.id("artist_id"))
    member = artist_to_read(session, call.visitor, call.id("member_id"))
    bands.note_member(
        session, call.visitor, band, member, part=body.part, since=body.since or "", until=body.until or ""
    )
    session.flush()
    return ARTISTS.one(call, session, band.id)


@SECTION.delete("/artists/{artist_id}/band/{member_id}", scope="catalog:write")
def remove_band_member(call: Call, session: Session) -> Answer:
    """Take somebody out of a band. As if they had never played in it."""
    band = artist_to_change(session, call.visitor, call.id("artist_id"))
    bands.remove_member(session, call.visitor, band, band_member_to_change(session, band, call.id("member_id")))
    return Answer()
