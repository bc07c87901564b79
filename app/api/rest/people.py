"""The label's people: members, invitations and roles. Nobody gets more than the program, or its person, has."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Resource, Section, View, heeding
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Code, Id, Moment, Name
from app.identity.models import PROGRAM, CustomRole, Invitation, Member
from app.identity.policies import (
    Visitor,
    invitation_to_change,
    member_to_change,
    member_to_read,
    require,
    role_to_change,
    role_to_read,
)
from app.identity.rules.roles import ROLES as BUILT_IN
from app.identity.service import roles, team
from app.kernel.collation import as_sorted
from app.kernel.web.pages import told
from tenants import billing

SECTION = Section("People", "Who works here, who is invited, and what their roles hold.")
Keys = Annotated[list[Code], Meta(max_length=200)]


class MemberView(View):
    """Somebody who works here, or did."""

    id: Id
    name: str
    email: str
    role: Annotated[str, Meta(examples=["manager"])]
    custom_role_id: Id | None
    imprints: list[str]
    artists: list[str]
    language: str
    created_at: Moment
    disabled_at: Moment | None


class InvitationView(View):
    """A way in for somebody who is not a member yet."""

    id: Id
    email: str
    role: str
    custom_role_id: Id | None
    imprints: list[str]
    artists: list[str]
    invited_by: Id | None
    created_at: Moment
    expires_at: Moment
    accepted_at: Moment | None
    revoked_at: Moment | None


class RoleView(View):
    """One of the label's own roles."""

    id: Id
    name: str
    permissions: list[str]
    created_at: Moment


class BuiltInRole(View):
    """A role that every label has."""

    key: str
    name: str
    permissions: list[str]


class BuiltInRoles(View):
    """The roles that every label has."""

    items: list[BuiltInRole]


class PlaceSaid(Body, frozen=True):
    """A role, built in by its key or the label's own by its id, narrowed to imprints and artists by their keys."""

    role: Annotated[str, Meta(min_length=1, max_length=60, examples=["manager"])]
    imprints: Keys = msgspec.field(default_factory=list)
    artists: Keys = msgspec.field(default_factory=list)


class NewInvitation(PlaceSaid, frozen=True, kw_only=True):
    """Whom to invite by mail, to which role."""

    email: Annotated[str, Meta(min_length=3, max_length=254, examples=["ada@example.com"])]


class RoleSaid(Body, frozen=True):
    """A role's name and what it may do."""

    name: Name
    permissions: Annotated[list[str], Meta(min_length=1, max_length=100, examples=[["catalog.view"]])]


def _people(visitor: Visitor) -> ColumnElement[bool]:
    require(visitor, "team.view")
    return Member.kind != PROGRAM


def _open(visitor: Visitor) -> ColumnElement[bool]:
    require(visitor, "team.view")
    waits = Invitation.accepted_at.is_(None) & Invitation.revoked_at.is_(None)
    return waits & Invitation.email.not_in(select(Member.email))


def _any_role(visitor: Visitor) -> ColumnElement[bool]:
    require(visitor, "team.view")
    return CustomRole.id.is_not(None)


MEMBERS = Resource(
    name="members",
    view=MemberView,
    model=Member,
    visible=_people,
    filters={
        "email": by.text(Member.email, "The member with this mail address.", "ada@example.com"),
        "role": by.choice(Member.role, (*BUILT_IN, "custom"), "Members with this role."),
        "is_disabled": by.flag(Member.disabled_at.is_not(None), "Whether they are let in no more."),
    },
    sorts={"name": as_sorted(Member.name)},
    version=None,
)
INVITATIONS = Resource(
    name="invitations",
    view=InvitationView,
    model=Invitation,
    visible=_open,
    sorts={"created_at": Invitation.created_at},
    version=None,
)
OWN_ROLES = Resource(
    name="roles",
    view=RoleView,
    model=CustomRole,
    visible=_any_role,
    sorts={"name": as_sorted(CustomRole.name)},
    version=None,
)


@SECTION.listing("/members", MEMBERS, scope="team:read")
def list_members(call: Call, session: Session) -> Answer:
    """List members. Programs are none of them."""
    return MEMBERS.page(call, session)


@SECTION.get("/members/{member_id}", scope="team:read", resource=MEMBERS)
def read_member(call: Call, session: Session) -> Answer:
    """Read a member."""
    return MEMBERS.one(call, session, member_to_read(session, call.visitor, call.id("member_id")).id)


def _place(session: Session, body: PlaceSaid) -> Any:
    return team.place_of(session, body.role, imprints=",".join(body.imprints), artists=",".join(body.artists))


