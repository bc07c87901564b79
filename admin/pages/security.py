"""An operator's own security: app, passkeys, codes, sessions. Every change asks for a proof in its own form."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, RawBody, URLEncodedBody
from litestar.response import Redirect

from admin import service
from admin.models import Operator, OperatorSession
from admin.pages.door import SECURITY, AnyRequest, again, is_fresh, session_of, site_of, slowed
from admin.service import factors
from app.identity.errors import CodeRefused, ProofTooOld, SignInRefused
from app.identity.pages.door import PER_ACCOUNT
from app.identity.schemas import PasskeyAnswer
from app.identity.service.factors import as_picture
from app.kernel import ids, limits
from app.kernel.db import platform_read, platform_work
from app.kernel.errors import Busy
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of
from app.kernel.web.strict import decode

APP = f"{SECURITY}/app"
_CONSOLE: dict[str, Any] = {"surface": "console.html", "security": SECURITY, "here": SECURITY}


class ProofForm(msgspec.Struct, forbid_unknown_fields=True):
    """The password, or a code where there is a second factor."""

    proof: str


class CodeForm(msgspec.Struct, forbid_unknown_fields=True):
    """The first code of an app."""

    code: str


def _shown(operator: Operator, held: OperatorSession) -> dict[str, Any]:
    with platform_read() as session:
        return {
            "factors": factors.factors_of(session, operator),
            "rows": service.live_sessions(session, operator),
            "own": held.id,
            "is_fresh": is_fresh(held),
            "here": SECURITY,
        }


@get(SECURITY, sync_to_thread=True)
def security_page(request: AnyRequest) -> Response[str]:
    """Show how the operator signs in."""
    operator, held = session_of(request)
    return page("identity/operator_security.html", realm_of(request), problem=None, **_shown(operator, held))


def _proved(request: AnyRequest, proof: str) -> tuple[Operator, OperatorSession, Response[Any] | None]:
    """Check a form's proof; the answer to give where it does not hold."""
    operator, held = session_of(request)
    account = f"operator-factor:{operator.id}"
    try:
        limits.hit(None, account, PER_ACCOUNT)
        with slowed(account=account, address=realm_of(request).client), platform_work() as session:
            factors.check_proof(session, operator, proof[:1_000])
    except (SignInRefused, CodeRefused, Busy) as refusal:
        return operator, held, again(request, "identity/operator_security.html", refusal, **_shown(operator, held))
    limits.clear(None, account, PER_ACCOUNT)
    return operator, held, None


@post(APP, sync_to_thread=True)
def begin_app(request: AnyRequest, data: URLEncodedBody[ProofForm]) -> Response[Any]:
    """Make a secret for an authenticator app."""
    operator, _, refused = _proved(request, data.proof)
    if refused is not None:
        return refused
    with platform_work() as session:
        factors.begin_app(session, operator.id)
    return Redirect(APP, status_code=303)


def _app_shown(operator: Operator) -> dict[str, Any] | None:
    app = factors.pending_app(operator)
    return None if app is None else {"picture": as_picture(app), "secret": app.secret, **_CONSOLE}


@get(APP, sync_to_thread=True)
def app_page(request: AnyRequest) -> Response[Any]:
    """Show the secret that the app shall learn."""
    operator, held = session_of(request)
    shown = _app_shown(operator) if is_fresh(held) else None
    if shown is None:
        return Redirect(SECURITY, status_code=303)
    return page("identity/app.html", realm_of(request), problem=None, **shown)


