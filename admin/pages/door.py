"""The door of the console: password, second step, passkey, and out again; and who is behind a request."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import RawBody, URLEncodedBody
from litestar.response import Redirect

from admin import service
from admin.models import Operator, OperatorSession, OperatorThrottle
from admin.service import factors
from app.identity.errors import CodeRefused, ProofTooOld, SignInRefused
from app.identity.pages.door import PER_ACCOUNT
from app.identity.policies import RECENT_MINUTES
from app.identity.rules.webauthn import Site
from app.identity.schemas import PasskeyAnswer
from app.identity.service import throttle
from app.kernel import clock, limits
from app.kernel.db import current, platform_read, platform_work
from app.kernel.errors import Busy, NotFound, Refusal
from app.kernel.web.languages import region, say_refusal
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of
from app.kernel.web.redirects import safe_path
from app.kernel.web.refusals import status_of
from app.kernel.web.strict import decode

PER_ADDRESS = "60/5minutes"
HALF_SECONDS, WHOLE_SECONDS = 600, 8 * 3600
SECURITY, DOOR = "/admin/security", "/admin/sign-in"
STEP = f"{DOOR}/second-factor"
_AT_THE_DOOR: dict[str, Any] = {"door": DOOR, "sends_links": False, "next": "/admin"}

AnyRequest = Request[Any, Any, Any]


class OperatorSignedOut(NotFound):
    """No operator is signed in."""

    message = "Sign in to see this."


class OperatorFactorMissing(OperatorSignedOut):
    """In production nobody runs the platform with a password alone."""

    message = "Operators need a second factor. Add one to go on."


class OperatorForm(msgspec.Struct, forbid_unknown_fields=True):
    """What the operator's sign-in page sends."""

    email: str
    password: str
    next: str = ""


class CodeForm(msgspec.Struct, forbid_unknown_fields=True):
    """A code of the app, or a recovery code."""

    code: str
    next: str = ""


def slowed(**names: str) -> AbstractContextManager[None]:
    """Let an operator's try happen once the wait after earlier failures is over, and count it if it fails."""
    return throttle.slowed(platform_work, OperatorThrottle, **names)


def _cookie_name(kind: str) -> str:
    return kind if current().settings.boptone_env == "development" else f"__Host-{kind}"


def operator_cookie(value: str, *, seconds: int = WHOLE_SECONDS, kind: str = "operator") -> Cookie:
    """The cookie that holds an operator's token, never sent along from another site."""
    secure = current().settings.boptone_env != "development"
    return Cookie(
        key=_cookie_name(kind),
        value=value,
        path="/",
        max_age=seconds if value else 0,
        httponly=True,
        secure=secure,
        samesite="strict",
    )


def session_of(request: AnyRequest) -> tuple[Operator, OperatorSession]:
    """The operator and their session, whether or not a second factor is still to be added."""
    token = request.cookies.get(_cookie_name("operator"))
    if token:
        with platform_read() as session:
            found = service.session_of_token(session, token)
        if found is not None:
            realm_of(request).facts["operator"] = found[0]
            return found
    raise OperatorSignedOut


def operator_of(request: AnyRequest) -> Operator:
    """The operator who is signed in; `OperatorSignedOut` when there is none."""
    return _checked_session(request)[0]


def _checked_session(request: AnyRequest) -> tuple[Operator, OperatorSession]:
    operator, held = session_of(request)
    realm_of(request).country = region(request.headers.get("accept-language", ""))
    if current().settings.is_production:
        with platform_read() as session:
            if not service.has_factor(session, operator):
                raise OperatorFactorMissing
    return operator, held


def is_fresh(held: OperatorSession) -> bool:
    """Tell whether the operator proved in this session, minutes ago, who they are."""
    return held.proved_at is not None and clock.now() - held.proved_at <= timedelta(minutes=RECENT_MINUTES)


def fresh_operator_of(request: AnyRequest) -> Operator:
    """The operator who is signed in and has just proved it: for what concerns other operators."""
    operator, held = _checked_session(request)
    if not is_fresh(held):
        raise ProofTooOld
    return operator


def half_of(request: AnyRequest) -> Operator:
    """The operator who has shown the password and owes the second factor."""
    with platform_read() as session:
        token = request.cookies.get(_cookie_name("operator-half")) or ""
        found = service.session_of_token(session, token, half=True)
    if found is None:
        raise OperatorSignedOut
    return found[0]


def site_of(request: AnyRequest) -> Site:
    """The console's host and its pages' origin."""
    realm = realm_of(request)
    return Site(rp_id=realm.host, origin=realm.origin, name=current().settings.operator_name)


def again(request: AnyRequest, template: str, refusal: Refusal, **values: Any) -> Response[Any]:
    """Show a form once more with the sentence that says why."""
    realm = realm_of(request)
    status = 422 if isinstance(refusal, SignInRefused) else status_of(refusal)
    response = page(template, realm, status=status, problem=say_refusal(refusal, realm.language), **values)
    if refusal.retry_after:
        response.headers["retry-after"] = str(refusal.retry_after)
    return response


