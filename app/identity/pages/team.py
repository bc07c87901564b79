"""Team: who works here, who is invited, and why somebody may do something."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.identity.errors import BeyondOwn, LastOwner, MemberThere
from app.identity.models import CustomRole, Member
from app.identity.pages.door import again
from app.identity.pages.visitors import AnyRequest, frame, visitor_of
from app.identity.policies import (
    Reason,
    Visitor,
    allows,
    invitation_to_change,
    may_change,
    member_to_change,
    member_to_read,
    why,
)
from app.identity.rules.permissions import PERMISSIONS, known
from app.identity.rules.roles import ROLES
from app.identity.service import factors, roles, sessions, team
from app.kernel import ids
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid, Refusal
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.cells import Cell, edit
from app.kernel.web.pages import page, told
from app.kernel.web.realm import Realm, realm_of, tenant_of

TEAM = "/portal/settings/team"
INVITATION = f"{TEAM}/invitations/{{invitation_id:str}}"
SEE: dict[str, Any] = {"permission": "team.view"}
INVITE: dict[str, Any] = {"permission": "team.invite", "recent": True, "in_person": True}
EDIT: dict[str, Any] = {"permission": "team.edit", "recent": True, "in_person": True}
_EXPECTED = (BeyondOwn, Invalid, LastOwner, MemberThere)


class InviteForm(msgspec.Struct, forbid_unknown_fields=True):
    """Whom to invite, to which role, narrowed to what."""

    email: str
    role: str
    imprints: str = ""
    artists: str = ""


class PlaceForm(msgspec.Struct, forbid_unknown_fields=True):
    """A member's role, what it is narrowed to, and which version of it its editor saw."""

    role: str
    imprints: str = ""
    artists: str = ""
    match: str = ""


def role_name(holder: Any, realm: Realm) -> str:
    """A role's name as its reader calls it: built-in ones translated, the label's own as they are written."""
    if holder.custom_role is not None:
        return str(holder.custom_role.name)
    return told(realm, ROLES[holder.role].name) if holder.role in ROLES else str(holder.role)


def offered_roles(visitor: Visitor, custom: list[CustomRole], realm: Realm) -> list[tuple[str, str, str]]:
    """The roles that a visitor may give: key or id, name, purpose."""
    built_in = [
        (key, told(realm, role.name), told(realm, role.purpose))
        for key, role in ROLES.items()
        if role.permissions <= visitor.permissions and (key != "owner" or visitor.member.role == "owner")
    ]
    own = [(str(role.id), role.name, "") for role in custom if known(role.permissions) <= visitor.permissions]
    return built_in + own


def said(reason: Reason, realm: Realm) -> str:
    """A reason as its reader is told it, its parts too."""
    values = {name: told(realm, text) if name in reason.said else text for name, text in reason.values.items()}
    return told(realm, reason.sentence, **values)


def _team(request: AnyRequest, visitor: Visitor) -> dict[str, Any]:
    realm = realm_of(request)
    with tenant_read(tenant_of(request)) as session:
        people, invitations = team.members(session), team.open_invitations(session)
        custom = roles.custom_roles(session)
    offered = offered_roles(visitor, custom, realm)
    return {
        **frame(visitor, request, TEAM),
        "people": [_listed(visitor, person, role_name(person, realm), offered) for person in people],
        "invitations": [(invitation, role_name(invitation, realm)) for invitation in invitations],
        "roles": offered,
        "may_invite": allows(visitor, "team.invite") and visitor.acting is None,
    }


def _role_cell(person: Member, role: str, offered: list[tuple[str, str, str]]) -> Cell:
    """A member's role as it is edited in the list: what they are, or what the visitor may give."""
    value = str(person.custom_role_id or person.role)
    choices = {value: role} | {key: name for key, name, _ in offered}
    return Cell(
        id=f"role-{person.id}",
        label=sentence("Role"),
        action=f"{TEAM}/{person.id}/role",
        field="role",
        value=value,
        choices=tuple(choices.items()),
        more={"imprints": ", ".join(person.imprints), "artists": ", ".join(person.artists)},
    )


def _listed(visitor: Visitor, person: Member, role: str, offered: list[tuple[str, str, str]]) -> tuple[Any, ...]:
    """A member, their role, and the cell in which it is edited where the visitor may do that."""
    is_open = may_change(visitor, person) and visitor.acting is None and person.disabled_at is None
    return person, role, _role_cell(person, role, offered) if is_open else None


@get(TEAM, sync_to_thread=True, opt=SEE)
def team_page(request: AnyRequest) -> Response[str]:
    """Show who works here and who is invited."""
    visitor = visitor_of(request)
    return page("identity/team.html", realm_of(request), problem=None, email="", **_team(request, visitor))


