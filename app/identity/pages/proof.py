"""Proving more: the second step of signing in, and once again who one is before money and security change."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import URLEncodedBody
from litestar.response import Redirect

from app.identity import service
from app.identity.errors import CodeRefused, SignInRefused
from app.identity.pages import ways
from app.identity.pages.door import DOOR, LONGEST_PASSWORD, PER_ACCOUNT, SECOND_STEP, again, slowed
from app.identity.pages.visitors import (
    PROOF,
    SECURITY,
    AnyRequest,
    SignedOut,
    came,
    cookie_name,
    door_work,
    half_cookie,
    onward,
    session_cookie,
    visitor_of,
    wished,
)
from app.identity.policies import Visitor
from app.identity.service import Found, entry
from app.identity.service.factors import Factors, factors_of
from app.kernel import limits
from app.kernel.db import tenant_read
from app.kernel.errors import Busy
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.redirects import safe_path

_HERE = {"proof": PROOF, "passkey": f"{PROOF}/passkey"}


class CodeForm(msgspec.Struct, forbid_unknown_fields=True):
    """A code of an app, or a recovery code."""

    code: str
    next: str = ""


class ProofForm(msgspec.Struct, forbid_unknown_fields=True):
    """A password, or a code where there is a second factor."""

    proof: str
    next: str = ""


def half_of(request: AnyRequest) -> Found:
    """The half session behind a request; `SignedOut` when there is none."""
    with tenant_read(tenant_of(request)) as session:
        found = service.half_of_token(session, request.cookies.get(cookie_name("half")) or "")
    if found is None:
        raise SignedOut
    return found


def here_factors(request: AnyRequest, visitor: Visitor | Found) -> Factors:
    """The second factors that can be used on this host: a passkey belongs to the host it was made for."""
    with tenant_read(tenant_of(request)) as session:
        found = factors_of(session, visitor.member)
    keys = tuple(key for key in found.passkeys if key.rp_id == realm_of(request).host)
    return Factors(found.has_app, keys, found.codes_left)


def _step(request: AnyRequest, half: Found, wanted: str) -> dict[str, Any]:
    factors = here_factors(request, half)
    return {"factors": factors, "next": wanted, "door": DOOR, "passkey": f"{SECOND_STEP}/passkey"}


@get("/portal/sign-in/second-factor", sync_to_thread=True)
def second_factor_page(request: AnyRequest) -> Response[str]:
    """Ask for the second factor."""
    half = half_of(request)
    wish = wished(request.query_params.get("next"))
    return page("identity/second_factor.html", realm_of(request), problem=None, **_step(request, half, wish))


@post("/portal/sign-in/second-factor", sync_to_thread=True)
def second_factor(request: AnyRequest, data: URLEncodedBody[CodeForm]) -> Response[Any]:
    """Make half a session whole."""
    half, tenant = half_of(request), tenant_of(request)
    wish, account = wished(data.next), f"factor:{half.member.id}"
    try:
        limits.hit(tenant, account, PER_ACCOUNT)
        with slowed(tenant, account=account, address=realm_of(request).client), door_work(tenant) as session:
            token = entry.second_step(session, tenant, half, data.code[:100], came(request, f"{half.held.method}+code"))
    except (CodeRefused, Busy) as refusal:
        return again(request, "identity/second_factor.html", refusal, **_step(request, half, wish))
    limits.clear(tenant, account, PER_ACCOUNT)
    wanted = onward(wish, half.member)
    return Redirect(wanted, status_code=303, cookies=[session_cookie(token), half_cookie("")])


def _asked_anew(request: AnyRequest, visitor: Visitor, wanted: str) -> dict[str, Any]:
    """By what a member can prove who they are: whoever has no password has a sign-in service."""
    return {
        "factors": here_factors(request, visitor),
        "ways": ways.for_proof(tenant_of(request), visitor.member, wanted),
        "has_password": visitor.member.password_hash is not None,
        "next": wanted,
        **_HERE,
    }


@get(PROOF, sync_to_thread=True, opt={"unready": True, "in_person": True})
def proof_page(request: AnyRequest) -> Response[str]:
    """Ask a member who is signed in to prove again who they are."""
    visitor = visitor_of(request)
    wanted = safe_path(request.query_params.get("next"), SECURITY)
    shown = _asked_anew(request, visitor, wanted)
    return page("identity/re_authenticate.html", realm_of(request), problem=None, **shown)


@post(PROOF, sync_to_thread=True, opt={"unready": True, "in_person": True})
def prove(request: AnyRequest, data: URLEncodedBody[ProofForm]) -> Response[Any]:
    """Take the proof, renew the session, and lead back."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    wanted, account = safe_path(data.next, SECURITY), f"factor:{visitor.member.id}"
    try:
        limits.hit(tenant, account, PER_ACCOUNT)
        with slowed(tenant, account=account, address=realm_of(request).client), door_work(tenant) as session:
            token = entry.prove(session, tenant, visitor, data.proof[:LONGEST_PASSWORD], came(request, "proof"))
    except (SignInRefused, CodeRefused, Busy) as refusal:
        shown = _asked_anew(request, visitor, wanted)
        return again(request, "identity/re_authenticate.html", refusal, **shown)
    limits.clear(tenant, account, PER_ACCOUNT)
    return Redirect(wanted, status_code=303, cookies=[session_cookie(token)])


handlers: list[Any] = [second_factor_page, second_factor, proof_page, prove]
