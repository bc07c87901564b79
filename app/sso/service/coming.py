"""Coming in by a sign-in service: who somebody is here, whether they may come in, and as what."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.identity.errors import LastOwner, LastWayIn
from app.identity.models import PROGRAM, Invitation, Member, MemberSession
from app.identity.policies import Visitor
from app.identity.service import entry, kept, sessions
from app.identity.service.places import Place
from app.identity.service.sessions import BY_SERVICE, BY_TRUSTED_SERVICE, Came
from app.identity.service.team import open_invitations
from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from app.sso.errors import AnotherPerson, NobodyHere, NotFresh, ServiceRefused
from app.sso.models import Connection, DirectoryGroup, DirectoryMembership, DirectoryUser, Link, RoleRule, SeenAssertion
from app.sso.policies import check_may_place, check_vouched, proved_domains
from app.sso.rules import Claims, domain_of, first_rule

FRESH = timedelta(minutes=5)
"""So long ago at most may somebody have proved to the service who they are, where that proves it to us."""


LOGOUT_KEPT = timedelta(minutes=30)
"""So long is it remembered that a logout was told: longer than its token lasts."""


def actor_of(tenant: Tenant, connection: Connection) -> Actor:
    """The service as the one who acts."""
    return Actor("client", connection.id, tenant, connection.name)


def came_by(connection: Connection, agent: str, address: str) -> Came:
    """How somebody came in by a service."""
    return Came(agent, address, BY_TRUSTED_SERVICE if connection.trusts_factor else BY_SERVICE)


def come_in(session: Session, tenant: Tenant, connection: Connection, claims: Claims, came: Came) -> str:
    """Let in whom the service proved, and give back the token of a session, or of half a one."""
    link = _link_of(session, connection, claims) or _new_link(session, tenant, connection, claims)
    member = session.get_one(Member, link.member_id, with_for_update={"of": Member})
    if member.disabled_at is not None or member.is_program:
        raise NobodyHere
    _place(session, tenant, connection, link, member, claims)
    check_vouched(connection, member)
    link.used_at = clock.now()
    return entry.come_in(session, tenant, member, came, is_whole=connection.trusts_factor)


def prove(session: Session, connection: Connection, claims: Claims, visitor: Visitor, came: Came) -> str:
    """Take it as a member's proof of who they are that the service has just asked them."""
    link = _link_of(session, connection, claims)
    if link is None or link.member_id != visitor.member.id:
        raise AnotherPerson
    check_vouched(connection, session.get_one(Member, link.member_id))
    since = claims.authenticated_at
    if since is None or not -FRESH < clock.now() - since < FRESH:
        raise NotFresh
    link.used_at = clock.now()
    return sessions.renew(session, visitor, came)


def try_out(session: Session, connection: Connection, claims: Claims, visitor: Visitor, came: Came) -> str:
    """Note that a connection works: whoever set it up went there, came back, and is linked with who they are there."""
    link = _link_of(session, connection, claims)
    if link is None:
        link = _linked(session, connection, claims, visitor.member, visitor.actor)
    if link.member_id != visitor.member.id:
        raise AnotherPerson
    connection.prove(visitor.member.id, clock.now())
    activity.record(
        session, visitor.actor, "sso.connection_proved", subject_type="sso_connection", subject_id=connection.id
    )
    return sessions.renew(session, visitor, came)


def end_sessions(session: Session, tenant: Tenant, connection: Connection, *, subject: str, token_id: str) -> None:
    """End the sessions that a service began for somebody who has signed out there; a token says so once."""
    until = clock.now() + LOGOUT_KEPT
    row = {"connection_id": connection.id, "assertion_id": f"logout:{token_id}", "until": until}
    if (
        session.scalar(insert(SeenAssertion).values(row).on_conflict_do_nothing().returning(SeenAssertion.until))
        is None
    ):
        raise ServiceRefused
    about = (Link.connection_id == connection.id) & (Link.issuer == connection.issuer) & (Link.subject == subject)
    link = session.scalar(select(Link).where(about))
    if link is None:
        return
    mine = (MemberSession.member_id == link.member_id) & MemberSession.ended_at.is_(None)
    by_service = MemberSession.method.startswith(BY_SERVICE)
    session.execute(update(MemberSession).where(mine, by_service).values(ended_at=clock.now()))
    actor = actor_of(tenant, connection)
    activity.record(session, actor, "member.sessions_ended", subject_type="member", subject_id=link.member_id)


def links_of(session: Session, member: Member) -> list[Connection]:
    """The services in use with which a member is linked."""
    query = select(Connection).join(Link, Link.connection_id == Connection.id).where(Link.member_id == member.id)
    return list(session.scalars(query.where(Connection.live_at.is_not(None)).order_by(Connection.created_at)).unique())


