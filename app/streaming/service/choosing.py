"""Choosing what is heard of a recording for nothing."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.kernel import activity, clock, jobs
from app.streaming.errors import PreviewUnusable
from app.streaming.models import PreviewChoice
from app.streaming.policies import recording_to_excerpt
from app.streaming.rules import excerpts


def choose_preview(
    session: Session, visitor: Visitor, recording_id: UUID, *, start_ms: int, length_ms: int
) -> PreviewChoice:
    """Take another part of a recording as its preview; until it is made the old one is heard."""
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
    if recording.audio_id is not None:
        jobs.ask(session, "streaming.render", {"recording": str(recording.id)})
    return choice