@post(f"{APP}/confirm", sync_to_thread=True)
def confirm_app(request: AnyRequest, data: URLEncodedBody[CodeForm]) -> Response[Any]:
    """Put the app in use by its first code, end other sessions, and show the recovery codes once."""
    operator, held = session_of(request)
    try:
        limits.hit(None, f"operator-factor:{operator.id}", PER_ACCOUNT)
        with slowed(account=f"operator-factor:{operator.id}"), platform_work() as session:
            service.hold_session(session, held)
            codes = factors.confirm_app(session, operator.id, data.code[:100])
            service.end_others(session, operator, but=held.id)
    except (CodeRefused, Busy) as refusal:
        shown = _app_shown(operator)
        return again(request, "identity/app.html", refusal, **shown) if shown else Redirect(SECURITY, status_code=303)
    return page("identity/codes.html", realm_of(request), codes=codes, **_CONSOLE)


@post(f"{APP}/remove", sync_to_thread=True)
def remove_app(request: AnyRequest, data: URLEncodedBody[ProofForm]) -> Response[Any]:
    """Take the app out of use; every other session ends."""
    operator, held, refused = _proved(request, data.proof)
    if refused is not None:
        return refused
    with platform_work() as session:
        factors.remove_app(session, operator.id)
        service.end_others(session, operator, but=held.id)
    return Redirect(SECURITY, status_code=303)


@post(f"{SECURITY}/codes", sync_to_thread=True)
def renew_codes(request: AnyRequest, data: URLEncodedBody[ProofForm]) -> Response[Any]:
    """Make new recovery codes, end other sessions, and show the codes once."""
    operator, held, refused = _proved(request, data.proof)
    if refused is not None:
        return refused
    with platform_work() as session:
        service.hold_session(session, held)
        codes = factors.make_codes(session, operator)
        service.end_others(session, operator, but=held.id)
    return page("identity/codes.html", realm_of(request), codes=codes, **_CONSOLE)


def _fresh_session(request: AnyRequest) -> tuple[Operator, OperatorSession]:
    operator, held = session_of(request)
    if not is_fresh(held):
        raise ProofTooOld
    return operator, held


@post(f"{SECURITY}/passkeys/options", sync_to_thread=True, status_code=200)
def creation_options(request: AnyRequest) -> Response[Any]:
    """What a browser is asked that makes a passkey."""
    operator, _ = _fresh_session(request)
    with platform_work() as session:
        return Response(factors.offer_creation(session, operator, site_of(request)))


@post(f"{SECURITY}/passkeys", sync_to_thread=True, status_code=200)
def add_passkey(request: AnyRequest, body: RawBody) -> Response[Any]:
    """Keep a new passkey; every other session ends."""
    operator, held = _fresh_session(request)
    answer = decode(body, request.headers.get("content-type"), PasskeyAnswer)
    with platform_work() as session:
        challenge = factors.take_challenge(session, answer.credential, kind="new", operator_id=operator.id)
    with platform_work() as session:
        service.hold_session(session, held)
        factors.add_passkey(session, operator, site_of(request), challenge, answer.credential)
        service.end_others(session, operator, but=held.id)
    return Response({"next": SECURITY})


@post(f"{SECURITY}/passkeys/{{passkey_id:str}}/remove", sync_to_thread=True)
def remove_passkey(request: AnyRequest, passkey_id: FromPath[str]) -> Redirect:
    """Forget a passkey; every other session ends."""
    operator, held = _fresh_session(request)
    with platform_work() as session:
        factors.remove_passkey(session, operator, ids.parse_uuid(passkey_id))
        service.end_others(session, operator, but=held.id)
    return Redirect(SECURITY, status_code=303)


@post(f"{SECURITY}/sessions/{{session_id:str}}/end", sync_to_thread=True)
def end_session(request: AnyRequest, session_id: FromPath[str]) -> Redirect:
    """End one of the operator's own sessions."""
    operator, _ = session_of(request)
    with platform_work() as session:
        service.end_session(session, operator, ids.parse_uuid(session_id))
    return Redirect(SECURITY, status_code=303)


handlers: list[Any] = [
    security_page, begin_app, app_page, confirm_app, remove_app, renew_codes, creation_options, add_passkey,
    remove_passkey, end_session,
]  # fmt: skip
