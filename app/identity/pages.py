"""The door of the portal: signing in, invitations, and who is behind a request."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from app.identity import service
from app.identity.errors import InvitationUsed, SignInRefused
from app.identity.policies import Visitor, visitor_for
from app.identity.rules import normal_email
from app.kernel import limits
from app.kernel.db import current, tenant_read, tenant_work
from app.kernel.errors import Busy, NotFound, Refusal
from app.kernel.tenant import TenantState
from app.kernel.web.languages import say_refusal
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.redirects import safe_path
from app.kernel.web.refusals import status_of

PER_ACCOUNT = "8/5minutes"
PER_ADDRESS = "60/5minutes"
SESSION_SECONDS = 14 * 24 * 3600


class SignInForm(msgspec.Struct, forbid_unknown_fields=True):
    """What the sign-in page sends."""

    email: str
    password: str
    next: str = ""


class InvitationForm(msgspec.Struct, forbid_unknown_fields=True):
    """What the invitation page sends."""

    name: str
    password: str


class SignedOut(NotFound):
    """Nobody is signed in; pages send the person to the door."""

    message = "Sign in to see this."


def cookie_name() -> str:
    """The session cookie's name: bound to this host and to encryption, except on a developer's plain HTTP."""
    return "session" if current().settings.boptone_env == "development" else "__Host-session"


def session_cookie(value: str, *, seconds: int = SESSION_SECONDS) -> Cookie:
    """The cookie that holds a session's token, out of reach of scripts and other sites."""
    secure = current().settings.boptone_env != "development"
    return Cookie(
        key=cookie_name(), value=value, path="/", max_age=seconds, httponly=True, secure=secure, samesite="lax"
    )


def visitor_of(request: Request[Any, Any, Any]) -> Visitor:
    """The member who is signed in; `SignedOut` when there is none."""
    tenant = tenant_of(request)
    token = request.cookies.get(cookie_name())
    if not token:
        raise SignedOut
    with tenant_read(tenant) as session:
        found = service.member_of_token(session, token)
    if found is None:
        raise SignedOut
    member, held = found
    if service.is_due_for_touch(held) and tenant.state is TenantState.ACTIVE:
        with tenant_work(tenant) as session:
            service.touch(session, held)
    visitor = visitor_for(service.actor_of(tenant, member), member, held)
    realm_of(request).facts["visitor"] = visitor
    return visitor


@get("/portal/sign-in", sync_to_thread=True)
def sign_in_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the door."""
    wanted = safe_path(request.query_params.get("next"), "/portal")
    return page("sign_in.html", realm_of(request), action="/portal/sign-in", problem=None, email="", next=wanted)


@post("/portal/sign-in", sync_to_thread=True)
def sign_in(request: Request[Any, Any, Any], data: URLEncodedBody[SignInForm]) -> Response[Any]:
    """Let a member in with a new session, whatever session the browser brought along."""
    tenant, realm = tenant_of(request), realm_of(request)
    wanted = safe_path(data.next, "/portal")
    account = f"sign-in:{normal_email(data.email)[:254]}"
    try:
        limits.hit(tenant, account, PER_ACCOUNT)
        limits.hit(tenant, f"sign-in-from:{realm.client}", PER_ADDRESS)
        with tenant_work(tenant) as session:
            token = service.sign_in(
                session,
                tenant,
                email=data.email,
                password=data.password[:1_000],
                agent=request.headers.get("user-agent", ""),
                address=realm.client,
            )
    except (SignInRefused, Busy) as refusal:
        return _door_again(request, refusal, email=data.email[:254], wanted=wanted)
    limits.clear(tenant, account, PER_ACCOUNT)
    return Redirect(wanted, status_code=303, cookies=[session_cookie(token)])


def _door_again(request: Request[Any, Any, Any], refusal: Refusal, *, email: str, wanted: str) -> Response[Any]:
    realm = realm_of(request)
    problem = say_refusal(refusal, realm.language)
    status = 422 if isinstance(refusal, SignInRefused) else status_of(refusal)
    response = page(
        "sign_in.html", realm, status=status, action="/portal/sign-in", problem=problem, email=email, next=wanted
    )
    if refusal.retry_after:
        response.headers["retry-after"] = str(refusal.retry_after)
    return response


@post("/portal/sign-out", sync_to_thread=True)
def sign_out(request: Request[Any, Any, Any]) -> Redirect:
    """End this session on the server, not only in the browser."""
    visitor = visitor_of(request)
    with tenant_work(tenant_of(request)) as session:
        service.end_session(session, visitor.actor, visitor.session_id)
    return Redirect("/portal/sign-in", status_code=303, cookies=[session_cookie("", seconds=0)])


@get("/portal/invitations/{token:str}", sync_to_thread=True)
def invitation_page(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """Show an invitation; looking at it uses nothing up, so that a mail scanner cannot."""
    return page("invitation.html", realm_of(request), token=token, name="", problem=None)


@post("/portal/invitations/{token:str}", sync_to_thread=True)
def accept_invitation(
    request: Request[Any, Any, Any], token: FromPath[str], data: URLEncodedBody[InvitationForm]
) -> Response[Any]:
    """Make the invited person a member and sign them in."""
    tenant, realm = tenant_of(request), realm_of(request)
    limits.hit(tenant, f"invitation-from:{realm.client}", PER_ADDRESS)
    agent = request.headers.get("user-agent", "")
    try:
        with tenant_work(tenant) as session:
            member = service.accept_invitation(
                session, tenant, token, name=data.name.strip()[:120], password=data.password
            )
            held = service.sign_in(
                session, tenant, email=member.email, password=data.password, agent=agent, address=realm.client
            )
    except InvitationUsed:
        raise
    except Refusal as refusal:
        problem = say_refusal(refusal, realm.language)
        shown = {"token": token, "name": data.name, "problem": problem}
        return page("invitation.html", realm, status=422, **shown)
    return Redirect("/portal", status_code=303, cookies=[session_cookie(held)])


handlers = [sign_in_page, sign_in, sign_out, invitation_page, accept_invitation]
