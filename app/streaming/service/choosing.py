"""Choosing what is heard of a recording for nothing."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.kernel import activity, clock
from app.streaming import queries
from app.streaming.errors import PreviewUnusable
from app.streaming.models import PreviewChoice
from app.streaming.policies import recording_to_excerpt
from app.streaming.rules import excerpts
from app.streaming.service.asking import ask_renditions


class Excerpt(NamedTuple):
    """What is heard of a track for nothing, chosen or not, and whether it is made already."""

    recording_id: UUID
    title: str
    duration_ms: int
    start_ms: int
    length_ms: int
    is_chosen: bool
    is_made: bool


def excerpts_of(session: Session, release_id: UUID) -> list[Excerpt]:
    """What is heard for nothing of each track of a release that has sound and is long enough to choose of, in order."""
    found: dict[UUID, Excerpt] = {}
    for row in session.execute(queries.excerpts_of(release_id)):
        duration = int((row.audio or {}).get("duration_ms") or row.duration_ms or 0)
        if duration < excerpts.SHORTEST_MS or row.id in found:
            continue
        if row.start_ms is None:
            start, length = excerpts.usual(duration, excerpts.peaks(row.audio))
        else:
            start, length = excerpts.chosen(row.start_ms, row.length_ms, duration)
        found[row.id] = Excerpt(row.id, row.title, duration, start, length, row.start_ms is not None, row.is_made)
    return list(found.values())


def choose_preview(
    session: Session, visitor: Visitor, recording_id: UUID, *, start_ms: int, length_ms: int
) -> PreviewChoice:
    """Take another part of a recording as its preview; until it is made the old one is heard.

    What could not be made of the recording before is tried again, too.
    """
    recording = recording_to_excerpt(session, visitor, recording_id)
    duration_ms = int((recording.audio or {}).get("duration_ms") or recording.duration_ms or 0)
    if not excerpts.is_usable(start_ms, length_ms, duration_ms):
        raise PreviewUnusable
    choice = session.get(PreviewChoice, recording.id)
    before = None if choice is None else {"start_ms": choice.start_ms, "length_ms": choice.length_ms}
    if choice is None:
        choice = PreviewChoice(recording_id=recording.id, version=0)
        session.add(choice)
    choice.start_ms, choice.length_ms, choice.version = start_ms, length_ms, choice.version + 1
    choice.changed_by, choice.changed_at = visitor.actor.id, clock.now()
    session.flush()
    activity.record(
        session,
        visitor.actor,
        "preview.chosen",
        subject_type="recording",
        subject_id=recording.id,
        before=before,
        after={"start_ms": start_ms, "length_ms": length_ms},
    )
    ask_renditions(session, [recording.id])
    return choice
