"""Roles: what each is for and may do, and the label's own."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from app.identity.errors import BeyondOwn, ChoiceUnusable, NameMissing, RoleInUse, RoleNameTaken
from app.identity.models import CustomRole
from app.identity.pages.door import again, several
from app.identity.pages.visitors import AnyRequest, frame, visitor_of
from app.identity.policies import SENTENCES as REASONS
from app.identity.policies import Visitor, allows, role_to_change, role_to_read
from app.identity.rules.permissions import HEADINGS, PERMISSIONS, SENTENCES
from app.identity.rules.roles import ROLES, Role
from app.identity.rules.roles import SENTENCES as ROLE_SENTENCES
from app.identity.service import roles
from app.kernel import ids
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Refusal
from app.kernel.web.own_words import offer
from app.kernel.web.pages import page, told
from app.kernel.web.realm import Realm, realm_of, tenant_of
from tenants import billing

ROLES_PATH = "/portal/settings/roles"
SEE: dict[str, Any] = {"permission": "team.view"}
EDIT: dict[str, Any] = {"permission": "roles.edit", "recent": True, "in_person": True}
offer(*SENTENCES.values(), *ROLE_SENTENCES.values(), *REASONS.values())
_EXPECTED = (BeyondOwn, ChoiceUnusable, NameMissing, RoleInUse, RoleNameTaken)


class RoleForm(msgspec.Struct, forbid_unknown_fields=True):
    """A role's name and what it may do."""

    name: str
    permissions: list[str] | str = []


def _built_in(role: Role, realm: Realm) -> tuple[str, str, list[str]]:
    may = [told(realm, SENTENCES[key]) for key in PERMISSIONS if key in role.permissions]
    return told(realm, role.name), told(realm, role.purpose), may


def _offered(visitor: Visitor, realm: Realm) -> list[tuple[str, list[tuple[str, str]]]]:
    """What a visitor may give, under its headings."""
    found: dict[str, list[tuple[str, str]]] = {}
    for key in PERMISSIONS:
        if key in visitor.permissions:
            found.setdefault(HEADINGS[key.partition(".")[0]], []).append((key, told(realm, SENTENCES[key])))
    return [(told(realm, heading), permissions) for heading, permissions in found.items()]


def _shown(request: AnyRequest, visitor: Visitor, chosen: CustomRole | None = None) -> dict[str, Any]:
    realm = realm_of(request)
    with tenant_read(tenant_of(request)) as session:
        own = roles.custom_roles(session)
    return {
        **frame(visitor, request, ROLES_PATH),
        "built_in": [_built_in(role, realm) for role in ROLES.values()],
        "own_roles": own,
        "chosen": chosen,
        "offered": _offered(visitor, realm),
        "sentences": {key: told(realm, text) for key, text in SENTENCES.items()},
        "may_edit": allows(visitor, "roles.edit") and visitor.acting is None,
    }


@get(ROLES_PATH, sync_to_thread=True, opt=SEE)
def roles_page(request: AnyRequest) -> Response[str]:
    """Show every role and what it may do."""
    visitor = visitor_of(request)
    return page("identity/roles.html", realm_of(request), problem=None, **_shown(request, visitor))


@get(f"{ROLES_PATH}/{{role_id:str}}", sync_to_thread=True, opt=SEE)
def role_page(request: AnyRequest, role_id: FromPath[str]) -> Response[str]:
    """Show one of the label's own roles."""
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        role = role_to_read(session, visitor, ids.parse_uuid(role_id))
    return page("identity/roles.html", realm_of(request), problem=None, **_shown(request, visitor, role))


def _again(request: AnyRequest, visitor: Visitor, refusal: Refusal) -> Response[Any]:
    return again(request, "identity/roles.html", refusal, **_shown(request, visitor))


@post(ROLES_PATH, sync_to_thread=True, opt=EDIT)
def make_role(request: AnyRequest, data: URLEncodedBody[RoleForm]) -> Response[Any]:
    """Make a role of the label's own."""
    visitor = visitor_of(request)
    billing.require(tenant_of(request), "custom_roles")
    try:
        with tenant_work(tenant_of(request)) as session:
            role = roles.make_role(session, visitor, name=data.name, permissions=several(data.permissions))
    except _EXPECTED as refusal:
        return _again(request, visitor, refusal)
    return Redirect(f"{ROLES_PATH}/{role.id}", status_code=303)


@post(f"{ROLES_PATH}/{{role_id:str}}", sync_to_thread=True, opt=EDIT)
def change_role(request: AnyRequest, role_id: FromPath[str], data: URLEncodedBody[RoleForm]) -> Response[Any]:
    """Change one of the label's own roles."""
    visitor = visitor_of(request)
    try:
        with tenant_work(tenant_of(request)) as session:
            role = role_to_change(session, visitor, ids.parse_uuid(role_id))
            roles.change_role(session, visitor, role, name=data.name, permissions=several(data.permissions))
    except _EXPECTED as refusal:
        return _again(request, visitor, refusal)
    return Redirect(f"{ROLES_PATH}/{role.id}", status_code=303)


@post(f"{ROLES_PATH}/{{role_id:str}}/delete", sync_to_thread=True, opt=EDIT)
def delete_role(request: AnyRequest, role_id: FromPath[str]) -> Response[Any]:
    """Delete a role that nobody has."""
    visitor = visitor_of(request)
    try:
        with tenant_work(tenant_of(request)) as session:
            roles.delete_role(session, visitor, role_to_change(session, visitor, ids.parse_uuid(role_id)))
    except RoleInUse as refusal:
        return _again(request, visitor, refusal)
    return Redirect(ROLES_PATH, status_code=303)


handlers: list[Any] = [roles_page, make_role, role_page, change_role, delete_role]
