"""The same change of many tracks at once: their places' own fields, and plain ones of recordings that stand there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.catalog.errors import TrackUnknown
from app.catalog.models import Recording, Release, Track
from app.catalog.policies import may_see_release
from app.catalog.rules.parts import Item
from app.catalog.service.parts import move_tracks, track_item
from app.catalog.service.together import Wish, change_recordings
from app.catalog.service.unchecked import mark_changed
from app.identity.errors import PermissionMissing
from app.identity.policies import Visitor, require_somewhere
from app.kernel import activity
from app.kernel.actor import Actor
from app.kernel.errors import Refusal

_GROWN = text("UPDATE releases SET version = version + 1, updated_at = now() WHERE id = any(:ids ::uuid[])")


@dataclass(frozen=True, slots=True)
class TrackWish:
    """What one track is to have: `own` of its place, `typed` of its recording.

    `check` is given the sum of both versions, which grows whenever anything of either is otherwise.
    """

    row_id: UUID
    own: Mapping[str, Any]
    typed: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[int], None] = lambda _version: None


def change_tracks(
    session: Session, visitor: Visitor, actor: Actor, wishes: Sequence[TrackWish]
) -> list[Refusal | None]:
    """Give tracks, each named once, what is wished; for each of them why not, where it cannot be.

    Nothing of a wish is done if a part of it cannot be, and what cannot be leaves the others alone.
    """
    require_somewhere(visitor, "catalog.view")
    held, mine = _held(session, visitor, [wish.row_id for wish in wishes])
    refusals = [_refused(wish, held.get(wish.row_id), mine) for wish in wishes]
    _change_recordings(session, visitor, actor, wishes, held, refusals)
    fit = [wish for wish, refusal in zip(wishes, refusals, strict=True) if refusal is None and wish.own]
    _change_places(
        session, actor, {wish.row_id: wish.own for wish in fit}, {held[wish.row_id].release_id for wish in fit}
    )
    return refusals


def _refused(wish: TrackWish, row: Any, mine: set[UUID]) -> Refusal | None:
    if row is None:
        return TrackUnknown()
    if row.release_id not in mine:
        return PermissionMissing()
    try:
        wish.check(row.version)
    except Refusal as refusal:
        return refusal
    return None


def _held(session: Session, visitor: Visitor, track_ids: list[UUID]) -> tuple[dict[UUID, Any], set[UUID]]:
    """The tracks that the visitor sees, and the releases of them that they edit.

    Releases are locked before recordings, each in the order of their ids, as whoever edits one of them does.
    """
    on = select(Track.release_id).where(Track.id.in_(track_ids))
    seen = select(Release.id).where(Release.id.in_(on), may_see_release(visitor)).order_by(Release.id)
    release_ids = list(session.scalars(seen.with_for_update(of=Release)))
    edited = select(Release.id).where(Release.id.in_(release_ids), may_see_release(visitor, "catalog.edit"))
    here = Track.id.in_(track_ids) & Track.release_id.in_(release_ids)
    stand = select(Recording.id).where(Recording.id.in_(select(Track.recording_id).where(here)))
    session.execute(stand.order_by(Recording.id).with_for_update(of=Recording)).all()
    version = (Track.version + Recording.version).label("version")
    query = select(Track.id, Track.release_id, Track.recording_id, version)
    query = query.join(Recording, Recording.id == Track.recording_id).where(here)
    return {row.id: row for row in session.execute(query)}, set(session.scalars(edited))


def _change_recordings(
    session: Session,
    visitor: Visitor,
    actor: Actor,
    wishes: Sequence[TrackWish],
    held: Mapping[UUID, Any],
    refusals: list[Refusal | None],
) -> None:
    """Change what stands at these places; a recording that stands at several is changed as often, in their order."""
    turns: list[dict[UUID, int]] = []
    for number, wish in enumerate(wishes):
        if not wish.typed or refusals[number] is not None:
            continue
        recording_id = held[wish.row_id].recording_id
        turn = next((turn for turn in turns if recording_id not in turn), None)
        if turn is None:
            turns.append(turn := {})
        turn[recording_id] = number
    for turn in turns:
        asked = [Wish(recording_id, wishes[number].typed, lambda _: None) for recording_id, number in turn.items()]
        told = change_recordings(session, visitor, actor, asked)
        for number, refusal in zip(turn.values(), told, strict=True):
            refusals[number] = refusal


def _change_places(
    session: Session, actor: Actor, wanted: Mapping[UUID, Mapping[str, Any]], on: Iterable[UUID]
) -> None:
    """Give places their own fields; each release's history keeps all of its tracks, as its page does."""
    before, after, moved = dict[UUID, list[Item]](), dict[UUID, list[Item]](), list[Item]()
    query = select(Track, Recording.title).join(Recording, Recording.id == Track.recording_id)
    query = query.where(Track.release_id.in_(on)).order_by(Track.release_id, Track.disc, Track.number)
    for track, title in session.execute(query.execution_options(populate_existing=True)):
        item = track_item(track, title)
        changed = item | dict(wanted.get(track.id, {}))
        before.setdefault(track.release_id, []).append(item)
        after.setdefault(track.release_id, []).append(changed)
        if changed != item:
            moved.append(changed)
    if not moved:
        return
    move_tracks(session, moved)
    touched = [each for each in before if before[each] != after[each]]
    session.execute(_GROWN, {"ids": touched})
    session.flush()
    session.expire_all()  # what was read of them is old
    told = [(str(each), {"tracks": before[each]}, {"tracks": after[each]}) for each in touched]
    activity.record_many(session, actor, "release.changed", subject_type="release", told=told)
    mark_changed(session, releases=touched)
