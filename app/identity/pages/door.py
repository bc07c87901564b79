"""The door of the portal: password, link by mail, invitation, and out again."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import partial
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.identity import service
from app.identity.errors import InvitationUsed, SignInRefused
from app.identity.models import Throttle
from app.identity.pages import ways
from app.identity.pages.visitors import (
    SECURITY,
    AnyRequest,
    FactorMissing,
    SignedOut,
    came,
    door_work,
    half_cookie,
    onward,
    session_cookie,
    visitor_of,
    wished,
)
from app.identity.rules import normal_email
from app.identity.service import entry, throttle
from app.kernel import limits
from app.kernel.db import tenant_work
from app.kernel.errors import Busy, Refusal
from app.kernel.tenant import Tenant, TenantState
from app.kernel.web.pages import page, told_refusal
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.refusals import status_of

PER_ACCOUNT = "8/5minutes"
PER_ADDRESS = "300/5minutes"
LINKS_PER_ACCOUNT = "5/15minutes"
LONGEST_EMAIL, LONGEST_PASSWORD = 254, 1_000
DOOR = "/portal/sign-in"
SECOND_STEP = f"{DOOR}/second-factor"
KEEP_REFERRER = {"referrer-policy": "same-origin"}
"""A page whose address is a secret tells it to no other site."""

FORGET = {"clear-site-data": '"storage"'}
"""What the artists' app keeps on a device for when there is no connection goes with the person."""

_AT_THE_DOOR: dict[str, Any] = {"door": DOOR, "sends_links": True}


class SignInForm(msgspec.Struct, forbid_unknown_fields=True):
    """What the sign-in page sends."""

    email: str
    password: str
    next: str = ""


class LinkForm(msgspec.Struct, forbid_unknown_fields=True):
    """To which address a link is wanted."""

    email: str


class UseForm(msgspec.Struct, forbid_unknown_fields=True):
    """A button that uses up a link."""

    next: str = ""


class InvitationForm(msgspec.Struct, forbid_unknown_fields=True):
    """What the invitation page sends."""

    name: str
    password: str


def slowed(tenant: Tenant, **names: str) -> AbstractContextManager[None]:
    """Let a member's try happen once the wait after earlier failures is over, and count it if it fails."""
    return throttle.slowed(partial(door_work, tenant), Throttle, **names)


def several(value: list[str] | str) -> list[str]:
    """The values of boxes that were ticked; a form sends a single one as itself."""
    return [value] if isinstance(value, str) else value


def entered(session: Session, token: str, wish: str) -> Redirect:
    """Lead in whoever holds this token: to where they want or begin, or to the second step."""
    found = service.member_of_token(session, token)
    if found is None:
        onto = f"?next={quote(wish)}" if wish else ""
        return Redirect(f"{SECOND_STEP}{onto}", status_code=303, cookies=[half_cookie(token)])
    wanted = onward(wish, found.member)
    return Redirect(wanted, status_code=303, cookies=[session_cookie(token), half_cookie("")])


def again(request: AnyRequest, template: str, refusal: Refusal, **values: Any) -> Response[Any]:
    """Show a form once more with the sentence that says why."""
    realm = realm_of(request)
    status = 422 if isinstance(refusal, SignInRefused) else status_of(refusal)
    response = page(template, realm, status=status, problem=told_refusal(realm, refusal), **values)
    if refusal.retry_after:
        response.headers["retry-after"] = str(refusal.retry_after)
    return response


def shown_door(
    request: AnyRequest, *, wish: str, email: str = "", asks_mail: bool = False, refusal: Refusal | None = None
) -> Response[Any]:
    """The door with every way in: by the label's sign-in services, and by our own.

    `asks_mail`: only the address, where that may decide which way it is.
    """
    found = ways.at_door(tenant_of(request), wish)
    shown: dict[str, Any] = {
        "email": email[:LONGEST_EMAIL],
        "next": wish,
        "ways": found,
        "mail_first": asks_mail and found.asks_mail,
    }
    if refusal is not None:
        return again(request, "identity/sign_in.html", refusal, **shown, **_AT_THE_DOOR)
    return page("identity/sign_in.html", realm_of(request), problem=None, **shown, **_AT_THE_DOOR)


@get("/portal/sign-in", sync_to_thread=True)
def sign_in_page(request: AnyRequest) -> Response[Any]:
    """Show the door; who is inside already is led on."""
    wish = wished(request.query_params.get("next"))
    try:
        visitor = visitor_of(request)
    except FactorMissing:
        return Redirect(SECURITY, status_code=303)
    except SignedOut:
        return shown_door(request, wish=wish, asks_mail=request.query_params.get("with") != "password")
    return Redirect(onward(wish, visitor.member), status_code=303)


