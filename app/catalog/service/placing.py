"""Which recordings stand on a release, and where: added, moved and removed, each in one change."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from app.catalog.errors import FieldsUnusable, OrderBehind, TooManyTracks
from app.catalog.models import Recording, Release, Track
from app.catalog.rules.fields import LONGEST, SENTENCES
from app.catalog.rules.parts import Item
from app.catalog.service.editing import set_values
from app.catalog.service.parts import PARTS, next_place, track_item
from app.kernel import activity, ids
from app.kernel.actor import Actor
from app.roster.rules import fold

MOST_TRACKS = 999


def add_track(
    session: Session, actor: Actor, release: Release, recording: Recording, *, new_disc: bool = False
) -> UUID:
    """Put a recording behind the last track of a release, or on a disc of its own."""
    held = PARTS["release"]["tracks"].read(session, release)
    if len(held) >= MOST_TRACKS:
        raise TooManyTracks(most=MOST_TRACKS)
    disc, number = next_place(session, release)
    disc, number = (disc + 1, 1) if new_disc and number > 1 else (disc, number)
    track = Track(
        id=ids.new_id(),
        release_id=release.id,
        recording_id=recording.id,
        disc=disc,
        number=number,
        is_preorder_only=False,
        is_instant_grat=False,
    )
    set_values(session, actor, release, {"tracks": [*held, track_item(track, recording.title)]})
    return track.id


def new_recording(session: Session, actor: Actor, release: Release, title: str) -> Recording:
    """A recording by the artists of a release."""
    title = " ".join(title.split())
    if not title or len(title) > LONGEST:
        raise FieldsUnusable(fields={"title": SENTENCES["text" if title else "needed"]})
    recording = Recording(
        id=ids.new_id(),
        title=title,
        artist_line=release.artist_line,
        folded=fold(f"{title} {release.artist_line}"),
        language=release.language,
        version=1,
    )
    session.add(recording)
    session.flush()
    PARTS["recording"]["artists"].write(session, recording, PARTS["release"]["artists"].read(session, release))
    session.refresh(recording)
    after = {"title": title, "release": release.title}
    activity.record(session, actor, "recording.created", subject_type="recording", subject_id=recording.id, after=after)
    return recording


def put_in_order(session: Session, actor: Actor, release: Release, places: Sequence[tuple[UUID | None, int]]) -> bool:
    """Give every track of a release its place: all of them, in order, each with its disc.

    Discs that nothing stands on are left out; numbers begin anew on each disc. Refused when other tracks are there.
    """
    held = {item["track"]: item for item in PARTS["release"]["tracks"].read(session, release)}
    if sorted(str(track) for track, _ in places) != sorted(held):
        raise OrderBehind
    discs = {disc: place for place, disc in enumerate(sorted({disc for _, disc in places}), 1)}
    counted: dict[int, int] = {}
    ordered: list[Item] = []
    for track, said in sorted(places, key=lambda place: place[1]):
        disc = discs[said]
        number = counted[disc] = counted.get(disc, 0) + 1
        item = held[str(track)]
        is_same = (item["disc"], item["number"]) == (disc, number)
        kept = item["position"] if is_same else None  # A1 says where a track was
        ordered.append(item | {"disc": disc, "number": number, "position": kept})
    return set_values(session, actor, release, {"tracks": ordered})


def remove_track(session: Session, actor: Actor, release: Release, track: Track) -> None:
    """Take a track off a release; the others of its disc close the gap, and its recording stays in the catalogue."""
    left = [item for item in PARTS["release"]["tracks"].read(session, release) if item["track"] != str(track.id)]
    closing = [
        item | {"number": item["number"] - 1} if item["disc"] == track.disc and item["number"] > track.number else item
        for item in left
    ]
    set_values(session, actor, release, {"tracks": closing})
