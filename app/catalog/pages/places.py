"""The tracks of a release: put in order, added, removed."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.catalog.errors import OrderBehind
from app.catalog.models import Release
from app.catalog.pages import sent
from app.catalog.pages.release import RELEASE, show_release
from app.catalog.pages.releases import RELEASES
from app.catalog.policies import recording_to_read, release_to_change, release_to_read, track_to_change
from app.catalog.service import placing
from app.catalog.service.parts import PARTS
from app.identity.pages import visitor_of
from app.kernel.activity.changes import first_change
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.realm import tenant_of

MOST_DISCS = 100


class NewTrack(msgspec.Struct, forbid_unknown_fields=True):
    """A recording of the catalogue, or the title of a new one; `disc` says "new" for one of its own."""

    title: str
    recording: str = ""
    disc: str = ""


@post(f"{RELEASE}/order", sync_to_thread=True)
def put_in_order(
    request: Request[Any, Any, Any], release_id: FromPath[str], data: URLEncodedBody[dict[str, Any]]
) -> Response[Any]:
    """Give every track its place; whoever was slower sees the tracks as they are now."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    places = [(parse_uuid(line["track"]), _disc(line["disc"])) for line in sent.lines(data, ("disc", "track"))]
    try:
        with tenant_work(tenant) as session:
            release = release_to_change(session, visitor, parse_uuid(release_id))
            if sent.one(data, "match") != str(release.version):
                raise OrderBehind
            placing.put_in_order(session, visitor.actor, release, places)
            return _done(session, tenant, release, sentence("The tracks have their new places."))
    except OrderBehind as refusal:
        with tenant_read(tenant) as session:
            release = release_to_read(session, visitor, parse_uuid(release_id))
            titles = {item["track"]: item["name"] for item in PARTS["release"]["tracks"].read(session, release)}
            wanted = [titles[str(track)] for track, _ in places if str(track) in titles]
            return show_release(request, session, release, problem=refusal, wanted=wanted)


def _disc(said: str) -> int:
    if not said.isascii() or not said.isdigit() or not 1 <= int(said) <= MOST_DISCS:
        raise Invalid
    return int(said)


def _done(session: Session, tenant: Tenant, release: Release, said: str) -> Redirect:
    address = f"{RELEASES}/{release.id}"
    first = first_change(session, [release.id])
    return flash.done(address, tenant, said, undo=f"{address}/restorations/{first}" if first else None)


@post(f"{RELEASE}/places", sync_to_thread=True)
def add_track(request: Request[Any, Any, Any], release_id: FromPath[str], data: URLEncodedBody[NewTrack]) -> Redirect:
    """Add a recording of the catalogue or a new one as the last track."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        release = release_to_change(session, visitor, parse_uuid(release_id))
        if data.recording:
            recording = recording_to_read(session, visitor, parse_uuid(data.recording))
        else:
            recording = placing.new_recording(session, visitor.actor, release, data.title)
        placing.add_track(session, visitor.actor, release, recording, new_disc=data.disc == "new")
        return _done(session, tenant, release, sentence("The track was added."))


@post(f"{RELEASE}/places/{{track_id:str}}/removal", sync_to_thread=True)
def remove_track(request: Request[Any, Any, Any], release_id: FromPath[str], track_id: FromPath[str]) -> Redirect:
    """Take a track off the release; its recording stays."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        release = release_to_change(session, visitor, parse_uuid(release_id))
        track = track_to_change(session, release, parse_uuid(track_id))
        placing.remove_track(session, visitor.actor, release, track)
        return _done(session, tenant, release, sentence("The track was removed. Its recording stays in the catalogue."))


handlers = [put_in_order, add_track, remove_track]