@post("/portal/sign-in", sync_to_thread=True)
def sign_in(request: AnyRequest, data: URLEncodedBody[SignInForm]) -> Response[Any]:
    """Let a member in with a new session, whatever session the browser brought along."""
    tenant, realm = tenant_of(request), realm_of(request)
    wish, email = wished(data.next), normal_email(data.email)[:LONGEST_EMAIL]
    account = f"sign-in:{email}"
    try:
        limits.hit(tenant, account, PER_ACCOUNT)
        limits.hit(tenant, f"sign-in-from:{realm.client}", PER_ADDRESS)
        with slowed(tenant, account=email, address=realm.client), door_work(tenant) as session:
            token = service.sign_in(
                session,
                tenant,
                email=data.email,
                password=data.password[:LONGEST_PASSWORD],
                agent=request.headers.get("user-agent", ""),
                address=realm.client,
            )
            answer = entered(session, token, wish)
    except (SignInRefused, Busy) as refusal:
        return shown_door(request, wish=wish, email=data.email, refusal=refusal)
    limits.clear(tenant, account, PER_ACCOUNT)
    return answer


@post("/portal/sign-out", sync_to_thread=True, opt={"unready": True, "leaving": True})
def sign_out(request: AnyRequest) -> Redirect:
    """End this session on the server, not only in the browser."""
    visitor = visitor_of(request)
    with door_work(tenant_of(request)) as session:
        service.end_session(session, visitor.actor, visitor.session_id)
    return Redirect(DOOR, status_code=303, cookies=[session_cookie("", seconds=0)], headers=FORGET)


@get("/portal/sign-in/link", sync_to_thread=True)
def link_page(request: AnyRequest) -> Response[str]:
    """Ask to which address a sign-in link shall go."""
    return page("identity/link.html", realm_of(request), problem=None, sent=False)


@post("/portal/sign-in/link", sync_to_thread=True)
def ask_link(request: AnyRequest, data: URLEncodedBody[LinkForm]) -> Response[Any]:
    """Have a link sent; the answer is the same whether anybody has this address."""
    tenant, realm = tenant_of(request), realm_of(request)
    email = normal_email(data.email)[:LONGEST_EMAIL]
    try:
        limits.hit(tenant, f"link:{email}", LINKS_PER_ACCOUNT)
        limits.hit(tenant, f"sign-in-from:{realm.client}", PER_ADDRESS)
    except Busy as refusal:
        return again(request, "identity/link.html", refusal, sent=False)
    with tenant_work(tenant, even={TenantState.SUSPENDED}) as session:  # a closing label sends no mail
        entry.ask_link(session, tenant, email)
    return page("identity/link.html", realm, problem=None, sent=True)


@get("/portal/sign-in/link/{token:str}", sync_to_thread=True)
def link_door(request: AnyRequest, token: FromPath[str]) -> Response[str]:
    """Show a button; looking at the page uses the link up as little as a mail scanner does."""
    response = page("identity/link_door.html", realm_of(request), action=f"/portal/sign-in/link/{quote(token)}")
    response.headers.update(KEEP_REFERRER)
    return response


@post("/portal/sign-in/link/{token:str}", sync_to_thread=True)
def use_link(request: AnyRequest, token: FromPath[str], data: URLEncodedBody[UseForm]) -> Response[Any]:  # noqa: ARG001
    """Let the member in by their link, once."""
    tenant, realm = tenant_of(request), realm_of(request)
    limits.hit(tenant, f"link-from:{realm.client}", PER_ADDRESS)
    with door_work(tenant) as session:
        held = entry.use_link(session, tenant, token, came(request, "link"))
        return entered(session, held, "")


@get("/portal/invitations/{token:str}", sync_to_thread=True)
def invitation_page(request: AnyRequest, token: FromPath[str]) -> Response[str]:
    """Show an invitation; looking at it uses nothing up, so that a mail scanner cannot."""
    response = page("identity/invitation.html", realm_of(request), token=token, name="", problem=None)
    response.headers.update(KEEP_REFERRER)
    return response


@post("/portal/invitations/{token:str}", sync_to_thread=True)
def accept_invitation(request: AnyRequest, token: FromPath[str], data: URLEncodedBody[InvitationForm]) -> Response[Any]:
    """Make the invited person a member and sign them in."""
    tenant, realm = tenant_of(request), realm_of(request)
    limits.hit(tenant, f"invitation-from:{realm.client}", PER_ADDRESS)
    try:
        with tenant_work(tenant) as session:
            member = service.accept_invitation(session, tenant, token, name=data.name, password=data.password)
            held = service.come_in(session, tenant, member, came(request, "invitation"))
    except InvitationUsed:
        raise
    except Refusal as refusal:
        return again(request, "identity/invitation.html", refusal, token=token, name=data.name)
    return Redirect("/portal/welcome", status_code=303, cookies=[session_cookie(held)])


handlers: list[Any] = [
    sign_in_page, sign_in, sign_out, link_page, ask_link, link_door, use_link, invitation_page, accept_invitation,
]  # fmt: skip
