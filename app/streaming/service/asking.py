"""Asking for renditions: what is missing is found by itself, and may be asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Recording
from app.kernel import jobs
from app.streaming import queries

AT_ONCE: Final = 40
"""So many recordings are asked for in one go, some minutes' work: what somebody uploads meanwhile waits no longer."""


def ask_renditions(session: Session, recording_ids: Iterable[UUID]) -> None:
    """Have these recordings' renditions made if they are not there, even if it failed before."""
    held = select(Recording.id).where(Recording.id.in_(list(recording_ids)), Recording.audio_id.is_not(None))
    for recording_id in session.scalars(held):
        jobs.ask(session, "streaming.render", {"recording": str(recording_id), "again": True})


def ask_missing(session: Session) -> int:
    """Ask for what is missing or of another master than the recording has now; gives how many recordings that were.

    The same request is made once, however often it is found before it is done.
    """
    found = session.execute(queries.missing(AT_ONCE)).all()
    for recording_id, version, choice, sha256 in found:
        key = f"{recording_id}:{version}:{choice}:{sha256[:16]}"
        jobs.ask(session, "streaming.render", {"recording": str(recording_id)}, key=key)
    return len(found)
