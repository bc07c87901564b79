"""What happens to a member, whoever brings it about: a colleague, a sign-in service, a directory."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.errors import LastOwner, LastWayIn, MemberThere
from app.identity.models import Member, SecurityPolicy
from app.identity.policies import live_owner_ids
from app.identity.service import following, notices, sessions
from app.identity.service.places import Place
from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant


def add(session: Session, tenant: Tenant, actor: Actor, *, email: str, name: str, place: Place) -> Member:
    """Make somebody a member who comes in by a sign-in service and has no password."""
    if session.scalar(select(Member.id).where(Member.email == email)) is not None:
        raise MemberThere
    member = Member(id=ids.new_id(), email=email, name=name, language=notices.language_of(tenant))
    member.take_role(place.role, place.custom, imprints=place.imprints, artists=place.artists)
    session.add(member)
    session.flush()
    activity.record(session, actor, "member.joined", subject_type="member", subject_id=member.id, after=member.facts)
    following.told(session, tenant)
    return member


def give_place(session: Session, tenant: Tenant, actor: Actor, member: Member, place: Place) -> None:
    """Give a member another place; their sessions end, so that nothing goes on under the old one."""
    following.check_own(tenant, member)
    if place.role != "owner":
        check_owner_left(session, member)
    before = member.facts
    member.take_role(place.role, place.custom, imprints=place.imprints, artists=place.artists)
    if before == member.facts:
        return
    session.flush()
    sessions.end_all(session, member.id)
    changed = {"before": before, "after": member.facts}
    activity.record(session, actor, "member.role_changed", subject_type="member", subject_id=member.id, **changed)
    following.told(session, tenant)
    notices.tell(session, tenant, member, "role")


def disable(session: Session, tenant: Tenant, actor: Actor, member: Member) -> None:
    """Let a member in no more; every session of theirs ends."""
    following.check_own(tenant, member)
    check_owner_left(session, member)
    if member.disabled_at is not None:
        return
    member.disable(clock.now())
    sessions.end_all(session, member.id)
    activity.record(session, actor, "member.disabled", subject_type="member", subject_id=member.id)
    following.told(session, tenant)
    notices.tell(session, tenant, member, "disabled")


def enable(session: Session, tenant: Tenant, actor: Actor, member: Member) -> None:
    """Let a member in again."""
    following.check_own(tenant, member)
    if member.disabled_at is None:
        return
    member.enable()
    activity.record(session, actor, "member.enabled", subject_type="member", subject_id=member.id)
    following.told(session, tenant)
    notices.tell(session, tenant, member, "enabled")


def rename(session: Session, actor: Actor, member: Member, *, name: str, email: str) -> None:
    """Call a member, or reach them, otherwise; an address that somebody else has is refused."""
    before = {"name": member.name, "email": member.email}
    if before == {"name": name, "email": email}:
        return
    taken = select(Member.id).where(Member.email == email, Member.id != member.id)
    if session.scalar(taken) is not None:
        raise MemberThere
    member.name, member.email = name, email
    session.flush()
    changed = {"before": before, "after": {"name": name, "email": email}}
    activity.record(session, actor, "member.introduced", subject_type="member", subject_id=member.id, **changed)
    if actor.tenant is not None:
        following.told(session, actor.tenant)


def check_owner_left(session: Session, member: Member) -> None:
    """Refuse to take the last owner away, or the last one who may come in without the sign-in service.

    Owners are locked first, so that two changes at once cannot take the last two.
    """
    owners = live_owner_ids(session)
    if member.id not in owners:
        return
    if len(owners) == 1:
        raise LastOwner
    policy = session.get(SecurityPolicy, 1)
    if policy is not None and policy.sso_only != "nobody":
        free = owners & set(policy.break_glass)
        if free == {member.id}:
            raise LastWayIn
