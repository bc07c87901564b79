"""Operations of which many are done in a few statements: what each means, and doing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.api.rest.conventions.calls import tag_of
from app.api.rest.conventions.operations import BASE, Operation
from app.api.rest.conventions.schemas import UNSET, said
from app.api.rest.recordings import RECORDINGS, RecordingChange
from app.api.rest.tracks import TRACKS, TrackChange, own_of, typed_of
from app.catalog.rules import fields
from app.catalog.service import together
from app.catalog.service.together import Wish
from app.catalog.service.tracks_together import TrackWish, change_tracks
from app.identity.policies import Visitor
from app.kernel.errors import Refusal
from app.kernel.ids import parse_uuid
from app.kernel.web.paging import require_unchanged
from app.kernel.web.strict import decode


@dataclass(frozen=True, slots=True)
class Meant:
    """A change of one row's plain fields, and the address under which that is read."""

    row_id: UUID
    at: str
    wish: Wish | TrackWish


def meant(operation: Operation, places: Mapping[str, str], body: str | None, if_match: str | None) -> Meant | None:
    """What an operation means, where it can be done with others; None where it goes by itself, or is declined there."""
    row_id = parse_uuid(next(iter(places.values()), ""))
    if operation.takes not in (RecordingChange, TrackChange) or row_id is None:
        return None
    try:
        change = decode((body or "").encode(), "application/json", operation.takes)
    except Refusal:
        return None
    if isinstance(change, TrackChange):
        return _track(row_id, change, if_match)
    return _recording(row_id, change, if_match) if isinstance(change, RecordingChange) else None


def _recording(row_id: UUID, change: RecordingChange, if_match: str | None) -> Meant | None:
    named = said(change)
    if not set(named) <= together.PLAIN:
        return None
    typed = {name: fields.told(value) or "" for name, value in named.items()}
    wish = Wish(row_id, typed, _unchanged(RECORDINGS.name, row_id, if_match))
    return Meant(row_id, f"{BASE}/recordings/{row_id}", wish)


def _track(row_id: UUID, change: TrackChange, if_match: str | None) -> Meant | None:
    if change.recording is not UNSET and change.recording.isrc is not UNSET:
        return None
    wish = TrackWish(row_id, own_of(change), typed_of(change), _unchanged(TRACKS.name, row_id, if_match))
    return Meant(row_id, f"{BASE}/tracks/{row_id}", wish)


def _unchanged(kind: str, row_id: UUID, if_match: str | None) -> Callable[[int], None]:
    def check(version: int) -> None:
        if if_match is not None and if_match.strip() != "*":
            require_unchanged(if_match, tag_of((kind, row_id, version)))

    return check


def go_together(one: Meant, other: Meant) -> bool:
    """Whether two are changes of the same kind of row."""
    return type(one.wish) is type(other.wish)


def change(session: Session, visitor: Visitor, wishes: Sequence[Meant]) -> list[Refusal | None]:
    """Do them all, which go together; for each, why not."""
    recordings = [each.wish for each in wishes if isinstance(each.wish, Wish)]
    if recordings:
        return together.change_recordings(session, visitor, visitor.actor, recordings)
    tracks = [each.wish for each in wishes if isinstance(each.wish, TrackWish)]
    return change_tracks(session, visitor, visitor.actor, tracks)
