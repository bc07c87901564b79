"""Whom fans follow: artists, and the label itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Text, cast, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.fans.errors import FollowUnknown
from app.fans.models import Fan, Follow
from app.fans.policies import artist_to_follow, fan_actor
from app.fans.service import entry
from app.fans.service.entry import LABEL
from app.kernel import activity, clock, ids
from app.kernel.collation import as_sorted
from app.kernel.ids import parse_uuid
from app.kernel.tenant import Tenant
from app.roster.models import Artist


class Followed(NamedTuple):
    """One whom a fan follows; without an artist it is the label."""

    artist_id: UUID | None
    name: str

    @property
    def about(self) -> str:
        """How links and forms name it."""
        return str(self.artist_id) if self.artist_id else LABEL


class Follower(NamedTuple):
    """A fan, and what they follow as links that end mails name it."""

    fan: Fan
    what: str


def followable(session: Session, tenant: Tenant, about: str) -> Followed:
    """An artist by the id that a form brings, or the label."""
    if about == LABEL:
        return Followed(None, tenant.name)
    artist = artist_to_follow(session, parse_uuid(about))
    return Followed(artist.id, artist.name)


def ask(session: Session, tenant: Tenant, email: str, about: str, language: str) -> None:
    """Have somebody without an account asked by mail whether they want to follow."""
    whom = followable(session, tenant, about)
    entry.ask(session, tenant, entry.Wish(kind="follow", email=email, language=language, about=whom.about))


def confirm(session: Session, tenant: Tenant, about: str, token: str) -> Followed:
    """Follow by the link of a mail, once."""
    whom = followable(session, tenant, about)
    follow(session, tenant, entry.use(session, tenant, "follow", whom.about, token), whom.artist_id)
    return whom


def follow(session: Session, tenant: Tenant, fan: Fan, artist_id: UUID | None) -> None:
    """Follow an artist, or the label; who does so already goes on."""
    values = {"id": ids.new_id(), "fan_id": fan.id, "artist_id": artist_id, "created_at": clock.now()}
    statement = insert(Follow).values(values).on_conflict_do_nothing(constraint="uq_follows_artist")
    if session.execute(statement.returning(Follow.id)).scalar() is not None:
        _record(session, tenant, fan, "fan.followed", artist_id)


def unfollow(session: Session, tenant: Tenant, fan: Fan, about: str) -> None:
    """Follow an artist, or the label, no longer; also one who has left the label since."""
    artist_id = None if about == LABEL else parse_uuid(about)
    if about != LABEL and artist_id is None:
        raise FollowUnknown
    same = Follow.artist_id.is_not_distinct_from(artist_id)
    gone = session.execute(delete(Follow).where(Follow.fan_id == fan.id, same).returning(Follow.id)).scalar()
    if gone is not None:
        _record(session, tenant, fan, "fan.unfollowed", artist_id)


def followed(session: Session, tenant: Tenant, fan: Fan) -> list[Followed]:
    """Everybody a fan follows: the label first, then artists by name."""
    query = (
        select(Follow.artist_id, Artist.name)
        .outerjoin(Artist, Artist.id == Follow.artist_id)
        .where(Follow.fan_id == fan.id)
        .order_by(as_sorted(Artist.sort_name).asc().nulls_first(), Follow.id)
    )
    return [Followed(artist_id, name or tenant.name) for artist_id, name in session.execute(query)]


def followers(session: Session, artist_ids: Sequence[UUID], *, after: UUID | None, limit: int) -> list[Follower]:
    """Fans with a confirmed address who follow one of these artists or the label, in the order of their ids."""
    whom = Follow.artist_id.in_(artist_ids) | Follow.artist_id.is_(None)
    reachable = Fan.confirmed_at.is_not(None) & Fan.email.is_not(None) & Fan.disabled_at.is_(None)
    query = (
        select(Fan, func.min(cast(Follow.artist_id, Text)))
        .join(Follow, Follow.fan_id == Fan.id)
        .where(whom, reachable)
        .group_by(Fan.id)
    )
    if after is not None:
        query = query.where(Fan.id > after)
    rows = session.execute(query.order_by(Fan.id).limit(limit))
    return [Follower(fan, f"artist:{artist}" if artist else LABEL) for fan, artist in rows]


def _record(session: Session, tenant: Tenant, fan: Fan, action: str, artist_id: UUID | None) -> None:
    about = {"artist": str(artist_id) if artist_id else None}
    activity.record(session, fan_actor(tenant, fan), action, subject_type="fan", subject_id=fan.id, after=about)
