"""Security: one's own factors and sessions, the label's policy, and whom of support one lets in."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from app.identity import service
from app.identity.errors import CodeRefused, PasswordTooWeak
from app.identity.pages.door import KEEP_REFERRER, LONGEST_PASSWORD, PER_ADDRESS, UseForm, again, several, slowed
from app.identity.pages.passkeys import OWN
from app.identity.pages.visitors import (
    HOME,
    SECURITY,
    AnyRequest,
    came,
    door_work,
    frame,
    session_cookie,
    visitor_of,
)
from app.identity.policies import Visitor, allows, grant_to_decide
from app.identity.rules.roles import ROLES
from app.identity.service import entry, factors, security, sessions, support
from app.kernel import ids, limits
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Busy
from app.kernel.tenant import TenantState
from app.kernel.web.pages import page, told
from app.kernel.web.realm import realm_of, tenant_of

APP = f"{SECURITY}/app"
_PORTAL: dict[str, Any] = {"surface": "portal.html", "security": SECURITY}
SUPPORT_SECONDS = support.MOST_HOURS * 3600


class PasswordForm(msgspec.Struct, forbid_unknown_fields=True):
    """A new password."""

    password: str


class AppForm(msgspec.Struct, forbid_unknown_fields=True):
    """The first code of an app."""

    code: str


class PolicyForm(msgspec.Struct, forbid_unknown_fields=True):
    """How members sign in."""

    idle_minutes: int
    absolute_hours: int
    roles: list[str] | str = []


class SupportForm(msgspec.Struct, forbid_unknown_fields=True):
    """For how long and why support is let in."""

    reason: str
    hours: int
    may_change: bool = False


class AllowForm(msgspec.Struct, forbid_unknown_fields=True):
    """Whether support may change what it sees."""

    may_change: bool = False


def _shown(request: AnyRequest, visitor: Visitor) -> dict[str, Any]:
    realm = realm_of(request)
    with tenant_read(tenant_of(request)) as session:
        return {
            **frame(visitor, request, SECURITY),
            "factors": factors.factors_of(session, visitor.member),
            "rows": service.live_sessions(session, visitor.member.id),
            "own": visitor.session_id,
            "policy": security.policy_of(session) if allows(visitor, "security.edit") else None,
            "grants": support.open_grants(session) if visitor.member.role == "owner" else None,
            "roles": [(key, told(realm, role.name)) for key, role in ROLES.items()],
            "idle_choices": security.IDLE_MINUTES,
            "absolute_choices": security.ABSOLUTE_HOURS,
        }


@get(SECURITY, sync_to_thread=True, opt={"unready": True, "in_person": True})
def security_page(request: AnyRequest) -> Response[str]:
    """Show how the member signs in and, to whom it concerns, how the label does."""
    visitor = visitor_of(request)
    return page("identity/security.html", realm_of(request), problem=None, **_shown(request, visitor))


@post(f"{SECURITY}/password", sync_to_thread=True, opt=OWN)
def change_password(request: AnyRequest, data: URLEncodedBody[PasswordForm]) -> Response[Any]:
    """Choose a new password; every other session ends."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with door_work(tenant) as session:
            how = came(request)
            token = entry.change_password(session, tenant, visitor, data.password[:LONGEST_PASSWORD], how)
    except PasswordTooWeak as refusal:
        return again(request, "identity/security.html", refusal, **_shown(request, visitor))
    return Redirect(SECURITY, status_code=303, cookies=[session_cookie(token)])


@post(APP, sync_to_thread=True, opt=OWN)
def begin_app(request: AnyRequest) -> Redirect:
    """Make a secret for an authenticator app."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with door_work(tenant) as session:
        factors.begin_app(session, tenant, visitor.member)
    return Redirect(APP, status_code=303)


def _app_shown(request: AnyRequest, visitor: Visitor) -> dict[str, Any] | None:
    tenant = tenant_of(request)
    with tenant_read(tenant) as session:
        app = factors.pending_app(session, tenant, visitor.member)
    if app is None:
        return None
    picture = factors.as_picture(app)
    return {**frame(visitor, request, SECURITY), **_PORTAL, "picture": picture, "secret": app.secret}


@get(APP, sync_to_thread=True, opt=OWN)
def app_page(request: AnyRequest) -> Response[Any]:
    """Show the secret that the app shall learn."""
    shown = _app_shown(request, visitor_of(request))
    if shown is None:
        return Redirect(SECURITY, status_code=303)
    return page("identity/app.html", realm_of(request), problem=None, **shown)


@post(f"{APP}/confirm", sync_to_thread=True, opt=OWN)
def confirm_app(request: AnyRequest, data: URLEncodedBody[AppForm]) -> Response[Any]:
    """Put the app in use by its first code, and show the recovery codes once."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with slowed(tenant, account=f"factor:{visitor.member.id}"), door_work(tenant) as session:
            sessions.hold(session, visitor)
            codes = factors.confirm_app(session, visitor.actor, tenant, visitor.member, data.code[:100])
            sessions.end_all(session, visitor.member.id)
            token = sessions.start(session, visitor.member, came(request, "proof"))
    except (CodeRefused, Busy) as refusal:
        shown = _app_shown(request, visitor)
        return again(request, "identity/app.html", refusal, **shown) if shown else Redirect(SECURITY, status_code=303)
    cookie = session_cookie(token)
    if not codes:
        return Redirect(SECURITY, status_code=303, cookies=[cookie])
    response = _codes(request, visitor, codes)
    response.cookies.append(cookie)
    return response


