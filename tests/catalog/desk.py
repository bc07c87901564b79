"""What tests of the catalogue's editors ask and send."""

from __future__ import annotations

import re

from sqlalchemy import select

from app.catalog.models import (
    Recording,
    ReleaseArtist,
    Track,
)
from app.kernel import db
from app.kernel.activity import Activity

RELEASES, RECORDINGS, WORKS, TRACKS = "/portal/releases", "/portal/recordings", "/portal/works", "/portal/tracks"


def read(tenant, query):
    with db.tenant_read(tenant) as session:
        return list(session.execute(query).all())


def one(tenant, model, row_id):
    with db.tenant_read(tenant) as session:
        return session.get(model, row_id)


def tracks(tenant, release):
    """Disc, number and title, in order."""
    query = select(Track.disc, Track.number, Recording.title).join(Recording, Recording.id == Track.recording_id)
    return [
        tuple(row) for row in read(tenant, query.where(Track.release_id == release).order_by(Track.disc, Track.number))
    ]


def track_ids(tenant, release):
    query = select(Track.id).where(Track.release_id == release).order_by(Track.disc, Track.number)
    return [str(row.id) for row in read(tenant, query)]


def recording_of(tenant, release, place=0):
    query = select(Track.recording_id).where(Track.release_id == release).order_by(Track.disc, Track.number)
    return read(tenant, query)[place].recording_id


def artists(tenant, release):
    query = select(ReleaseArtist.credited_as, ReleaseArtist.role).where(ReleaseArtist.release_id == release)
    return [tuple(row) for row in read(tenant, query.order_by(ReleaseArtist.position))]


def acts(*rows, match="1", **more):
    """An editor's form with these artists: name, role, credited as."""
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    names, roles, as_ = (list(column) for column in columns)
    said = {"artist": [""] * len(names), "artist_name": names, "artist_role": roles, "artist_as": as_}
    return {"match": match, "parts": "artists"} | said | more


def last_change(tenant, row_id, action):
    query = select(Activity.id, Activity.before, Activity.after).where(
        Activity.subject_id == row_id, Activity.action == action
    )
    return read(tenant, query.order_by(Activity.seq.desc()).limit(1))[0]


def undo_of(page):
    return re.search(r'action="([^"]+/restorations/[^"]+)"', page)[1]


def order(client, release, places, match="1"):
    said = {"track": [track for track, _ in places], "disc": [str(disc) for _, disc in places], "match": match}
    return client.post(f"{RELEASES}/{release}/order", data=said)


def add(client, release, **said):
    return client.post(f"{RELEASES}/{release}/places", data={"title": "New"} | said)
