"""Who works here: invitations, roles, coming and going."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.errors import BeyondOwn, ChoiceUnusable, MemberThere, OwnFactors
from app.identity.models import INVITATION_LIFE, PROGRAM, Invitation, Member
from app.identity.policies import Visitor, permissions_of, require, require_no_more
from app.identity.rules import normal_email, token_hash
from app.identity.rules.scopes import Scope
from app.identity.service import factors, kept, notices, sessions
from app.identity.service.entry import LONGEST_EMAIL
from app.identity.service.places import Place, place_of
from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.collation import as_sorted
from app.kernel.tenant import Tenant

__all__ = [
    "Place", "change_role", "check_may_give", "disable", "enable", "invite", "members", "open_invitations", "place_of",
    "resend", "reset_factors", "revoke", "send_invitation",
]  # fmt: skip


def check_may_give(visitor: Visitor, place: Place) -> None:
    """Refuse a role with more rights or more reach than the giver has; only owners make owners."""
    require_no_more(visitor, place.permissions, place.scope)
    if place.role == "owner" and visitor.member.role != "owner":
        raise BeyondOwn


def invite(session: Session, actor: Actor, *, email: str, role: str) -> str:
    """Record an invitation to a built-in role and give back its token, which is stored nowhere."""
    return _invited(session, actor, email, Place(role, None, [], []))[1]


def send_invitation(session: Session, tenant: Tenant, visitor: Visitor, email: str, place: Place) -> Invitation:
    """Invite somebody by mail to a place that the visitor may give."""
    require(visitor, "team.invite")
    check_may_give(visitor, place)
    email = normal_email(email)
    if session.scalar(select(Member.id).where(Member.email == email)) is not None:
        raise MemberThere
    _take_back_older(session, visitor, email)
    invitation, token = _invited(session, visitor.actor, email, place)
    notices.send_invitation(session, tenant, email, token)
    return invitation


def resend(session: Session, tenant: Tenant, visitor: Visitor, invitation: Invitation) -> None:
    """Send an invitation again under a new secret."""
    token = ids.new_token()
    invitation.renew(token_hash(token), clock.now())
    activity.record(session, visitor.actor, "member.invited_again", subject_type="invitation", subject_id=invitation.id)
    notices.send_invitation(session, tenant, invitation.email, token)


def revoke(session: Session, visitor: Visitor, invitation: Invitation) -> None:
    """Take an invitation back."""
    invitation.revoke(clock.now())
    activity.record(
        session, visitor.actor, "member.invitation_revoked", subject_type="invitation", subject_id=invitation.id
    )


def open_invitations(session: Session) -> list[Invitation]:
    """Invitations that somebody may still accept, the newest first: whoever came in another way is a member already."""
    query = select(Invitation).where(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
    query = query.where(Invitation.email.not_in(select(Member.email)))
    return list(session.scalars(query.order_by(Invitation.created_at.desc())))


def members(session: Session) -> list[Member]:
    """Everybody who works here or did, by name."""
    people = select(Member).where(Member.kind != PROGRAM)
    return list(session.scalars(people.order_by(Member.disabled_at.is_not(None), as_sorted(Member.name), Member.id)))


def change_role(session: Session, tenant: Tenant, visitor: Visitor, member: Member, place: Place) -> None:
    """Give a member another place; their sessions end, so that nothing goes on under the old one."""
    check_may_give(visitor, place)
    kept.give_place(session, tenant, visitor.actor, member, place)


def disable(session: Session, tenant: Tenant, visitor: Visitor, member: Member) -> None:
    """Let a member in no more; every session of theirs ends."""
    kept.disable(session, tenant, visitor.actor, member)


def enable(session: Session, tenant: Tenant, visitor: Visitor, member: Member) -> None:
    """Let a member in again."""
    kept.enable(session, tenant, visitor.actor, member)


def reset_factors(session: Session, tenant: Tenant, visitor: Visitor, member: Member) -> None:
    """Take the app, the passkeys and the codes of a member away who lost them; the password stays.

    Every session of theirs ends. Where the label asks for a second factor, they add a new one when they come in again.
    """
    if member.id == visitor.member.id:
        raise OwnFactors
    sessions.end_all(session, member.id)  # first: what a session that still runs adds is then taken away as well
    before = factors.forget_all(session, member)
    activity.record(
        session, visitor.actor, "member.factors_reset", subject_type="member", subject_id=member.id, before=before
    )
    notices.tell(session, tenant, member, "factors_reset")


def _take_back_older(session: Session, visitor: Visitor, email: str) -> None:
    for older in open_invitations(session):
        if older.email == email:
            require_no_more(visitor, permissions_of(older), Scope.of(older.imprints, older.artists))
            older.revoke(clock.now())


def _invited(session: Session, actor: Actor, email: str, place: Place) -> tuple[Invitation, str]:
    email = normal_email(email)
    if not 3 <= len(email) <= LONGEST_EMAIL:
        raise ChoiceUnusable
    token, now = ids.new_token(), clock.now()
    invitation = Invitation(
        id=ids.new_id(),
        email=email,
        role=place.role,
        custom_role=place.custom,
        imprints=place.imprints,
        artists=place.artists,
        token_hash=token_hash(token),
        invited_by=actor.id,
        created_at=now,
        sent_at=now,
        expires_at=now + INVITATION_LIFE,
    )
    session.add(invitation)
    session.flush()
    after = {
        "role": place.custom.name if place.custom else place.role,
        "imprints": place.imprints,
        "artists": place.artists,
    }
    activity.record(session, actor, "member.invited", subject_type="invitation", subject_id=invitation.id, after=after)
    return invitation, token
