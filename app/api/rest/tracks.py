"""Tracks: places on releases at which recordings stand."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta
from sqlalchemy import ColumnElement, func, select, true, union
from sqlalchemy.orm import Session, aliased

from app.api.rest.catalog_parts import Isrc, Language, Parental, Year
from app.api.rest.conventions import (
    UNSET,
    Answer,
    Body,
    Call,
    Expansion,
    Patch,
    Resource,
    Section,
    UnsetType,
    View,
    said,
)
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Code, Id, Moment, Text
from app.api.rest.recordings import RECORDINGS, Milliseconds, RecordingView
from app.api.rest.releases import RELEASES, ReleaseView
from app.catalog.errors import TrackUnknown
from app.catalog.models import Recording, Release, Track
from app.catalog.policies import (
    may_see_release,
    recording_to_change,
    recording_to_read,
    release_to_change,
    release_to_read,
    track_to_change,
)
from app.catalog.rules import fields
from app.catalog.service import editing, placing
from app.catalog.service.editing import set_values
from app.catalog.service.parts import PARTS
from app.catalog.service.tracks_together import TrackWish, change_tracks
from app.identity.policies import Visitor, require_somewhere
from app.kernel.collation import as_sorted
from app.roster.queries.search import as_searched, forgive, matches

SECTION = Section("Tracks", "Places on releases, each with the recording that stands there.")


class TrackView(View):
    """A place on a release. `title` is its own, or that of its recording where it has none."""

    id: Id
    release_id: Id
    recording_id: Id
    disc: Annotated[int, Meta(examples=[1])]
    number: Annotated[int, Meta(examples=[1])]
    position: str | None
    title: Annotated[str, Meta(examples=["Night Drive"])]
    version_title: str | None
    artist_line: Annotated[str, Meta(examples=["Mira Sol"])]
    isrc: str | None
    duration_ms: int | None
    parental: Parental
    is_preorder_only: bool
    is_instant_grat: bool
    created_at: Moment
    updated_at: Moment
    release: ReleaseView | UnsetType | None = UNSET
    recording: RecordingView | UnsetType | None = UNSET


class NewPlace(Body, frozen=True):
    """What is put behind the last track: a recording of the catalogue, or a new one of this title."""

    recording_id: Id | None = None
    title: Text | None = None
    on_new_disc: bool = False


class CellsChange(Patch, frozen=True):
    """What is to be otherwise about the recording at a place: the cells of the portal's grid."""

    title: Text | UnsetType = UNSET
    version_title: Text | UnsetType | None = UNSET
    isrc: Isrc | UnsetType | None = UNSET
    duration_ms: Milliseconds | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET
    genre: Text | UnsetType | None = UNSET
    parental: Parental | UnsetType = UNSET
    p_year: Year | UnsetType | None = UNSET
    p_owner: Text | UnsetType | None = UNSET


class TrackChange(Patch, frozen=True):
    """What is to be otherwise about a place. Without a `title` of its own it is called as its recording."""

    title: Text | UnsetType | None = UNSET
    position: Code | UnsetType | None = UNSET
    is_preorder_only: bool | UnsetType = UNSET
    is_instant_grat: bool | UnsetType = UNSET
    recording: CellsChange | UnsetType = UNSET


class TrackOrder(Body, frozen=True):
    """Every track of a release in its order, each with its disc."""

    class Place(Body, frozen=True):
        """One track and the disc it is on."""

        track_id: Id
        disc: Annotated[int, Meta(ge=1, le=100)] = 1

    tracks: Annotated[list[Place], Meta(max_length=999)]


class InstantChoice(Body, frozen=True):
    """Which tracks whoever orders early gets at once."""

    track_ids: Annotated[list[Id], Meta(max_length=999)]


def _visible(visitor: Visitor) -> ColumnElement[bool]:
    if visitor.scope.is_whole and "catalog.view" in visitor.permissions:
        return true()
    return Track.release_id.in_(select(Release.id).where(may_see_release(visitor)))


def _fits(wanted: str) -> ColumnElement[bool]:
    """Tracks that are called so, or whose recordings are; two halves, so that recordings are found by their index."""
    place = aliased(Track)
    recorded = select(place.id).join(Recording, Recording.id == place.recording_id)
    own = select(place.id).where(place.title.is_not(None), matches(as_searched(place.title), wanted))
    recorded = recorded.where(matches(Recording.folded, wanted)).correlate(None)
    return Track.id.in_(union(recorded, own))


TRACKS = Resource(
    name="tracks",
    view=TrackView,
    model=Track,
    visible=_visible,
    columns={
        "version": Track.version + Recording.version,  # what is shown is of both
        "title": func.coalesce(Track.title, Recording.title),
        "version_title": Recording.version_title,
        "artist_line": Recording.artist_line,
        "isrc": Recording.isrc,
        "duration_ms": Recording.duration_ms,
        "parental": Recording.parental,
    },
    join=lambda query: query.join(Recording, Recording.id == Track.recording_id),
    expansions={
        "release": Expansion(lambda: RELEASES, by="release_id"),
        "recording": Expansion(lambda: RECORDINGS, by="recording_id"),
    },
    filters={
        "q": by.search(_fits, "Part of a title or name, as people type it.", forgive),
        "release_id": by.ident(Track.release_id, "Tracks of this release."),
        "recording_id": by.ident(Track.recording_id, "Places at which this recording stands."),
        "isrc": by.text(Recording.isrc, "Places of the recording with this ISRC.", "DEA012600001"),
        "updated_since": by.since(Track.updated_at, "Tracks whose place changed at this moment or later."),
    },
    sorts={
        "place": func.lpad(func.concat(Track.disc * 1000 + Track.number), 6, "0"),
        "title": as_sorted(func.coalesce(Track.title, Recording.title)),
        "updated_at": Track.updated_at,
    },
)


