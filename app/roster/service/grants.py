"""Leave to act for an artist: given, taken up, ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.errors import BeyondOwn, MemberThere
from app.identity.models import INVITATION_LIFE, Member
from app.identity.policies import Visitor
from app.identity.rules.grants import RIGHTS, can_give
from app.identity.service import actor_of, add_member, following, tickets
from app.identity.service.entry import checked_name
from app.identity.service.notices import language_of
from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from app.roster.errors import ArtistLeft, DayPast, GrantOver, GrantThere, NotAnAddress, RightsUnusable
from app.roster.models import Artist, ArtistGrant
from app.roster.rules.addresses import address
from app.roster.service import notices

TICKET = "artist_grant"
LINKS = "/portal/invitations/artists"
PER_GIVER = "30/hour"
"""Every one is a mail to somebody who may not know us."""

MANAGER = "artist_manager"
"""The role of a manager who was nobody here before: it reaches only what artists give."""


def offer(
    session: Session,
    tenant: Tenant,
    visitor: Visitor,
    artist: Artist,
    *,
    email: str,
    rights: Iterable[str],
    until: datetime | None,
) -> ArtistGrant:
    """Ask somebody by mail to act for an artist; what was asked of them before and not taken up is taken back."""
    if artist.status == "left":
        raise ArtistLeft
    wanted, now = _checked(visitor, rights), clock.now()
    if until is not None and until <= now:
        raise DayPast(fields={"until": DayPast.message})
    email = _address(email)
    _make_room(session, artist, email, now)
    grant = ArtistGrant(
        id=ids.new_id(),
        artist_id=artist.id,
        email=email,
        rights=wanted,
        granted_by=visitor.member.id,
        granted_at=now,
        expires_at=until,
    )
    session.add(grant)
    session.flush()
    token = ids.new_token()
    tickets.issue(session, TICKET, token, subject_id=grant.id, life=INVITATION_LIFE)
    after = {"grant": str(grant.id), "rights": wanted, "until": until.isoformat() if until else None}
    _tell(session, visitor.actor, "grant.offered", artist, after=after)
    notices.ask_manager(session, tenant, artist, grant, f"{LINKS}/{token}")
    return grant


def _checked(visitor: Visitor, rights: Iterable[str]) -> list[str]:
    """The rights that are wanted, each one known and the giver's own to give."""
    wanted = set(rights)
    if not wanted or not wanted <= set(RIGHTS):
        raise RightsUnusable(fields={"rights": RightsUnusable.message})
    if not all(can_give(right, visitor.permissions) for right in wanted):
        raise BeyondOwn
    return [right for right in RIGHTS if right in wanted]


def _address(text: str) -> str:
    email = address(text)
    if email is None:
        raise NotAnAddress(fields={"email": NotAnAddress.message})
    return email


def _make_room(session: Session, artist: Artist, email: str, now: datetime) -> None:
    mine = select(ArtistGrant).where(ArtistGrant.artist_id == artist.id, ArtistGrant.revoked_at.is_(None))
    for older in session.scalars(mine):
        if older.email == email and older.is_taken(now):
            raise GrantThere
        if older.email == email:
            older.revoke(now)


def offered_by(session: Session, token: str) -> tuple[ArtistGrant, Artist] | None:
    """What a link offers that is still good, and for whom; looking at it uses nothing up."""
    grant_id = tickets.subject_of(session, TICKET, token)
    return _open(session, grant_id) if grant_id else None


def take_up(session: Session, tenant: Tenant, token: str, member: Member) -> Artist:
    """Let a member act for the artist of a link, once; it must have been sent to them."""
    grant, artist = _used(session, token)
    if grant.email != member.email:
        raise GrantOver
    following.check_own(tenant, member)
    grant.accept(member.id, clock.now())
    after = {"grant": str(grant.id), "rights": list(grant.rights)}
    _tell(session, actor_of(tenant, member), "grant.accepted", artist, after=after)
    return artist


def join(session: Session, tenant: Tenant, token: str, *, name: str, password: str) -> Member:
    """Make a member of whoever the link of an artist was sent to, who reaches nothing but what artists grant."""
    found = offered_by(session, token)
    if found is None:
        raise GrantOver
    email = found[0].email
    if session.scalar(select(Member.id).where(Member.email == email)) is not None:
        raise MemberThere
    known = {"email": email, "name": checked_name(name), "language": language_of(tenant)}
    member = add_member(session, Actor.system(tenant), role=MANAGER, password=password, **known)
    take_up(session, tenant, token, member)
    return member


def end(session: Session, tenant: Tenant, visitor: Visitor, artist: Artist, grant: ArtistGrant) -> None:
    """End somebody's leave now; the next thing they ask for finds it gone."""
    if grant.revoked_at is not None:
        return
    was_used = grant.is_taken(clock.now())
    grant.revoke(clock.now())
    following.told(session, tenant)
    after = {"grant": str(grant.id), "rights": list(grant.rights)}
    _tell(session, visitor.actor, "grant.ended", artist, after=after)
    if was_used and grant.member_id != visitor.member.id:
        notices.tell_ended(session, tenant, artist, grant)


@following.also
def _follow(label: Session, sandbox: Session) -> None:
    """End in a sandbox whatever leave is not there, or not there any more, at its label."""
    given = select(ArtistGrant).where(ArtistGrant.accepted_at.is_not(None), ArtistGrant.revoked_at.is_(None))
    there = {(each.id, each.member_id): each for each in label.scalars(given)}
    for grant in sandbox.scalars(given.with_for_update()):
        if (held := there.get((grant.id, grant.member_id))) is None:
            grant.revoke(clock.now())
        else:
            grant.rights, grant.expires_at = list(held.rights), held.expires_at


def _used(session: Session, token: str) -> tuple[ArtistGrant, Artist]:
    grant_id = tickets.use(session, TICKET, token)
    found = _open(session, grant_id, lock=True) if grant_id else None
    if found is None:
        raise GrantOver
    return found


def _open(session: Session, grant_id: UUID, *, lock: bool = False) -> tuple[ArtistGrant, Artist] | None:
    query = select(ArtistGrant).where(ArtistGrant.id == grant_id)
    fresh = query.with_for_update().execution_options(populate_existing=True)
    grant = session.scalar(fresh if lock else query)
    artist = session.get(Artist, grant.artist_id) if grant else None
    if grant is None or artist is None or artist.status == "left" or not grant.is_open(clock.now()):
        return None
    return grant, artist


def _tell(session: Session, actor: Actor, action: str, artist: Artist, **told: Any) -> None:
    activity.record(session, actor, action, subject_type="artist", subject_id=artist.id, **told)
