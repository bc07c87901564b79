"""Members, their invitations and their sessions."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.errors import InvitationUsed, SessionUnknown, SignInRefused
from app.identity.models import INVITATION_LIFE, Invitation, Member, MemberSession
from app.identity.rules import check_password, normal_email, token_hash
from app.kernel import activity, clock, ids, passwords
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant

SEEN_EVERY = timedelta(minutes=1)
"""How often a session's last use is written down; every request would be a write per read."""


def actor_of(tenant: Tenant, member: Member) -> Actor:
    """The member as the one who acts."""
    return Actor(kind="member", id=member.id, tenant=tenant, name=member.name)


def add_member(
    session: Session, actor: Actor, *, email: str, name: str, role: str, language: str, password: str
) -> Member:
    """Make somebody a member of the label of this session."""
    email = normal_email(email)
    check_password(password, email=email)
    member = Member(
        id=ids.new_id(),
        email=email,
        name=name,
        role=role,
        language=language,
        password_hash=passwords.hashed(password),
    )
    session.add(member)
    session.flush()
    activity.record(session, actor, "member.added", subject_type="member", subject_id=member.id, after={"role": role})
    return member


def invite(session: Session, actor: Actor, *, email: str, role: str) -> str:
    """Record an invitation and give back its token, which is stored nowhere."""
    token, now = ids.new_token(), clock.now()
    invitation = Invitation(
        id=ids.new_id(),
        email=normal_email(email),
        role=role,
        token_hash=token_hash(token),
        created_at=now,
        expires_at=now + INVITATION_LIFE,
    )
    session.add(invitation)
    session.flush()
    activity.record(
        session, actor, "member.invited", subject_type="invitation", subject_id=invitation.id, after={"role": role}
    )
    return token


def accept_invitation(session: Session, tenant: Tenant, token: str, *, name: str, password: str) -> Member:
    """Turn an invitation into a member, once."""
    query = select(Invitation).where(Invitation.token_hash == token_hash(token)).with_for_update()
    invitation = session.scalar(query)
    if invitation is None:
        raise InvitationUsed
    invitation.accept(clock.now())
    return add_member(
        session,
        Actor.system(tenant),
        email=invitation.email,
        name=name,
        role=invitation.role,
        language=tenant.languages[0],
        password=password,
    )


def sign_in(session: Session, tenant: Tenant, *, email: str, password: str, agent: str, address: str) -> str:
    """Let a member in and give back the token of a new session; nothing tells a wrong address from a wrong password."""
    member = session.scalar(select(Member).where(Member.email == normal_email(email), Member.disabled_at.is_(None)))
    if not passwords.fits(password, member.password_hash if member else None) or member is None:
        raise SignInRefused
    token, now = ids.new_token(), clock.now()
    new = MemberSession(
        id=ids.new_id(),
        member_id=member.id,
        token_hash=token_hash(token),
        agent=agent[:200],
        address=address[:60],
        created_at=now,
        seen_at=now,
    )
    session.add(new)
    session.flush()
    actor = actor_of(tenant, member)
    activity.record(session, actor, "member.signed_in", subject_type="member", subject_id=member.id)
    return token


def member_of_token(session: Session, token: str) -> tuple[Member, MemberSession] | None:
    """The member whose live session this token opens."""
    query = (
        select(Member, MemberSession)
        .join(MemberSession, MemberSession.member_id == Member.id)
        .where(MemberSession.token_hash == token_hash(token), Member.disabled_at.is_(None))
    )
    found = session.execute(query).one_or_none()
    if found is None or not found[1].is_live(clock.now()):
        return None
    return found[0], found[1]


def touch(session: Session, held: MemberSession) -> None:
    """Note that a session is in use."""
    row = session.get(MemberSession, held.id)
    if row is not None:
        row.seen_at = clock.now()


def is_due_for_touch(held: MemberSession) -> bool:
    """Tell whether the last noted use is old enough to be noted again."""
    return clock.now() - held.seen_at > SEEN_EVERY


def live_sessions(session: Session, member_id: UUID) -> list[MemberSession]:
    """The live sessions of a member, the one used last first."""
    query = (
        select(MemberSession)
        .where(MemberSession.member_id == member_id, MemberSession.ended_at.is_(None))
        .order_by(MemberSession.seen_at.desc())
    )
    return [held for held in session.scalars(query) if held.is_live(clock.now())]


def end_session(session: Session, actor: Actor, session_id: UUID) -> None:
    """End one of the actor's own sessions; somebody else's is not found."""
    held = session.get(MemberSession, session_id, with_for_update=True)
    if held is None or held.member_id != actor.id or held.ended_at is not None:
        raise SessionUnknown
    held.end(clock.now())
    activity.record(session, actor, "member.session_ended", subject_type="member_session", subject_id=session_id)