@get("/admin/sign-in", sync_to_thread=True)
def sign_in_page(request: AnyRequest) -> Response[Any]:
    """Show the operator's door; who owes a second factor is led to where it is added."""
    try:
        operator_of(request)
    except OperatorFactorMissing:
        return Redirect(SECURITY, status_code=303)
    except OperatorSignedOut:
        return page("identity/sign_in.html", realm_of(request), problem=None, email="", **_AT_THE_DOOR)
    return Redirect("/admin", status_code=303)


@post("/admin/sign-in", sync_to_thread=True)
def sign_in(request: AnyRequest, data: URLEncodedBody[OperatorForm]) -> Response[Any]:
    """Let an operator in, by half where a second factor is due."""
    account = f"operator:{data.email.strip().lower()[:254]}"
    address, agent = realm_of(request).client, request.headers.get("user-agent", "")
    try:
        limits.hit(None, account, PER_ACCOUNT)
        limits.hit(None, f"operator-from:{address}", PER_ADDRESS)
        with slowed(account=account, address=address), platform_work() as session:
            password = data.password[:1_000]
            token = service.sign_in(session, email=data.email, password=password, agent=agent, address=address)
            owes = service.session_of_token(session, token, half=True) is not None
    except (SignInRefused, Busy) as refusal:
        return again(request, "identity/sign_in.html", refusal, email=data.email[:254], **_AT_THE_DOOR)
    limits.clear(None, account, PER_ACCOUNT)
    if owes:
        half = operator_cookie(token, seconds=HALF_SECONDS, kind="operator-half")
        return Redirect(STEP, status_code=303, cookies=[half])
    return Redirect("/admin", status_code=303, cookies=[operator_cookie(token)])


def _step(operator: Operator) -> dict[str, Any]:
    with platform_read() as session:
        found = factors.factors_of(session, operator)
    return {"factors": found, "passkey": f"{DOOR}/passkey", **_AT_THE_DOOR}


@get(STEP, sync_to_thread=True)
def second_factor_page(request: AnyRequest) -> Response[str]:
    """Ask an operator for the second factor."""
    return page("identity/second_factor.html", realm_of(request), problem=None, **_step(half_of(request)))


@post(STEP, sync_to_thread=True)
def second_factor(request: AnyRequest, data: URLEncodedBody[CodeForm]) -> Response[Any]:
    """Make half a session whole, under a new id."""
    operator = half_of(request)
    account = f"operator-factor:{operator.id}"
    try:
        limits.hit(None, account, PER_ACCOUNT)
        with slowed(account=account, address=realm_of(request).client), platform_work() as session:
            factors.use_code(session, operator.id, data.code[:100])
            token = _whole(session, request, operator)
    except (CodeRefused, Busy) as refusal:
        return again(request, "identity/second_factor.html", refusal, **_step(operator))
    limits.clear(None, account, PER_ACCOUNT)
    return Redirect("/admin", status_code=303, cookies=_cookies(token))


@post("/admin/sign-in/passkey/options", sync_to_thread=True, status_code=200)
def passkey_options(request: AnyRequest) -> Response[Any]:
    """What a browser is asked at the console's door."""
    limits.hit(None, f"operator-from:{realm_of(request).client}", PER_ADDRESS)
    with platform_work() as session:
        return Response(factors.offer_use(session, site_of(request), None))


@post("/admin/sign-in/passkey", sync_to_thread=True, status_code=200)
def passkey(request: AnyRequest, body: RawBody) -> Response[Any]:
    """Let an operator in by passkey, which is two factors in one."""
    limits.hit(None, f"operator-from:{realm_of(request).client}", PER_ADDRESS)
    answer = decode(body, request.headers.get("content-type"), PasskeyAnswer)
    with slowed(address=realm_of(request).client):
        with platform_work() as session:
            challenge = factors.take_challenge(session, answer.credential, kind="use", operator_id=None)
        with platform_work() as session:
            operator = factors.operator_of_passkey(
                session, site_of(request), challenge, answer.credential, operator_id=None
            )
            token = _whole(session, request, operator)
    return Response({"next": safe_path(answer.next, "/admin")}, cookies=_cookies(token))


@post("/admin/sign-out", sync_to_thread=True)
def sign_out(request: AnyRequest) -> Redirect:
    """End the operator's session."""
    with platform_work() as session:
        service.sign_out(session, request.cookies.get(_cookie_name("operator"), ""))
    return Redirect("/admin/sign-in", status_code=303, cookies=[operator_cookie("")])


def _whole(session: Any, request: AnyRequest, operator: Operator) -> str:
    for kind in ("operator", "operator-half"):
        service.sign_out(session, request.cookies.get(_cookie_name(kind), ""))
    agent = request.headers.get("user-agent", "")
    return service.start(session, operator, agent=agent, address=realm_of(request).client)


def _cookies(token: str) -> list[Cookie]:
    return [operator_cookie(token), operator_cookie("", kind="operator-half")]


handlers: list[Any] = [
    sign_in_page, sign_in, second_factor_page, second_factor, passkey_options, passkey, sign_out,
]  # fmt: skip