def _codes(request: AnyRequest, visitor: Visitor, codes: list[str]) -> Response[str]:
    return page("identity/codes.html", realm_of(request), codes=codes, **frame(visitor, request, SECURITY), **_PORTAL)


@post(f"{APP}/remove", sync_to_thread=True, opt=OWN)
def remove_app(request: AnyRequest) -> Redirect:
    """Take the app out of use; every other session ends."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with door_work(tenant) as session:
        factors.remove_app(session, visitor.actor, tenant, visitor.member)
        sessions.end_all(session, visitor.member.id, but=visitor.session_id)
    return Redirect(SECURITY, status_code=303)


@post(f"{SECURITY}/codes", sync_to_thread=True, opt=OWN)
def renew_codes(request: AnyRequest) -> Response[Any]:
    """Make new recovery codes, end every other session, and show the codes once."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with door_work(tenant) as session:
        sessions.hold(session, visitor)
        codes = factors.renew_codes(session, visitor.actor, tenant, visitor.member)
        sessions.end_all(session, visitor.member.id, but=visitor.session_id)
    return _codes(request, visitor, codes)


@post(f"{SECURITY}/sessions/{{session_id:str}}/end", sync_to_thread=True, opt={"unready": True, "in_person": True})
def end_session(request: AnyRequest, session_id: FromPath[str]) -> Redirect:
    """End one of the member's own sessions, or support's in their name."""
    visitor = visitor_of(request)
    with door_work(tenant_of(request)) as session:
        service.end_session(session, visitor.actor, ids.parse_uuid(session_id))
    return Redirect(SECURITY, status_code=303)


@post(f"{SECURITY}/sessions/end-others", sync_to_thread=True, opt={"unready": True, "in_person": True})
def end_others(request: AnyRequest) -> Redirect:
    """End every session of the member but this one."""
    visitor = visitor_of(request)
    with door_work(tenant_of(request)) as session:
        sessions.end_others(session, visitor.actor, visitor.member.id, but=visitor.session_id)
    return Redirect(SECURITY, status_code=303)


@post(
    f"{SECURITY}/policy",
    sync_to_thread=True,
    opt={"permission": "security.edit", "recent": True, "in_person": True},
)
def change_policy(request: AnyRequest, data: URLEncodedBody[PolicyForm]) -> Redirect:
    """Set the label's policy."""
    visitor = visitor_of(request)
    with tenant_work(tenant_of(request)) as session:
        security.change_policy(
            session,
            visitor,
            roles=several(data.roles),
            idle_minutes=data.idle_minutes,
            absolute_hours=data.absolute_hours,
        )
    return Redirect(SECURITY, status_code=303)


@post(f"{SECURITY}/support", sync_to_thread=True, opt=OWN)
def offer_support(request: AnyRequest, data: URLEncodedBody[SupportForm]) -> Redirect:
    """Let support in without having been asked."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant, even={TenantState.SUSPENDED}) as session:
        support.offer(session, tenant, visitor, reason=data.reason, hours=data.hours, may_change=data.may_change)
    return Redirect(SECURITY, status_code=303)


@post(f"{SECURITY}/support/{{grant_id:str}}/allow", sync_to_thread=True, opt=OWN)
def allow_support(request: AnyRequest, grant_id: FromPath[str], data: URLEncodedBody[AllowForm]) -> Redirect:
    """Allow what support asked for."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant, even={TenantState.SUSPENDED}) as session:
        grant = grant_to_decide(session, visitor, ids.parse_uuid(grant_id))
        support.allow(session, tenant, visitor, grant, may_change=data.may_change)
    return Redirect(SECURITY, status_code=303)


@post(f"{SECURITY}/support/{{grant_id:str}}/end", sync_to_thread=True, opt={"in_person": True})
def end_support(request: AnyRequest, grant_id: FromPath[str]) -> Redirect:
    """End support access at once, or refuse it."""
    visitor = visitor_of(request)
    with door_work(tenant_of(request)) as session:
        support.end(session, visitor.actor, grant_to_decide(session, visitor, ids.parse_uuid(grant_id)))
    return Redirect(SECURITY, status_code=303)


@get("/portal/support/{token:str}", sync_to_thread=True)
def support_door(request: AnyRequest, token: FromPath[str]) -> Response[str]:
    """Show the button by which an operator comes in."""
    response = page("identity/link_door.html", realm_of(request), action=f"/portal/support/{token}")
    response.headers.update(KEEP_REFERRER)
    return response


@post("/portal/support/{token:str}", sync_to_thread=True)
def support_enter(request: AnyRequest, token: FromPath[str], data: URLEncodedBody[UseForm]) -> Redirect:  # noqa: ARG001
    """Let an operator in, in the name of the owner who allowed it."""
    tenant = tenant_of(request)
    limits.hit(tenant, f"link-from:{realm_of(request).client}", PER_ADDRESS)
    with tenant_work(tenant, even={TenantState.SUSPENDED}) as session:
        held = support.come_in(session, tenant, token, came(request, "support"))
    return Redirect(HOME, status_code=303, cookies=[session_cookie(held, seconds=SUPPORT_SECONDS)])


handlers: list[Any] = [
    security_page, change_password, begin_app, app_page, confirm_app, remove_app, renew_codes, end_session, end_others,
    change_policy, offer_support, allow_support, end_support, support_door, support_enter,
]  # fmt: skip