@SECTION.listing("/tracks", TRACKS, scope="catalog:read")
def list_tracks(call: Call, session: Session) -> Answer:
    """List tracks. Places on the releases that the client sees; `sort=place` with a release gives its running order."""
    require_somewhere(call.visitor, "catalog.view")
    return TRACKS.page(call, session)


@SECTION.get("/tracks/{track_id}", scope="catalog:read", resource=TRACKS)
def read_track(call: Call, session: Session) -> Answer:
    """Read a track."""
    require_somewhere(call.visitor, "catalog.view")
    query = select(Track.id).where(Track.id == call.id("track_id"), _visible(call.visitor))
    found = session.scalar(query)
    if found is None:
        raise TrackUnknown
    return TRACKS.one(call, session, found)


@SECTION.patch("/tracks/{track_id}", scope="catalog:write", takes=TrackChange, resource=TRACKS)
def change_track(call: Call, session: Session, body: TrackChange) -> Answer:
    """Change a track. Its place's own fields, and those of its recording, which are so wherever that stands."""
    track_id = call.id("track_id")
    if track_id is None:
        raise TrackUnknown

    def check(version: int) -> None:
        call.require_unchanged(TRACKS.name, track_id, version)

    wish = TrackWish(track_id, own_of(body), typed_of(body), check)
    refusal = change_tracks(session, call.visitor, call.actor, [wish])[0]
    if refusal is not None:
        raise refusal
    if body.recording is not UNSET and body.recording.isrc is not UNSET:
        standing = select(Track.recording_id).where(Track.id == track_id)
        recording = recording_to_change(session, call.visitor, session.scalar(standing))
        editing.change(session, call.actor, recording, {"isrc": body.recording.isrc or ""})
    session.flush()
    return TRACKS.one(call, session, track_id)


_ITEMS = {
    "title": "title", "position": "position", "is_preorder_only": "preorder_only", "is_instant_grat": "instant_grat",
}  # fmt: skip


def own_of(body: TrackChange) -> dict[str, Any]:
    """What a change says of a place itself."""
    named = {_ITEMS[name]: value for name, value in said(body).items() if name in _ITEMS}
    return {name: fields.text(value) if isinstance(value, str) else value for name, value in named.items()}


def typed_of(body: TrackChange) -> dict[str, str]:
    """What a change says of the recording, but for its code, as it is typed."""
    named = {} if body.recording is UNSET else said(body.recording)
    return {name: fields.told(value) or "" for name, value in named.items() if name != "isrc"}


@SECTION.listing("/releases/{release_id}/tracks", TRACKS, scope="catalog:read")
def list_release_tracks(call: Call, session: Session) -> Answer:
    """List the tracks of a release."""
    release = release_to_read(session, call.visitor, call.id("release_id"))
    return TRACKS.page(call, session, Track.release_id == release.id, seen=True)


@SECTION.post("/releases/{release_id}/tracks", scope="catalog:write", takes=NewPlace, resource=TRACKS)
def add_track(call: Call, session: Session, body: NewPlace) -> Answer:
    """Add a track. The last one of the last disc, or the first of a new disc."""
    release = release_to_change(session, call.visitor, call.id("release_id"))
    if body.recording_id is not None:
        recording = recording_to_read(session, call.visitor, body.recording_id)
    else:
        recording = placing.new_recording(session, call.actor, release, body.title or "")
    track_id = placing.add_track(session, call.actor, release, recording, new_disc=body.on_new_disc)
    session.flush()
    return TRACKS.one(call, session, track_id, status=201, at=f"/api/v1/tracks/{track_id}")


@SECTION.put("/releases/{release_id}/order", scope="catalog:write", takes=TrackOrder, resource=RELEASES, matches=True)
def order_tracks(call: Call, session: Session, body: TrackOrder) -> Answer:
    """Put the tracks of a release in order. Every track is named; numbers begin anew on each disc."""
    release = release_to_change(session, call.visitor, call.id("release_id"))
    RELEASES.require_unchanged(call, release)
    placing.put_in_order(session, call.actor, release, [(place.track_id, place.disc) for place in body.tracks])
    session.flush()
    return RELEASES.one(call, session, release.id)


@SECTION.put(
    "/releases/{release_id}/instant-tracks", scope="catalog:write", takes=InstantChoice, resource=RELEASES, matches=True
)
def choose_instant_tracks(call: Call, session: Session, body: InstantChoice) -> Answer:
    """Choose the tracks that come at once. Whoever orders a release before its day gets these right away."""
    release = release_to_change(session, call.visitor, call.id("release_id"))
    RELEASES.require_unchanged(call, release)
    held, chosen = PARTS["release"]["tracks"].read(session, release), {str(one) for one in body.track_ids}
    if chosen - {item["track"] for item in held}:
        raise TrackUnknown
    tracks: list[dict[str, Any]] = [item | {"instant_grat": item["track"] in chosen} for item in held]
    set_values(session, call.actor, release, {"tracks": tracks})
    session.flush()
    return RELEASES.one(call, session, release.id)


@SECTION.delete("/releases/{release_id}/tracks/{track_id}", scope="catalog:write")
def remove_track(call: Call, session: Session) -> Answer:
    """Remove a track. Its recording stays in the catalogue."""
    release = release_to_change(session, call.visitor, call.id("release_id"))
    placing.remove_track(session, call.actor, release, track_to_change(session, release, call.id("track_id")))
    return Answer()
