"""Recordings: sounds with an ISRC, whoever is credited on them, and the works they play."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.api.rest.catalog_parts import (
    AiUse,
    ArtistCreditSaid,
    ArtistCreditView,
    Isrc,
    Language,
    Parental,
    Restoration,
    TitleSaid,
    TitleView,
    Year,
    artist_items,
    artists_of,
    change_row,
    checked,
    title_items,
)
from app.api.rest.conventions import UNSET, Answer, Body, Call, Part, Patch, Resource, Section, UnsetType, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Id, LongText, Moment, Name, Text
from app.api.rest.links import LinkView, link_to
from app.catalog.errors import AudioMissing
from app.catalog.models import Credit, Recording, RecordingArtist, RecordingWork, Release, Track, Work
from app.catalog.policies import (
    contributor_to_read,
    may_see_recording,
    may_see_work,
    recording_to_change,
    recording_to_read,
    work_to_read,
)
from app.catalog.queries.recordings import HAS_PROBLEMS, LACKS, RELEASES_OF, lacks
from app.catalog.rules import parts as rules
from app.catalog.rules.fields import PARENTAL
from app.catalog.rules.parts import Item
from app.catalog.service import editing
from app.catalog.service.naming import contributor_meant
from app.catalog.service.parts import PARTS
from app.identity.policies import Visitor
from app.kernel.collation import as_sorted
from app.roster.models import Contributor

SECTION = Section("Recordings", "Sounds with an ISRC. One recording may stand on many releases.")
Milliseconds = Annotated[int, Meta(ge=1_000, le=86_400_000, examples=[214_000])]


class CreditView(View):
    """Who did what on a recording; roles are those of DDEX where it has one."""

    contributor_id: Id
    name: str
    role: Annotated[str, Meta(examples=["Producer"])]


class RecordingView(View):
    """A sound."""

    id: Id
    isrc: str | None
    title: Annotated[str, Meta(examples=["Night Drive"])]
    version_title: str | None
    titles: dict[str, TitleView]
    artist_line: str
    artists: list[ArtistCreditView]
    credits: list[CreditView]
    work_ids: list[Id]
    duration_ms: int | None
    language: str | None
    lyrics_language: str | None
    lyrics: str | None
    is_instrumental: bool
    parental: Parental
    ai_use: AiUse
    genre: str | None
    p_year: int | None
    p_owner: str | None
    audio_id: Id | None
    preview_id: Id | None
    created_at: Moment
    updated_at: Moment


class CreditSaid(Body, frozen=True):
    """Who did what: somebody who is known by id, or by name, who is noted where nobody has it."""

    role: Annotated[str, Meta(min_length=1, max_length=200, examples=["Producer"])]
    contributor_id: Id | None = None
    name: Name | None = None


class RecordingChange(Patch, frozen=True):
    """What is to be otherwise about a recording; languages of `titles` are merged one by one, lists are replaced."""

    title: Text | UnsetType = UNSET
    version_title: Text | UnsetType | None = UNSET
    titles: dict[Language, TitleSaid | None] | UnsetType | None = UNSET
    artists: list[ArtistCreditSaid] | UnsetType = UNSET
    credits: list[CreditSaid] | UnsetType = UNSET
    work_ids: list[Id] | UnsetType = UNSET
    isrc: Isrc | UnsetType | None = UNSET
    duration_ms: Milliseconds | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET
    lyrics_language: Language | UnsetType | None = UNSET
    lyrics: LongText | UnsetType | None = UNSET
    is_instrumental: bool | UnsetType = UNSET
    parental: Parental | UnsetType = UNSET
    ai_use: AiUse | UnsetType = UNSET
    genre: Text | UnsetType | None = UNSET
    p_year: Year | UnsetType | None = UNSET
    p_owner: Text | UnsetType | None = UNSET


def _credits(session: Session, _visitor: Visitor, recording_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    query = select(Credit.recording_id, Credit.contributor_id, Contributor.name, Credit.role)
    query = query.join(Contributor, Contributor.id == Credit.contributor_id)
    query = query.where(Credit.recording_id.in_(recording_ids)).order_by(Credit.recording_id, Credit.position)
    found: dict[UUID, list[Any]] = {}
    for row in session.execute(query):
        shown = {"contributor_id": row.contributor_id, "name": row.name, "role": row.role}
        found.setdefault(row.recording_id, []).append(shown)
    return found


def _works(session: Session, visitor: Visitor, recording_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    query = select(RecordingWork.recording_id, RecordingWork.work_id).join(Work, Work.id == RecordingWork.work_id)
    query = query.where(RecordingWork.recording_id.in_(recording_ids), may_see_work(visitor)).order_by(Work.id)
    found: dict[UUID, list[Any]] = {}
    for row in session.execute(query):
        found.setdefault(row.recording_id, []).append(row.work_id)
    return found


def _by_artist(artist_id: UUID) -> Any:
    return exists().where(RecordingArtist.recording_id == Recording.id, RecordingArtist.artist_id == artist_id)


def _on_release(release_id: UUID) -> Any:
    return exists().where(Track.recording_id == Recording.id, Track.release_id == release_id)


def _of_imprint(imprint_id: UUID) -> Any:
    on = select(Track.recording_id).join(Release, Release.id == Track.release_id)
    return Recording.id.in_(on.where(Release.imprint_id == imprint_id))


RECORDINGS = Resource(
    name="recordings",
    view=RecordingView,
    model=Recording,
    visible=may_see_recording,
    parts={
        "artists": artists_of(RecordingArtist, "recording_id"),
        "credits": Part(_credits, []),
        "work_ids": Part(_works, []),
    },
    filters={
        "q": by.named(Recording.folded, "Part of a title or name, as people type it."),
        "isrc": by.text(Recording.isrc, "The recording with this ISRC.", "DEA012600001"),
        "artist_id": by.of_id("Recordings by this artist.", _by_artist),
        "release_id": by.of_id("Recordings on this release.", _on_release),
        "imprint_id": by.of_id("Recordings on releases of this imprint.", _of_imprint),
        "parental": by.choice(Recording.parental, PARENTAL, "Recordings with this warning."),
        "genre": by.search(lambda genre: func.lower(Recording.genre) == genre.lower(), "Recordings of this genre."),
        "language": by.text(Recording.language, "Recordings in this language.", "de"),
        "lacks": by.chosen(sorted(LACKS), "Recordings that lack this.", lacks),
        "has_problems": by.flag(HAS_PROBLEMS, "Whether something about its tracks should be looked at."),
        "has_audio": by.flag(Recording.audio_id.is_not(None), "Whether its sound is there."),
        "updated_since": by.since(Recording.updated_at, "Recordings that changed at this moment or later."),
    },
    sorts={
        "title": as_sorted(Recording.title),
        "artist_line": as_sorted(Recording.artist_line),
        "isrc": func.coalesce(Recording.isrc, ""),
        "duration_ms": func.coalesce(Recording.duration_ms, 0),
        "genre": as_sorted(func.coalesce(Recording.genre, "")),
        "language": func.coalesce(Recording.language, ""),
        "releases": RELEASES_OF,
        "created_at": Recording.created_at,
        "updated_at": Recording.updated_at,
    },
    hidden=frozenset({"lyrics"}),
)


@SECTION.listing("/recordings", RECORDINGS, scope="catalog:read")
def list_recordings(call: Call, session: Session) -> Answer:
    """List recordings. Those on releases that the client sees."""
    return RECORDINGS.page(call, session)


@SECTION.get("/recordings/{recording_id}", scope="catalog:read", resource=RECORDINGS)
def read_recording(call: Call, session: Session) -> Answer:
    """Read a recording."""
    return RECORDINGS.one(call, session, recording_to_read(session, call.visitor, call.id("recording_id")).id)


@SECTION.patch("/recordings/{recording_id}", scope="catalog:write", takes=RecordingChange, resource=RECORDINGS)
def change_recording(call: Call, session: Session, body: RecordingChange) -> Answer:
    """Change a recording. Only what is sent becomes otherwise; `null` takes a value away."""
    recording = recording_to_change(session, call.visitor, call.id("recording_id"))
    RECORDINGS.require_unchanged(call, recording)
    change(call, session, recording, body)
    return RECORDINGS.one(call, session, recording.id)


def change(call: Call, session: Session, recording: Recording, body: RecordingChange) -> None:
    """Give a recording what a change says."""
    held, parts = PARTS["recording"], dict[str, Any]()
    if body.artists is not UNSET:
        parts["artists"] = artist_items(session, call.visitor, body.artists, held["artists"].read(session, recording))
    if body.titles is not UNSET:
        parts["titles"] = title_items(body.titles, held["titles"].read(session, recording))
    if body.credits is not UNSET:
        items = [_credit_item(session, call.visitor, credit) for credit in body.credits]
        parts["credits"] = checked("credits", rules.checked_credits, items)
    if body.work_ids is not UNSET:
        works = [work_to_read(session, call.visitor, work_id) for work_id in dict.fromkeys(body.work_ids)]
        items = [{"name": work.title, "work": str(work.id)} for work in works]
        parts["works"] = sorted(items, key=lambda item: (item["name"], item["work"]))
    change_row(call, session, recording, body, parts)


@SECTION.post(
    "/recordings/{recording_id}/restorations", scope="catalog:write", takes=Restoration, resource=RECORDINGS, status=200
)
def restore_recording(call: Call, session: Session, body: Restoration) -> Answer:
    """Take a change of a recording back. One field of it, or everything since."""
    recording = recording_to_change(session, call.visitor, call.id("recording_id"))
    editing.restore(session, call.actor, {recording.id: recording}, body.activity_id, field=body.field or "")
    session.flush()
    return RECORDINGS.one(call, session, recording.id)


@SECTION.get("/recordings/{recording_id}/preview", scope="catalog:read", gives=LinkView)
def read_preview(call: Call, session: Session) -> Answer:
    """Read a link to the preview of a recording. It opens what can be heard for a while, without a token."""
    recording = recording_to_read(session, call.visitor, call.id("recording_id"))
    if recording.preview_id is None:
        raise AudioMissing
    return Answer(link_to(call, recording.preview_id))


def _credit_item(session: Session, visitor: Visitor, credit: CreditSaid) -> Item:
    if credit.contributor_id is not None:
        person = contributor_to_read(session, visitor, credit.contributor_id)
        return {"name": person.name, "contributor": str(person.id), "role": credit.role}
    meant = contributor_meant(session, credit.name or "", None)
    return {"name": credit.name, "contributor": meant, "role": credit.role}