def rules_of(session: Session, connection: Connection) -> list[RoleRule]:
    """A connection's rules in the label's order."""
    query = select(RoleRule).where(RoleRule.connection_id == connection.id)
    return list(session.scalars(query.order_by(RoleRule.place, RoleRule.id)))


def place_for(session: Session, connection: Connection, groups: Iterable[str], *, has_default: bool) -> Place | None:
    """What somebody in these groups is here: by the first rule that fits, else as everybody else or not to be said."""
    rule = first_rule(rules_of(session, connection), groups)
    if rule is not None:
        return Place(rule.role, rule.custom_role, list(rule.imprints), list(rule.artists))
    return Place(connection.default_role, connection.default_custom_role, [], []) if has_default else None


def _link_of(session: Session, connection: Connection, claims: Claims) -> Link | None:
    query = select(Link).where(
        Link.connection_id == connection.id, Link.issuer == claims.issuer, Link.subject == claims.subject
    )
    return session.scalar(query.with_for_update())


def _new_link(session: Session, tenant: Tenant, connection: Connection, claims: Claims) -> Link:
    """Find who somebody is by an address for which label and service both stand, or make them a member.

    An address outside the label's proved domains proves nothing: whoever runs the service could write any. The
    connection is held meanwhile, so that one person who comes twice at once becomes one member.
    """
    session.get_one(Connection, connection.id, with_for_update={"of": Connection})
    if (found := _link_of(session, connection, claims)) is not None:
        return found
    is_ours = claims.email_is_proved and domain_of(claims.email) in proved_domains(session, connection.id)
    if not claims.email or not is_ours:
        raise NobodyHere
    member = session.scalar(select(Member).where(Member.email == claims.email))
    actor = actor_of(tenant, connection)
    if member is not None:
        if member.kind == PROGRAM or member.disabled_at is not None:
            raise NobodyHere
        check_vouched(connection, member)
        return _linked(session, connection, claims, member, actor)
    invitation = _invitation_of(session, claims)
    place = _invited_to(session, invitation) if invitation else _new_place(session, connection, claims)
    check_may_place(connection, place)
    name = claims.name or claims.email.partition("@")[0]
    member = kept.add(session, tenant, actor, email=claims.email, name=name, place=place)
    return _linked(session, connection, claims, member, actor, made_member=invitation is None)


def _invitation_of(session: Session, claims: Claims) -> Invitation | None:
    """An invitation that somebody of this address may still accept."""
    waiting = (each for each in open_invitations(session) if each.email == claims.email)
    return next((each for each in waiting if clock.now() < each.expires_at), None)


def _new_place(session: Session, connection: Connection, claims: Claims) -> Place:
    """What a new member is: what their groups say, or what everybody is who is new."""
    found = place_for(session, connection, claims.groups, has_default=True)
    if found is None or not connection.makes_members:
        raise NobodyHere
    return found


def _invited_to(session: Session, invitation: Invitation) -> Place:
    held = session.get_one(Invitation, invitation.id, with_for_update={"of": Invitation}, populate_existing=True)
    held.accept(clock.now())
    return Place(held.role, held.custom_role, list(held.imprints), list(held.artists))


def _linked(
    session: Session, connection: Connection, claims: Claims, member: Member, actor: Actor, *, made_member: bool = False
) -> Link:
    link = Link(
        id=ids.new_id(),
        connection_id=connection.id,
        issuer=claims.issuer,
        subject=claims.subject,
        member_id=member.id,
        made_member=made_member,
        created_at=clock.now(),
    )
    session.add(link)
    session.flush()
    after = {"connection": connection.name, "issuer": claims.issuer}
    activity.record(session, actor, "sso.linked", subject_type="member", subject_id=member.id, after=after)
    return link


def _place(
    session: Session, tenant: Tenant, connection: Connection, link: Link, member: Member, claims: Claims
) -> None:
    """Give a member what their groups say; whom the service made, and whom no rule fits, is as everybody who is new.

    The last owner stays one, whatever a group says.
    """
    groups = (*claims.groups, *_directory_groups(session, connection, member))
    is_new = link.used_at is None and link.made_member
    place = place_for(session, connection, groups, has_default=link.made_member)
    if place is None or (is_new and first_rule(rules_of(session, connection), groups) is None):
        return
    check_vouched(connection, member)
    check_may_place(connection, place)
    with suppress(LastOwner, LastWayIn):
        kept.give_place(session, tenant, actor_of(tenant, connection), member, place)


def _directory_groups(session: Session, connection: Connection, member: Member) -> list[str]:
    """The groups of a member as the connection's directory told them."""
    query = (
        select(DirectoryGroup.document["displayName"].astext)
        .join(DirectoryMembership, DirectoryMembership.group_id == DirectoryGroup.id)
        .join(DirectoryUser, DirectoryUser.id == DirectoryMembership.user_id)
        .where(DirectoryUser.member_id == member.id, DirectoryUser.connection_id == connection.id)
    )
    return [name for name in session.scalars(query) if name]
