"""The door to what is heard: territory and dates, looked at when a grant is made and again when it is used."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Recording
from app.identity.policies import Visitor
from app.kernel import clock
from app.kernel.errors import Refusal
from app.kernel.tenant import Tenant
from app.streaming import queries
from app.streaming.errors import NothingToHear, NotInThisCountry, NotOutYet
from app.streaming.rules.rights import Kind, Verdict, verdict

_REFUSALS: Final[dict[Verdict, type[Refusal]]] = {
    "nowhere": NothingToHear,
    "early": NotOutYet,
    "elsewhere": NotInThisCountry,
}


def recording_to_hear(
    session: Session, tenant: Tenant, recording_id: UUID | None, *, kind: Kind, country: str | None
) -> Recording:
    """A recording that may be heard in this country today, in full or in part."""
    found = session.get(Recording, recording_id) if recording_id else None
    if found is None:
        raise NothingToHear
    said = verdict(
        queries.offers_of(session, [found.id])[found.id], kind=kind, country=country, today=label_day(tenant)
    )
    if said != "fine":
        raise _REFUSALS[said]
    return found


def recordings_to_hear(
    session: Session, tenant: Tenant, recording_ids: Collection[UUID], *, kind: Kind, country: str | None
) -> list[UUID]:
    """Those of these recordings that may be heard, in two statements for all of them."""
    offers, today = queries.offers_of(session, recording_ids), label_day(tenant)
    held = session.scalars(select(Recording.id).where(Recording.id.in_(recording_ids), Recording.audio_id.is_not(None)))
    return [one for one in held if verdict(offers[one], kind=kind, country=country, today=today) == "fine"]


def recording_to_excerpt(session: Session, visitor: Visitor, recording_id: UUID | None) -> Recording:
    """A recording of which somebody of the label chooses what is heard for nothing."""
    from app.catalog.policies import recording_to_change

    return recording_to_change(session, visitor, recording_id)


def label_day(tenant: Tenant) -> date:
    """Today where the label is: its releases come out at its midnight."""
    return clock.now().astimezone(ZoneInfo(tenant.time_zone)).date()