@SECTION.put("/members/{member_id}/role", scope="team:write", takes=PlaceSaid, resource=MEMBERS)
@heeding
def give_member_role(call: Call, session: Session, body: PlaceSaid) -> Answer:
    """Give a member a role. Their sessions end, so that nothing goes on under the old one."""
    member = member_to_change(session, call.visitor, call.id("member_id"))
    call.require_as_seen(MEMBERS.one(call, session, member.id))
    team.change_role(session, call.tenant, call.visitor, member, _place(session, body))
    session.flush()
    return MEMBERS.one(call, session, member.id)


@SECTION.delete("/members/{member_id}/access", scope="team:write", resource=MEMBERS)
def disable_member(call: Call, session: Session) -> Answer:
    """Let a member in no more. Every session and token of theirs ends."""
    member = member_to_change(session, call.visitor, call.id("member_id"))
    team.disable(session, call.tenant, call.visitor, member)
    session.flush()
    return MEMBERS.one(call, session, member.id)


@SECTION.put("/members/{member_id}/access", scope="team:write", resource=MEMBERS)
def enable_member(call: Call, session: Session) -> Answer:
    """Let a member in again."""
    member = member_to_change(session, call.visitor, call.id("member_id"))
    team.enable(session, call.tenant, call.visitor, member)
    session.flush()
    return MEMBERS.one(call, session, member.id)


@SECTION.listing("/invitations", INVITATIONS, scope="team:read")
def list_invitations(call: Call, session: Session) -> Answer:
    """List invitations. Those that somebody may still accept."""
    return INVITATIONS.page(call, session)


@SECTION.post("/invitations", scope="team:write", takes=NewInvitation, resource=INVITATIONS)
def invite_member(call: Call, session: Session, body: NewInvitation) -> Answer:
    """Invite somebody. By mail, to a role that holds no more than the client may itself."""
    made = team.send_invitation(session, call.tenant, call.visitor, body.email, _place(session, body))
    session.flush()
    return INVITATIONS.one(call, session, made.id, status=201)


@SECTION.put("/invitations/{invitation_id}/resending", scope="team:write", resource=INVITATIONS)
def resend_invitation(call: Call, session: Session) -> Answer:
    """Send an invitation again. Under a new secret; the old one opens nothing."""
    found = invitation_to_change(session, call.visitor, call.id("invitation_id"))
    team.resend(session, call.tenant, call.visitor, found)
    session.flush()
    return INVITATIONS.one(call, session, found.id)


@SECTION.delete("/invitations/{invitation_id}", scope="team:write")
def revoke_invitation(call: Call, session: Session) -> Answer:
    """Take an invitation back."""
    team.revoke(session, call.visitor, invitation_to_change(session, call.visitor, call.id("invitation_id")))
    return Answer()


@SECTION.get("/roles/built-in", scope="team:read", gives=BuiltInRoles)
def list_built_in_roles(call: Call, session: Session) -> Answer:  # noqa: ARG001 they are everybody's
    """List built-in roles. Those that every label has."""
    require(call.visitor, "team.view")
    items = [
        {"key": key, "name": told(call.realm, role.name), "permissions": sorted(role.permissions)}
        for key, role in BUILT_IN.items()
    ]
    return Answer({"items": items})


@SECTION.listing("/roles", OWN_ROLES, scope="team:read")
def list_roles(call: Call, session: Session) -> Answer:
    """List the label's own roles."""
    return OWN_ROLES.page(call, session)


@SECTION.get("/roles/{role_id}", scope="team:read", resource=OWN_ROLES)
def read_role(call: Call, session: Session) -> Answer:
    """Read one of the label's own roles."""
    return OWN_ROLES.one(call, session, role_to_read(session, call.visitor, call.id("role_id")).id)


@SECTION.post("/roles", scope="roles:write", takes=RoleSaid, resource=OWN_ROLES)
def make_role(call: Call, session: Session, body: RoleSaid) -> Answer:
    """Make a role. By somebody who is there; it holds nothing that they do not."""
    billing.require(call.tenant, "custom_roles")
    role = roles.make_role(session, call.require_person(), name=body.name, permissions=body.permissions)
    session.flush()
    return OWN_ROLES.one(call, session, role.id, status=201, at=f"/api/v1/roles/{role.id}")


@SECTION.put("/roles/{role_id}", scope="roles:write", takes=RoleSaid, resource=OWN_ROLES)
def change_role(call: Call, session: Session, body: RoleSaid) -> Answer:
    """Change a role. By somebody who is there; whoever has it signs in again."""
    role = role_to_change(session, call.require_person(), call.id("role_id"))
    roles.change_role(session, call.visitor, role, name=body.name, permissions=body.permissions)
    session.flush()
    return OWN_ROLES.one(call, session, role.id)


@SECTION.delete("/roles/{role_id}", scope="roles:write")
def delete_role(call: Call, session: Session) -> Answer:
    """Delete a role. By somebody who is there, where nobody has it or is invited to it."""
    roles.delete_role(session, call.visitor, role_to_change(session, call.require_person(), call.id("role_id")))
    return Answer()
