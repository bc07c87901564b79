"""Releases: what the label brings out, whether it is ready, its artwork, its codes and its history."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import case, exists, func, select
from sqlalchemy.orm import Session

from app.api.rest.catalog_parts import (
    AiUse,
    ArtistCreditSaid,
    ArtistCreditView,
    Isrc,
    Language,
    Parental,
    TitleSaid,
    TitleView,
    Upc,
    Year,
    artist_items,
    artist_names,
    artists_of,
    change_row,
    one_line,
    title_items,
)
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
)
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Code, Count, Id, Moment, PartialDate, Text
from app.api.rest.imprints import IMPRINTS, ImprintView
from app.catalog.errors import FieldsUnusable
from app.catalog.models import Release, ReleaseArtist, Track
from app.catalog.policies import may_see_release, release_to_change, release_to_read
from app.catalog.queries.lists import HAS_PROBLEMS
from app.catalog.queries.readiness import RANK, RANKS, is_in
from app.catalog.rules.fields import KINDS, RECORDING, SENTENCES, values
from app.catalog.service.creating import create
from app.catalog.service.parts import PARTS
from app.kernel.collation import as_sorted
from app.roster.policies import imprint_to_change

SECTION = Section("Releases", "What the label brings out: products with a UPC, on which tracks stand.")
Kind = Literal["album", "ep", "single", "compilation", "dj_mix"]
Territory = Annotated[str, Meta(max_length=40, examples=["Worldwide"])]
MOST_TRACKS = 500


class ReleaseView(View):
    """A release. `readiness` says how rules see it; it is `checking` while they look again after a change."""

    id: Id
    title: Annotated[str, Meta(examples=["Night Drive"])]
    version_title: str | None
    edition: str | None
    titles: dict[str, TitleView]
    artist_line: Annotated[str, Meta(examples=["Mira Sol feat. Kite"])]
    artists: list[ArtistCreditView]
    kind: Kind
    imprint_id: Id
    catalog_number: str | None
    upc: str | None
    grid: str | None
    language: str | None
    genre: str | None
    subgenre: str | None
    styles: list[str]
    parental: Parental
    ai_use: AiUse
    p_year: int | None
    p_owner: str | None
    c_year: int | None
    c_owner: str | None
    original_release_date: PartialDate | None
    release_date: PartialDate | None
    preorder_date: PartialDate | None
    territories: list[str]
    excluded_territories: list[str]
    format: str | None
    country: str | None
    artwork_id: Id | None
    readiness: Literal["checking", "blocked", "warned", "ready"]
    track_count: Count
    created_at: Moment
    updated_at: Moment
    imprint: ImprintView | UnsetType | None = UNSET


class NewTrack(Body, frozen=True):
    """A track of a new release, with a recording of its own or the known one of this ISRC."""

    title: Text
    version_title: Text | None = None
    isrc: Isrc | None = None
    disc: Annotated[int, Meta(ge=1, le=99)] = 1


class ReleaseChange(Patch, frozen=True):
    """What is to be otherwise about a release; languages of `titles` are merged one by one, lists are replaced."""

    title: Text | UnsetType = UNSET
    version_title: Text | UnsetType | None = UNSET
    edition: Text | UnsetType | None = UNSET
    titles: dict[Language, TitleSaid | None] | UnsetType | None = UNSET
    artists: list[ArtistCreditSaid] | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    imprint_id: Id | UnsetType = UNSET
    catalog_number: Code | UnsetType | None = UNSET
    upc: Upc | UnsetType | None = UNSET
    grid: Code | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET
    genre: Text | UnsetType | None = UNSET
    subgenre: Text | UnsetType | None = UNSET
    styles: list[Text] | UnsetType | None = UNSET
    parental: Parental | UnsetType = UNSET
    ai_use: AiUse | UnsetType = UNSET
    p_year: Year | UnsetType | None = UNSET
    p_owner: Text | UnsetType | None = UNSET
    c_year: Year | UnsetType | None = UNSET
    c_owner: Text | UnsetType | None = UNSET
    original_release_date: PartialDate | UnsetType | None = UNSET
    release_date: PartialDate | UnsetType | None = UNSET
    preorder_date: PartialDate | UnsetType | None = UNSET
    territories: list[Territory] | UnsetType | None = UNSET
    excluded_territories: list[Territory] | UnsetType | None = UNSET
    format: Text | UnsetType | None = UNSET
    country: Text | UnsetType | None = UNSET


class NewRelease(ReleaseChange, frozen=True, kw_only=True):
    """A new release: at least its title, its imprint and whom it is by; tracks are numbered in the order given."""

    title: Text
    imprint_id: Id
    artists: Annotated[list[ArtistCreditSaid], Meta(min_length=1, max_length=50, examples=[[{"name": "Mira Sol"}]])]
    tracks: Annotated[list[NewTrack], Meta(max_length=MOST_TRACKS)] = msgspec.field(default_factory=list)


def _by_artist(artist_id: UUID) -> Any:
    return exists().where(ReleaseArtist.release_id == Release.id, ReleaseArtist.artist_id == artist_id)


_CREDITS = artists_of(ReleaseArtist, "release_id")
RELEASES = Resource(
    name="releases",
    view=ReleaseView,
    model=Release,
    visible=may_see_release,
    columns={
        "readiness": case(dict(enumerate(RANKS)), value=RANK),
        "track_count": select(func.count()).where(Track.release_id == Release.id).scalar_subquery(),
    },
    parts={"artists": _CREDITS},
    expansions={"imprint": Expansion(lambda: IMPRINTS, by="imprint_id")},
    filters={
        "q": by.named(Release.folded, "Part of a title or name, as people type it."),
        "kind": by.choice(Release.kind, KINDS, "Releases of one kind."),
        "imprint_id": by.ident(Release.imprint_id, "Releases on this imprint."),
        "artist_id": by.of_id("Releases by this artist.", _by_artist),
        "upc": by.search(lambda upc: func.lpad(Release.upc, 14, "0") == upc.zfill(14), "The release with this UPC."),
        "catalog_number": by.text(Release.catalog_number, "Releases with this catalogue number.", "BH-001"),
        "readiness": by.chosen(RANKS, "Releases in this state.", is_in),
        "has_problems": by.flag(HAS_PROBLEMS, "Whether something about it should be looked at."),
        "released_from": by.search(lambda day: Release.release_date >= day, "Released on this day or later."),
        "released_to": by.search(lambda day: Release.release_date <= day, "Released on this day or earlier."),
        "updated_since": by.since(Release.updated_at, "Releases that changed at this moment or later."),
    },
    sorts={
        "title": as_sorted(Release.title),
        "artist_line": as_sorted(Release.artist_line),
        "release_date": func.coalesce(Release.release_date, ""),
        "readiness": RANK,
        "created_at": Release.created_at,
        "updated_at": Release.updated_at,
    },
)


@SECTION.listing("/releases", RELEASES, scope="catalog:read")
def list_releases(call: Call, session: Session) -> Answer:
    """List releases. Those that the client sees, in the order in which they were made unless another is asked for."""
    return RELEASES.page(call, session)


@SECTION.post("/releases", scope="catalog:write", takes=NewRelease, resource=RELEASES)
def add_release(call: Call, session: Session, body: NewRelease) -> Answer:
    """Add a release. With its tracks; a track whose ISRC is known stands for the recording that has it."""
    imprint = imprint_to_change(session, call.visitor, body.imprint_id)
    if not one_line(body.title) or not all(one_line(track.title) for track in body.tracks):
        raise FieldsUnusable(fields={"title": SENTENCES["needed"]})
    names = artist_names(session, call.visitor, body.artists)
    kind = "album" if body.kind is UNSET else body.kind
    named = {"title": one_line(body.title), "artists": names, "kind": kind, "label": imprint.name}
    new: dict[str, object] = {"release": 0, **named, "p_owner": imprint.p_owner, "c_owner": imprint.c_owner}
    release_id = create(session, call.actor, [new], _tracks(body))[0]
    session.flush()
    release = release_to_change(session, call.visitor, release_id)
    _change(call, session, release, body)
    return RELEASES.one(call, session, release_id, status=201, at=f"/api/v1/releases/{release_id}")


def _tracks(body: NewRelease) -> list[dict[str, object]]:
    numbers: dict[int, int] = {}
    found: list[dict[str, object]] = []
    for row, track in enumerate(body.tracks, 1):
        number = numbers[track.disc] = numbers.get(track.disc, 0) + 1
        said, problems = values(RECORDING, {"isrc": track.isrc or ""})
        if problems:
            raise FieldsUnusable(fields={f"tracks[{row - 1}].isrc": problems["isrc"]})
        told = {"title": one_line(track.title), "version": track.version_title, **said}
        found.append({"release": 0, "row": row, "disc": track.disc, "number": number, **told})
    return found


def _change(call: Call, session: Session, release: Release, body: ReleaseChange) -> None:
    held = PARTS["release"]
    parts: dict[str, Any] = {}
    if body.artists is not UNSET:
        parts["artists"] = artist_items(session, call.visitor, body.artists, held["artists"].read(session, release))
    if body.titles is not UNSET:
        parts["titles"] = title_items(body.titles, held["titles"].read(session, release))
    if body.imprint_id is not UNSET and body.imprint_id != release.imprint_id:
        imprint = imprint_to_change(session, call.visitor, body.imprint_id)
        parts["imprint"] = [{"name": imprint.name, "imprint": str(imprint.id)}]
    change_row(call, session, release, body, parts)


@SECTION.get("/releases/{release_id}", scope="catalog:read", resource=RELEASES)
def read_release(call: Call, session: Session) -> Answer:
    """Read a release."""
    return RELEASES.one(call, session, release_to_read(session, call.visitor, call.id("release_id")).id)


@SECTION.patch("/releases/{release_id}", scope="catalog:write", takes=ReleaseChange, resource=RELEASES)
def change_release(call: Call, session: Session, body: ReleaseChange) -> Answer:
    """Change a release. Only what is sent becomes otherwise; `null` takes a value away."""
    release = release_to_change(session, call.visitor, call.id("release_id"))
    RELEASES.require_unchanged(call, release)
    _change(call, session, release, body)
    return RELEASES.one(call, session, release.id)
