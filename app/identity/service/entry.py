"""The ways in: password, link by mail, invitation; and the second step after the first."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.errors import (
    InvitationUsed,
    LinkUsed,
    MemberThere,
    NameMissing,
    PeopleOfLabel,
    SignInRefused,
    SsoRequired,
)
from app.identity.models import PROGRAM, Invitation, Member, SecurityPolicy
from app.identity.policies import Visitor
from app.identity.rules import normal_email, token_hash
from app.identity.rules.roles import CUSTOM
from app.identity.service import following, notices, sessions, tickets
from app.identity.service.factors import factors_of, use_any_code
from app.identity.service.passwords import chosen
from app.identity.service.sessions import Came, Found, actor_of, is_by_service
from app.kernel import activity, clock, crypto, ids, jobs, passwords
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant

LINK_LIFE = timedelta(minutes=15)
LONGEST_NAME = 120
LONGEST_EMAIL = 254


def sign_in(session: Session, tenant: Tenant, *, email: str, password: str, agent: str, address: str) -> str:
    """Let a member in by password and give back the token of a session; who owes a second factor gets half a session.

    Nothing tells a wrong address from a wrong password. Into a sandbox nobody comes this way.
    """
    _check_own_door(tenant)
    member = _let_in(session, email)
    if not passwords.fits(password, member.password_hash if member else None) or member is None:
        raise SignInRefused
    return come_in(session, tenant, member, Came(agent, address))


def come_in(session: Session, tenant: Tenant, member: Member, came: Came, *, is_whole: bool = False) -> str:
    """Begin the session of a member who has proved who they are, by half where a second factor is due.

    Where the label's own sign-in service is the way in, no other is: a right password is then told like a wrong one.
    """
    _check_own_door(tenant)
    policy = session.get(SecurityPolicy, 1)
    if policy is not None and not is_by_service(came.method) and policy.asks_sso_of(member):
        raise SignInRefused if came.method.startswith("password") else SsoRequired
    if not is_whole and factors_of(session, member).any:
        return sessions.start(session, member, came, awaits_factor=True)
    token = sessions.start(session, member, came)
    actor, how = actor_of(tenant, member), {"method": came.method}
    activity.record(session, actor, "member.signed_in", subject_type="member", subject_id=member.id, after=how)
    return token


def second_step(session: Session, tenant: Tenant, half: Found, code: str, came: Came) -> str:
    """Make a whole session of half a one, by a code of the app or a recovery code."""
    use_any_code(session, actor_of(tenant, half.member), tenant, half.member, code)
    return finish_half(session, tenant, half, came)


def finish_half(session: Session, tenant: Tenant, half: Found, came: Came) -> str:
    """End half a session and begin the whole one, under a new id."""
    held = session.merge(half.held, load=True)
    held.end(clock.now())
    return come_in(session, tenant, half.member, came, is_whole=True)


def prove(session: Session, tenant: Tenant, visitor: Visitor, given: str, came: Came) -> str:
    """Let a member prove again who they are: by a code where they have a second factor, else by their password."""
    member = visitor.member
    if factors_of(session, member).any:
        use_any_code(session, visitor.actor, tenant, member, given)
    elif tenant.is_sandbox or not passwords.fits(given, member.password_hash):
        raise SignInRefused
    return sessions.renew(session, visitor, came)


def ask_link(session: Session, tenant: Tenant, email: str) -> None:
    """Have a sign-in link sent; the same work is done here whether anybody has this address or not."""
    sealed = crypto.seal(tenant, normal_email(email)[:LONGEST_EMAIL].encode(errors="replace"), "sign-in-link")
    jobs.ask(session, "identity.send_link", {"sealed": base64.b64encode(sealed).decode()})


def send_link(session: Session, tenant: Tenant, sealed: str) -> None:
    """Send the link to the member of this address, if there is one."""
    email = crypto.open_sealed(tenant, base64.b64decode(sealed), "sign-in-link").decode()
    member = _let_in(session, email)
    if member is None:
        return
    token = ids.new_token()
    tickets.issue(session, "link", token, subject_id=member.id, life=LINK_LIFE)
    notices.send_link(session, tenant, member, f"/portal/sign-in/link/{token}")


def use_link(session: Session, tenant: Tenant, token: str, came: Came) -> str:
    """Let a member in by the link they were sent, once."""
    member = session.get(Member, tickets.use(session, "link", token))
    if member is None or member.disabled_at is not None:
        raise LinkUsed
    return come_in(session, tenant, member, came)


def accept_invitation(session: Session, tenant: Tenant, token: str, *, name: str, password: str) -> Member:
    """Turn an invitation into a member, once."""
    query = select(Invitation).where(Invitation.token_hash == token_hash(token)).with_for_update()
    invitation = session.scalar(query)
    if invitation is None:
        raise InvitationUsed
    invitation.accept(clock.now())
    member = _joined(session, tenant, invitation, name=checked_name(name), password=password)
    activity.record(
        session,
        Actor("member", member.id, tenant, member.name),
        "member.joined",
        subject_type="member",
        subject_id=member.id,
        after=member.facts,
    )
    following.told(session, tenant)
    return member


def _joined(session: Session, tenant: Tenant, invitation: Invitation, *, name: str, password: str) -> Member:
    if session.scalar(select(Member.id).where(Member.email == invitation.email)):
        raise MemberThere
    member = Member(
        id=ids.new_id(),
        email=invitation.email,
        name=name,
        language=notices.language_of(tenant),
        password_hash=chosen(password, email=invitation.email),
    )
    custom = invitation.custom_role
    member.take_role(invitation.role, custom, imprints=list(invitation.imprints), artists=list(invitation.artists))
    session.add(member)
    session.flush()
    return member


def add_member(
    session: Session,
    actor: Actor,
    *,
    email: str,
    name: str,
    role: str,
    language: str,
    password: str,
    artists: Sequence[str] = (),
) -> Member:
    """Make somebody a member of the label of this session, narrowed to artists where any are named by their keys."""
    assert role != CUSTOM  # noqa: S101 a role of the label's own comes by invitation
    email = normal_email(email)
    member = Member(
        id=ids.new_id(), email=email, name=name, language=language, password_hash=chosen(password, email=email)
    )
    member.take_role(role, None, imprints=[], artists=list(artists))
    session.add(member)
    session.flush()
    activity.record(session, actor, "member.added", subject_type="member", subject_id=member.id, after=member.facts)
    if actor.tenant is not None:
        following.told(session, actor.tenant)
    return member


def change_password(session: Session, tenant: Tenant, visitor: Visitor, password: str, came: Came) -> str:
    """Choose a new password: every session ends, and the one at hand goes on under a new id."""
    member = session.get_one(Member, visitor.member.id, with_for_update={"of": Member})
    member.password_hash = chosen(password, email=member.email)
    sessions.end_all(session, member.id)
    activity.record(session, visitor.actor, "member.password_changed", subject_type="member", subject_id=member.id)
    notices.tell(session, tenant, member, "password")
    return sessions.start(session, member, came)


def checked_name(name: str) -> str:
    """A name as it is kept, or a refusal."""
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise NameMissing(most=LONGEST_NAME)
    return name


def _check_own_door(tenant: Tenant) -> None:
    """Refuse every way into a sandbox but the one from its label, which asks for all that the label demands."""
    if tenant.is_sandbox:
        raise PeopleOfLabel


def _let_in(session: Session, email: str) -> Member | None:
    of_address = select(Member).where(Member.email == normal_email(email), Member.kind != PROGRAM)
    return session.scalar(of_address.where(Member.disabled_at.is_(None)))
