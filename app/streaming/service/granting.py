"""Grants: who may hear what, in which country and until when, in a token that nobody can change."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock, crypto
from app.kernel.crypto import SignatureRefused
from app.kernel.tenant import Tenant
from app.streaming.models import Rendition
from app.streaming.policies import recordings_to_hear
from app.streaming.rules.rights import Kind

LONGEST: Final = timedelta(hours=12)
"""A grant that was passed on ends by itself within a day's listening."""

_PURPOSE: Final = "stream"


class Grant(msgspec.Struct, frozen=True, array_like=True):
    """What its holder may hear. Whoever plays on with it is asked for nothing else."""

    recording_id: UUID
    kind: Kind
    country: str | None
    fan_id: UUID | None = None


def grants(
    session: Session,
    tenant: Tenant,
    recording_ids: Collection[UUID],
    *,
    kind: Kind,
    country: str | None,
    until: datetime,
    fan_id: UUID | None = None,
) -> dict[UUID, str]:
    """Grants for a page of recordings at once; what may not be heard, or has no audio, is left out."""
    allowed = recordings_to_hear(session, tenant, recording_ids, kind=kind, country=country)
    return {one: _signed(tenant, Grant(one, kind, country, fan_id), until) for one in allowed}


def opened(tenant: Tenant, token: str) -> Grant:
    """What a token lets its holder hear, while it lasts and at this label only."""
    try:
        return msgspec.convert(crypto.verify(_PURPOSE, tenant, token), Grant)
    except msgspec.ValidationError:
        raise SignatureRefused from None


def stream_url(token: str) -> str:
    """Where a player begins."""
    return f"/stream/{token}/master.m3u8"


def has_renditions(session: Session, recording_ids: Collection[UUID], kind: Kind = "full") -> set[UUID]:
    """Those of these recordings that players can be given."""
    query = select(Rendition.recording_id).where(
        Rendition.recording_id.in_(recording_ids),
        Rendition.kind == kind,
        Rendition.retired_at.is_(None),
        Rendition.state == "made",
    )
    return set(session.scalars(query.distinct()))


def _signed(tenant: Tenant, held: Grant, until: datetime) -> str:
    lasts = min(until - clock.now(), LONGEST)
    return crypto.sign(_PURPOSE, tenant, msgspec.to_builtins(held), expires_in=lasts)
