"""The door of the account: a link by mail or a password, out again, and showing once more who one is."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from app.fans.errors import FanProofRefused, MailAddressUnusable
from app.fans.pages.visitors import (
    account,
    account_page,
    came,
    fan_cookie,
    fan_visitor,
    language_here,
    onward,
    quoted,
    refused,
    to,
    visitor_here,
)
from app.fans.service import entry, sessions
from app.fans.service.entry import Wish
from app.identity.errors import LinkUsed, SignInRefused
from app.identity.models import Throttle
from app.identity.pages import AnyRequest
from app.identity.rules import normal_email
from app.identity.service import throttle
from app.kernel import limits
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Busy
from app.kernel.web.realm import realm_of, tenant_of

PER_ACCOUNT = "8/5minutes"
PER_ADDRESS = "300/5minutes"
LINKS_PER_ACCOUNT = "5/15minutes"
LINKS_PER_ADDRESS = "60/15minutes"
LONGEST_EMAIL, LONGEST_PASSWORD = 254, 1_000
SIGN_IN = "store/account/sign_in.html"


class DoorForm(msgspec.Struct, forbid_unknown_fields=True):
    """What the sign-in page sends: a mail address, and a password where that is the way."""

    email: str
    password: str = ""
    way: str = "link"
    next: str = ""


class NextForm(msgspec.Struct, forbid_unknown_fields=True):
    """A button, and where it leads."""

    next: str = ""


class ProofForm(msgspec.Struct, forbid_unknown_fields=True):
    """The password of a fan who is signed in."""

    password: str
    next: str = ""


def slowed(request: AnyRequest, account_name: str) -> Any:
    """Let a try happen once the wait after earlier failures is over; fans' are counted apart from members'."""
    client = realm_of(request).client
    work = partial(tenant_work, tenant_of(request))
    return throttle.slowed(work, Throttle, account=f"fan:{account_name}", address=f"fan:{client}")


def limit_links(request: AnyRequest, email: str) -> None:
    """Keep anybody from having an address, or many of them, filled with mails."""
    tenant = tenant_of(request)
    limits.hit(tenant, f"fan-link:{email}", LINKS_PER_ACCOUNT)
    limits.hit(tenant, f"fan-link-from:{realm_of(request).client}", LINKS_PER_ADDRESS)


def ask_link(request: AnyRequest, email: str, wish: str) -> None:
    """Have a link sent that lets in whoever reads the mails of this address."""
    limit_links(request, email)
    tenant, language = tenant_of(request), language_here(request)
    with tenant_work(tenant) as session:
        entry.ask(session, tenant, Wish(kind="link", email=email, language=language, onward=wish))


@get("/{language:str}/account/sign-in", sync_to_thread=True)
def sign_in_page(request: AnyRequest) -> Response[Any]:
    """Show the door; who is inside already is led on."""
    home = account(request)
    wish = onward(request.query_params.get("next"), "")
    if visitor_here(request) is not None:
        return to(wish or home)
    return account_page(request, SIGN_IN, email="", next=wish, by_password=False)


@post("/{language:str}/account/sign-in", sync_to_thread=True)
def sign_in(request: AnyRequest, data: URLEncodedBody[DoorForm]) -> Response[Any]:
    """Send a link, or let a fan in by password with a new session, whatever session the browser brought along."""
    home, wish = account(request), onward(data.next, "")
    typed = data.email[:LONGEST_EMAIL]
    try:
        if data.way == "password":
            return to(wish or home, cookies=[fan_cookie(_by_password(request, typed, data.password))])
        ask_link(request, entry.checked_email(data.email), wish)
    except (SignInRefused, MailAddressUnusable, Busy) as refusal:
        by_password = data.way == "password"
        return refused(request, SIGN_IN, refusal, email=typed, next=wish, by_password=by_password)
    return to(account(request, "/link-sent"))


def _by_password(request: AnyRequest, typed: str, password: str) -> str:
    tenant, email = tenant_of(request), normal_email(typed)
    limits.hit(tenant, f"fan-sign-in:{email}", PER_ACCOUNT)
    limits.hit(tenant, f"fan-sign-in-from:{realm_of(request).client}", PER_ADDRESS)
    with slowed(request, email), tenant_work(tenant) as session:
        given = password[:LONGEST_PASSWORD]
        token = entry.sign_in(session, tenant, email=email, password=given, came=came(request, "password"))
    limits.clear(tenant, f"fan-sign-in:{email}", PER_ACCOUNT)
    return token


@get("/{language:str}/account/link-sent", sync_to_thread=True)
def link_sent(request: AnyRequest) -> Response[Any]:
    """Say that a link is on its way, whoever has the address."""
    return account_page(request, "store/account/link_sent.html")


@get("/{language:str}/account/link/{token:str}", sync_to_thread=True)
def link_page(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """Show a button: looking at the page uses the link up as little as a mail scanner does."""
    wish = onward(request.query_params.get("next"), "")
    action = account(request, f"/link/{quoted(token)}")
    with tenant_read(tenant_of(request)) as session:
        is_good = entry.is_good(session, "link", "", token)
    return account_page(request, "store/account/link.html", action=action, next=wish, is_good=is_good)


@post("/{language:str}/account/link/{token:str}", sync_to_thread=True)
def use_link(request: AnyRequest, token: FromPath[str], data: URLEncodedBody[NextForm]) -> Response[Any]:
    """Let the fan in by their link, once, with a new session."""
    tenant, home = tenant_of(request), account(request)
    limits.hit(tenant, f"fan-sign-in-from:{realm_of(request).client}", PER_ADDRESS)
    try:
        with tenant_work(tenant) as session:
            held = entry.use_link(session, tenant, token, came(request, "link"))
    except LinkUsed as refusal:
        return refused(request, "store/account/link.html", refusal, action="", next="", is_good=False)
    return to(onward(data.next, home), cookies=[fan_cookie(held)])


@post("/{language:str}/account/sign-out", sync_to_thread=True)
def sign_out(request: AnyRequest) -> Response[Any]:
    """End this session on the server, not only in the browser."""
    visitor, tenant = fan_visitor(request), tenant_of(request)
    with tenant_work(tenant) as session:
        sessions.end(session, tenant, visitor.fan, visitor.session_id)
    return to(f"/{language_here(request)}", cookies=[fan_cookie("")])


@get("/{language:str}/account/proof", sync_to_thread=True)
def proof_page(request: AnyRequest) -> Response[Any]:
    """Ask a fan who is signed in to show again who they are."""
    visitor = fan_visitor(request)
    wish = onward(request.query_params.get("next"), account(request, "/settings"))
    return account_page(request, "store/account/proof.html", next=wish, has_password=bool(visitor.fan.password_hash))


@post("/{language:str}/account/proof", sync_to_thread=True)
def prove(request: AnyRequest, data: URLEncodedBody[ProofForm]) -> Response[Any]:
    """Take the proof, renew the session, and lead back."""
    visitor, tenant = fan_visitor(request), tenant_of(request)
    wish = onward(data.next, account(request, "/settings"))
    try:
        limits.hit(tenant, f"fan-proof:{visitor.fan.id}", PER_ACCOUNT)
        with slowed(request, str(visitor.fan.id)), tenant_work(tenant) as session:
            token = entry.prove(session, visitor, data.password[:LONGEST_PASSWORD], came(request, "proof"))
    except (FanProofRefused, Busy) as refusal:
        return refused(request, "store/account/proof.html", refusal, next=wish, has_password=True)
    return to(wish, cookies=[fan_cookie(token)])


@post("/{language:str}/account/proof/link", sync_to_thread=True)
def prove_by_link(request: AnyRequest, data: URLEncodedBody[NextForm]) -> Response[Any]:
    """Send a fan who is signed in a link that shows again who they are."""
    visitor = fan_visitor(request)
    ask_link(request, visitor.fan.email or "", onward(data.next, ""))
    return to(account(request, "/link-sent"))


handlers: list[Any] = [
    sign_in_page, sign_in, link_sent, link_page, use_link, sign_out, proof_page, prove, prove_by_link,
]  # fmt: skip
