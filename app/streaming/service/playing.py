"""What a player with a grant is given: playlists whose links end soon after the sound does, and shapes to draw."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.catalog.models import Recording
from app.kernel import files
from app.kernel.tenant import Tenant
from app.streaming import queries
from app.streaming.errors import NothingToHear
from app.streaming.models import Rendition
from app.streaming.policies import recording_to_hear
from app.streaming.rules import playlists
from app.streaming.rules.playlists import Sound
from app.streaming.service.granting import Grant

MARGIN: Final = timedelta(minutes=10)
"""How long somebody may pause before the links of a playlist end; afterwards the player asks for it again."""

PLAIN_BITRATE: Final = 128
"""What a player is given that takes one file and no playlist."""


def master_playlist(session: Session, tenant: Tenant, grant: Grant) -> str:
    """The renditions that a grant opens."""
    _allowed(session, tenant, grant)
    return playlists.master([_sound(one) for one in _renditions(session, grant)])


def media_playlist(session: Session, tenant: Tenant, grant: Grant, name: str) -> str:
    """The segments of one rendition, behind links that last as long as the sound and a margin."""
    _allowed(session, tenant, grant)
    found = next((one for one in _renditions(session, grant) if one.name == name), None)
    if found is None or found.file_id is None:
        raise NothingToHear
    sound = _sound(found)
    return playlists.media(sound, files.url(tenant, found.file_id, lasts=_lasts(sound.seconds)))


def plain_url(session: Session, tenant: Tenant, grant: Grant) -> str:
    """One file for a player that takes no playlists; while there are no renditions, the copy made at upload.

    That copy is of the whole recording, so a grant for a preview does not open it.
    """
    recording = _allowed(session, tenant, grant)
    found = next((one for one in _renditions(session, grant, or_none=True) if one.bitrate == PLAIN_BITRATE), None)
    if found is not None and found.file_id is not None:
        return files.url(tenant, found.file_id, lasts=_lasts(_sound(found).seconds))
    if grant.kind == "full" and recording.preview_id is not None:
        return files.url(tenant, recording.preview_id, lasts=_lasts((recording.duration_ms or 0) / 1_000))
    raise NothingToHear


def _allowed(session: Session, tenant: Tenant, grant: Grant) -> Recording:
    # Whoever plays is let in here, each time: a receipt of what was heard begins with this and the ranges that follow.
    return recording_to_hear(session, tenant, grant.recording_id, kind=grant.kind, country=grant.country)


def _renditions(session: Session, grant: Grant, *, or_none: bool = False) -> list[Rendition]:
    found = list(session.scalars(queries.current_renditions(grant.recording_id, grant.kind)))
    if not found and not or_none:
        raise NothingToHear
    return found


def _sound(one: Rendition) -> Sound:
    return Sound(one.name, one.codec, one.rate, one.frames, one.segment_frames, one.init_length, one.lengths)


def _lasts(seconds: float) -> timedelta:
    return timedelta(seconds=seconds) + MARGIN
