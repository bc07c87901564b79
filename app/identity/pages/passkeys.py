"""The passkey button's side of the talk: options out, an answer in; JSON, because browsers speak WebAuthn in it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect

from app.identity import service
from app.identity.pages.door import PER_ADDRESS, slowed
from app.identity.pages.proof import half_of
from app.identity.pages.visitors import (
    PROOF,
    SECURITY,
    AnyRequest,
    came,
    door_work,
    half_cookie,
    onward,
    session_cookie,
    visitor_of,
)
from app.identity.policies import passkey_to_change
from app.identity.rules.webauthn import Site
from app.identity.schemas import PasskeyAnswer
from app.identity.service import entry, passkeys, sessions
from app.kernel import ids, limits
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.redirects import safe_path
from app.kernel.web.strict import decode

DOOR = "/portal/sign-in/passkey"
STEP = "/portal/sign-in/second-factor/passkey"
MINE = "/portal/settings/security/passkeys"
OWN = {"unready": True, "in_person": True, "recent": True}


def site_of(request: AnyRequest) -> Site:
    """The host that was asked, which the gate knows as one of the label's own, and its pages' origin."""
    realm = realm_of(request)
    return Site(rp_id=realm.host, origin=realm.origin, name=tenant_of(request).name)


def _answer(request: AnyRequest, body: bytes) -> PasskeyAnswer:
    return decode(body, request.headers.get("content-type"), PasskeyAnswer)


def _options(request: AnyRequest, kind: str, member_id: UUID | None) -> Response[Any]:
    tenant = tenant_of(request)
    limits.hit(tenant, f"sign-in-from:{realm_of(request).client}", PER_ADDRESS)
    with door_work(tenant) as session:
        return Response(passkeys.offer_use(session, site_of(request), kind=kind, member_id=member_id))


def _taken(request: AnyRequest, answer: PasskeyAnswer, kind: str, member_id: UUID | None) -> bytes:
    """Use the challenge up in a transaction of its own: a refused answer has no second try."""
    with door_work(tenant_of(request)) as session:
        return passkeys.take_challenge(session, answer.credential, kind=kind, member_id=member_id)


@post(f"{DOOR}/options", sync_to_thread=True, status_code=200)
def door_options(request: AnyRequest) -> Response[Any]:
    """What a browser is asked at the door."""
    return _options(request, "passkey.in", None)


@post(DOOR, sync_to_thread=True, status_code=200)
def sign_in(request: AnyRequest, body: RawBody) -> Response[Any]:
    """Let a member in by passkey, which is two factors in one."""
    tenant, answer = tenant_of(request), _answer(request, body)
    with slowed(tenant, address=realm_of(request).client):
        challenge = _taken(request, answer, "passkey.in", None)
        with door_work(tenant) as session:
            member = passkeys.member_of_passkey(session, site_of(request), challenge, answer.credential)
            token = service.come_in(session, tenant, member, came(request, "passkey"), is_whole=True)
            wanted = onward(answer.next, member)
    return Response({"next": wanted}, cookies=[session_cookie(token), half_cookie("")])


@post(f"{STEP}/options", sync_to_thread=True, status_code=200)
def step_options(request: AnyRequest) -> Response[Any]:
    """What the browser of half a session is asked."""
    return _options(request, "passkey.step", half_of(request).member.id)


@post(STEP, sync_to_thread=True, status_code=200)
def second_step(request: AnyRequest, body: RawBody) -> Response[Any]:
    """Make half a session whole by a passkey of its member."""
    half, tenant, answer = half_of(request), tenant_of(request), _answer(request, body)
    member_id = half.member.id
    with slowed(tenant, account=f"factor:{member_id}", address=realm_of(request).client):
        challenge = _taken(request, answer, "passkey.step", member_id)
        with door_work(tenant) as session:
            passkeys.member_of_passkey(session, site_of(request), challenge, answer.credential, member_id=member_id)
            token = entry.finish_half(session, tenant, half, came(request, f"{half.held.method}+passkey"))
    return Response({"next": onward(answer.next, half.member)}, cookies=[session_cookie(token), half_cookie("")])


@post(f"{PROOF}/passkey/options", sync_to_thread=True, status_code=200, opt={"unready": True, "in_person": True})
def proof_options(request: AnyRequest) -> Response[Any]:
    """What the browser of a member is asked who proves again who they are."""
    return _options(request, "passkey.proof", visitor_of(request).member.id)


@post(f"{PROOF}/passkey", sync_to_thread=True, status_code=200, opt={"unready": True, "in_person": True})
def prove(request: AnyRequest, body: RawBody) -> Response[Any]:
    """Take a passkey as the proof, and renew the session."""
    visitor, tenant, answer = visitor_of(request), tenant_of(request), _answer(request, body)
    member_id = visitor.member.id
    with slowed(tenant, account=f"factor:{member_id}", address=realm_of(request).client):
        challenge = _taken(request, answer, "passkey.proof", member_id)
        with door_work(tenant) as session:
            passkeys.member_of_passkey(session, site_of(request), challenge, answer.credential, member_id=member_id)
            token = sessions.renew(session, visitor, came(request, "proof"))
    return Response({"next": safe_path(answer.next, SECURITY)}, cookies=[session_cookie(token)])


@post(f"{MINE}/options", sync_to_thread=True, status_code=200, opt=OWN)
def creation_options(request: AnyRequest) -> Response[Any]:
    """What a browser is asked that makes a passkey."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with door_work(tenant) as session:
        return Response(passkeys.offer_creation(session, visitor.member, site_of(request)))


@post(MINE, sync_to_thread=True, status_code=200, opt=OWN)
def add_passkey(request: AnyRequest, body: RawBody) -> Response[Any]:
    """Keep a new passkey; every other session ends."""
    visitor, tenant, answer = visitor_of(request), tenant_of(request), _answer(request, body)
    challenge = _taken(request, answer, "passkey.new", visitor.member.id)
    with door_work(tenant) as session:
        sessions.hold(session, visitor)
        passkeys.add_passkey(session, tenant, visitor, site_of(request), challenge, answer.credential, answer.name)
        sessions.end_all(session, visitor.member.id, but=visitor.session_id)
    return Response({"next": SECURITY})


@post(f"{MINE}/{{passkey_id:str}}/remove", sync_to_thread=True, opt=OWN)
def remove_passkey(request: AnyRequest, passkey_id: FromPath[str]) -> Redirect:
    """Forget a passkey; every other session ends."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with door_work(tenant) as session:
        key = passkey_to_change(session, visitor, ids.parse_uuid(passkey_id))
        passkeys.remove_passkey(session, tenant, visitor, key)
        sessions.end_all(session, visitor.member.id, but=visitor.session_id)
    return Redirect(SECURITY, status_code=303)


handlers: list[Any] = [
    door_options, sign_in, step_options, second_step, proof_options, prove, creation_options, add_passkey,
    remove_passkey,
]  # fmt: skip
