"""What is heard of a release for nothing: from where in each track, and how long."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Section, View
from app.api.rest.conventions.numbered import asked
from app.api.rest.conventions.schemas import Count, Id
from app.catalog.errors import RecordingUnknown
from app.catalog.models import Release
from app.catalog.policies import release_to_read
from app.storefront.policies import require_shop
from app.streaming import service

SECTION = Section("Previews", "Which part of each track is heard for nothing.")
Place = Annotated[int, Meta(ge=0, le=36_000_000, examples=[21_000])]


class ExcerptView(View):
    """A part of a track; one that nobody chose is found by loudness. Until it is made the one before is heard."""

    recording_id: Id
    title: str
    duration_ms: Count
    start_ms: Count
    length_ms: Count
    is_chosen: bool
    is_made: bool


class Excerpts(View):
    """The tracks of a release that are long enough to choose of."""

    items: list[ExcerptView]


class ExcerptSaid(Body, frozen=True):
    """Another part of a recording: 30 to 90 seconds of it."""

    recording_id: Id
    start_ms: Place
    length_ms: Annotated[int, Meta(ge=1_000, le=600_000, examples=[30_000])]


class ExcerptsSaid(Body, frozen=True):
    """The recordings whose previews are to be others; one that is as it was, or is not named, stays."""

    items: Annotated[list[ExcerptSaid], Meta(min_length=1, max_length=500)]


def _release(call: Call, session: Session) -> Release:
    require_shop(call.visitor)
    return release_to_read(session, call.visitor, call.id("release_id"))


def _shown(session: Session, release: Release) -> Answer:
    return Answer({"items": [each._asdict() for each in service.excerpts_of(session, release.id)]})


@SECTION.get("/releases/{release_id}/previews", scope="catalog:read", gives=Excerpts)
def read_previews(call: Call, session: Session) -> Answer:
    """Read what is heard for nothing. Of each track of a release. It needs `store:read` too."""
    asked(call, {})
    return _shown(session, _release(call, session))


@SECTION.put("/releases/{release_id}/previews", scope="catalog:write", takes=ExcerptsSaid, gives=Excerpts)
def choose_previews(call: Call, session: Session, body: ExcerptsSaid) -> Answer:
    """Choose what is heard for nothing. All that is sent, or nothing of it. It needs `store:write` too."""
    require_shop(call.visitor, "store.edit")
    release = _release(call, session)
    held = {track.recording_id: track for track in service.excerpts_of(session, release.id)}
    for said in body.items:
        track = held.get(said.recording_id)
        if track is None:
            raise RecordingUnknown
        if (said.start_ms, said.length_ms) != (track.start_ms, track.length_ms):
            wished = {"start_ms": said.start_ms, "length_ms": said.length_ms}
            service.choose_preview(session, call.visitor, track.recording_id, **wished)
    return _shown(session, release)