@post(f"{TEAM}/invitations", sync_to_thread=True, opt=INVITE)
def invite(request: AnyRequest, data: URLEncodedBody[InviteForm]) -> Response[Any]:
    """Invite somebody by mail."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            place = team.place_of(session, data.role, imprints=data.imprints, artists=data.artists)
            team.send_invitation(session, tenant, visitor, data.email, place)
    except _EXPECTED as refusal:
        return again(request, "identity/team.html", refusal, email=data.email[:254], **_team(request, visitor))
    return Redirect(TEAM, status_code=303)


@post(f"{INVITATION}/resend", sync_to_thread=True, opt=INVITE)
def resend(request: AnyRequest, invitation_id: FromPath[str]) -> Redirect:
    """Send an invitation once more."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        found = invitation_to_change(session, visitor, ids.parse_uuid(invitation_id))
        team.resend(session, tenant, visitor, found)
    return Redirect(TEAM, status_code=303)


@post(f"{INVITATION}/revoke", sync_to_thread=True, opt=INVITE)
def revoke(request: AnyRequest, invitation_id: FromPath[str]) -> Redirect:
    """Take an invitation back."""
    visitor = visitor_of(request)
    with tenant_work(tenant_of(request)) as session:
        team.revoke(session, visitor, invitation_to_change(session, visitor, ids.parse_uuid(invitation_id)))
    return Redirect(TEAM, status_code=303)


def _person(request: AnyRequest, visitor: Visitor, member_id: str) -> dict[str, Any]:
    realm = realm_of(request)
    with tenant_read(tenant_of(request)) as session:
        person = member_to_read(session, visitor, ids.parse_uuid(member_id))
        custom, held = roles.custom_roles(session), factors.factors_of(session, person)
        granted = sessions.granted_to(session, person)
    answers = [(key, why(person, key, granted)) for key in PERMISSIONS]
    return {
        **frame(visitor, request, TEAM),
        "person": person,
        "role": role_name(person, realm),
        "roles": offered_roles(visitor, custom, realm),
        "current": str(person.custom_role_id or person.role),
        "answers": [(key, found.allowed, [said(part, realm) for part in found.reasons]) for key, found in answers],
        "factors": held,
        "is_own": person.id == visitor.member.id,
        "may_change": may_change(visitor, person) and visitor.acting is None,
    }


@get(f"{TEAM}/{{member_id:str}}", sync_to_thread=True)
def person_page(request: AnyRequest, member_id: FromPath[str]) -> Response[str]:
    """Show what a colleague, or oneself, may do, and why."""
    visitor = visitor_of(request)
    return page("identity/person.html", realm_of(request), problem=None, **_person(request, visitor, member_id))


def _changed(request: AnyRequest, visitor: Visitor, member_id: str, refusal: Refusal) -> Response[Any]:
    return again(request, "identity/person.html", refusal, **_person(request, visitor, member_id))


@post(f"{TEAM}/{{member_id:str}}/role", sync_to_thread=True, opt=EDIT)
def change_role(request: AnyRequest, member_id: FromPath[str], data: URLEncodedBody[PlaceForm]) -> Response[Any]:
    """Give a member another role."""
    visitor, tenant, known = visitor_of(request), tenant_of(request), ids.parse_uuid(member_id)

    def read(session: Session) -> Cell:
        person, realm = member_to_read(session, visitor, known), realm_of(request)
        offered = offered_roles(visitor, roles.custom_roles(session), realm)
        return _role_cell(person, role_name(person, realm), offered)

    def change(session: Session) -> None:
        place = team.place_of(session, data.role, imprints=data.imprints, artists=data.artists)
        team.change_role(session, tenant, visitor, member_to_change(session, visitor, known), place)

    try:
        part = edit(request, read, change, typed=data.role, match=data.match)
    except _EXPECTED as refusal:
        return _changed(request, visitor, member_id, refusal)
    return part or Redirect(f"{TEAM}/{known}", status_code=303)


@post(f"{TEAM}/{{member_id:str}}/disable", sync_to_thread=True, opt=EDIT)
def disable(request: AnyRequest, member_id: FromPath[str]) -> Response[Any]:
    """Let a member in no more."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            member: Member = member_to_change(session, visitor, ids.parse_uuid(member_id))
            team.disable(session, tenant, visitor, member)
    except LastOwner as refusal:
        return _changed(request, visitor, member_id, refusal)
    return Redirect(f"{TEAM}/{member.id}", status_code=303)


@post(f"{TEAM}/{{member_id:str}}/enable", sync_to_thread=True, opt=EDIT)
def enable(request: AnyRequest, member_id: FromPath[str]) -> Redirect:
    """Let a member in again."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        member = member_to_change(session, visitor, ids.parse_uuid(member_id))
        team.enable(session, tenant, visitor, member)
    return Redirect(f"{TEAM}/{member.id}", status_code=303)


@post(f"{TEAM}/{{member_id:str}}/factors/removal", sync_to_thread=True, opt=EDIT)
def reset_factors(request: AnyRequest, member_id: FromPath[str]) -> Redirect:
    """Take the second factors of a member away, who lost them."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        member = member_to_change(session, visitor, ids.parse_uuid(member_id))
        team.reset_factors(session, tenant, visitor, member)
    said = sentence("Their second factors are gone. They sign in with their password and add new ones.")
    return flash.done(f"{TEAM}/{member.id}", tenant, said)


handlers: list[Any] = [team_page, invite, resend, revoke, person_page, change_role, disable, enable, reset_factors]
