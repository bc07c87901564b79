"""The doors of fans: nobody but a fan reaches what is theirs, and whoever asks for another's finds nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.fans.errors import (
    FanAddressUnknown,
    FanExportUnknown,
    FanProofTooOld,
    FanSessionUnknown,
    FanSignedOut,
    FollowUnknown,
)
from app.fans.models import Fan, FanAddress, FanSession
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.files import StoredFile
from app.kernel.tenant import Tenant
from app.roster.models import Artist

RECENT = timedelta(minutes=10)
FAN_NAME = "Fan"
"""How activity calls every fan: it is never erased, and so never told who somebody is."""


@dataclass(frozen=True, slots=True)
class FanVisitor:
    """The fan behind a request, and the session that let them in."""

    fan: Fan
    session_id: UUID
    seen_at: datetime
    proved_at: datetime | None


def fan_actor(tenant: Tenant, fan: Fan) -> Actor:
    """A fan as the one who acts, known by the id alone."""
    return Actor(kind="fan", id=fan.id, tenant=tenant, name=FAN_NAME)


def require_proof(visitor: FanVisitor) -> None:
    """Refuse whoever has not shown lately that they are the fan."""
    if visitor.proved_at is None or clock.now() - visitor.proved_at > RECENT:
        raise FanProofTooOld


def own_fan(session: Session, fan: Fan) -> Fan:
    """The row of a fan who is signed in, to be changed; one who was erased or shut out meanwhile is signed out."""
    row = session.get(Fan, fan.id, with_for_update=True, populate_existing=True)
    if row is None or row.erased_at is not None or row.disabled_at is not None:
        raise FanSignedOut
    return row


def session_to_end(session: Session, fan: Fan, session_id: UUID | None) -> FanSession:
    """One of the fan's own live sessions."""
    found = session.get(FanSession, session_id) if session_id else None
    if found is None or found.fan_id != fan.id or found.ended_at is not None:
        raise FanSessionUnknown
    return found


def address_to_change(session: Session, fan: Fan, address_id: UUID | None) -> FanAddress:
    """One of the fan's own postal addresses."""
    found = session.get(FanAddress, address_id) if address_id else None
    if found is None or found.fan_id != fan.id:
        raise FanAddressUnknown
    return found


def artist_to_follow(session: Session, artist_id: UUID | None) -> Artist:
    """An artist of the label whom fans may follow."""
    found = session.get(Artist, artist_id) if artist_id else None
    if found is None or found.status == "left":
        raise FollowUnknown
    return found


def export_to_read(session: Session, fan: Fan, file_id: UUID | None) -> StoredFile:
    """A file with the fan's own data."""
    query = select(StoredFile).where(StoredFile.id == file_id, *exports_of(fan.id))
    found = session.scalar(query)
    if found is None:
        raise FanExportUnknown
    return found


def exports_of(fan_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """What tells the files with a fan's data from all others."""
    made = StoredFile.created_by == fan_id
    return (
        made,
        StoredFile.is_derived.is_(True),
        StoredFile.media_type == "application/zip",
        StoredFile.removed_at.is_(None),
    )
