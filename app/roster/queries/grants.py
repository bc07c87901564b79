"""Who may act for whom."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, func, literal, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from app.identity.models import CustomRole, Member
from app.identity.policies import Visitor
from app.identity.service.sessions import GRANTED_AT, widen
from app.kernel import clock
from app.roster.models import Artist, ArtistGrant
from app.roster.queries.columns import fill


def taken(now: Any) -> ColumnElement[bool]:
    """Which rows of `artist_grants` somebody has and may use."""
    lasts = or_(ArtistGrant.expires_at.is_(None), ArtistGrant.expires_at > now)
    return ArtistGrant.accepted_at.is_not(None) & ArtistGrant.revoked_at.is_(None) & lasts


def _of_member() -> ColumnElement[Any]:
    """What artists granted the member of the row at hand, each with what its giver may do."""
    giver = aliased(Member)
    said = func.jsonb_build_object(
        "artist", Artist.key, "rights", ArtistGrant.rights, "role", giver.role,
        "permissions", CustomRole.permissions, "imprints", giver.imprints, "artists", giver.artists,
        "disabled", giver.disabled_at.is_not(None),
    )  # fmt: skip
    query = (
        select(func.jsonb_agg(said))
        .select_from(ArtistGrant)
        .join(Artist, Artist.id == ArtistGrant.artist_id)
        .join(giver, giver.id == ArtistGrant.granted_by)
        .outerjoin(CustomRole, CustomRole.id == giver.custom_role_id)
        .where(ArtistGrant.member_id == Member.id, taken(GRANTED_AT), Artist.status != "left")
    )
    found: ColumnElement[Any] = query.correlate(Member).scalar_subquery()
    return found


widen(_of_member())


def of_artist(artist_id: UUID) -> Select[ArtistGrant, Member | None]:
    """What an artist let others do and is not taken back, the newest first."""
    query = select(ArtistGrant, Member).outerjoin(Member, Member.id == ArtistGrant.member_id)
    mine = query.where(ArtistGrant.artist_id == artist_id, ArtistGrant.revoked_at.is_(None))
    return mine.order_by(ArtistGrant.granted_at.desc(), ArtistGrant.id)


@fill("manager")
def managers(_visitor: Visitor, _today: date) -> Subquery:
    """The managers of each artist, by name."""
    names = func.string_agg(Member.name, aggregate_order_by(literal(", "), Member.name))
    query = (
        select(ArtistGrant.artist_id, names.label("value"), func.count().label("note"))
        .join(Member, Member.id == ArtistGrant.member_id)
        .where(taken(clock.now()), Member.disabled_at.is_(None))
        .group_by(ArtistGrant.artist_id)
    )
    return query.subquery("managers")
