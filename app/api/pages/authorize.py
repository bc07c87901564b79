"""Where a browser brings a question for consent, and where its person answers it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.api.errors import OAuthRefused, RequestOver
from app.api.models import ApiClient, AuthorizationRequest
from app.api.pages.machines import AnyRequest, fields_of
from app.api.rules.redirects import form_target, with_answer
from app.api.rules.requests import Asked
from app.api.rules.scopes import sentences_of
from app.api.service import authorizing
from app.api.service.places import issuer_of
from app.identity.errors import ProofTooOld
from app.identity.pages import SignedOut, visitor_of
from app.identity.policies import Visitor
from app.kernel import clock, limits
from app.kernel.db import tenant_work
from app.kernel.tenant import READ_ONLY, Tenant
from app.kernel.web.headers import content_policy
from app.kernel.web.pages import page, told
from app.kernel.web.realm import realm_of, tenant_of

CONSENT = "/oauth/consent"
PER_ADDRESS = "120/5minutes"


class ConsentForm(msgspec.Struct, forbid_unknown_fields=True):
    """What a person decides."""

    decision: str


def answered(tenant: Tenant, redirect_uri: str, state: str | None, **answer: str) -> str:
    """The address that carries an answer back, with whose answer it is (RFC 9207)."""
    said = {**answer, **({"state": state} if state is not None else {}), "iss": issuer_of(tenant)}
    return with_answer(redirect_uri, said)


@get("/oauth/authorize", sync_to_thread=True)
def authorize(request: AnyRequest) -> Response[Any]:
    """Take a question for consent (RFC 6749 §4.1.1); one that is not in order goes back with why, or nowhere at all."""
    tenant = tenant_of(request)
    limits.hit(tenant, f"authorize-from:{realm_of(request).client}", PER_ADDRESS)
    fields, visitor = fields_of(request.url.query), _visitor(request)
    with tenant_work(tenant, even=READ_ONLY) as session:
        client = authorizing.client_named(session, fields.get("client_id", ""))
        if "request_uri" in fields:
            pushed = authorizing.take_pushed(session, client, fields["request_uri"])
            return _answer(tenant, session, visitor, client, pushed)
        redirect_uri = authorizing.redirect_of(client, fields.get("redirect_uri"))
        try:
            asked = _asked(tenant, client, fields, redirect_uri)
        except OAuthRefused as refusal:
            back = answered(tenant, redirect_uri, fields.get("state"), error=refusal.code)
            return _back(back)
        return _answer(tenant, session, visitor, client, asked)


def _asked(tenant: Tenant, client: ApiClient, fields: Mapping[str, str], redirect_uri: str) -> Asked:
    if client.needs_par:
        raise OAuthRefused
    return authorizing.checked(tenant, client, fields, redirect_uri)


def _answer(
    tenant: Tenant, session: Session, visitor: Visitor | None, client: ApiClient, asked: Asked
) -> Response[Any]:
    """Answer at once what was answered before; else lead to the page that asks."""
    if visitor is not None and not _missing(session, visitor, client, asked, asked_at=clock.now()):
        code = authorizing.code_for(session, visitor, client, asked, _auth_time(visitor))
        return _back(answered(tenant, asked.redirect_uri, asked.state, code=code))
    if "none" in asked.prompt:
        error = "login_required"
        if visitor is not None:
            error = _missing(session, visitor, client, asked, asked_at=clock.now()) or error
        return _back(answered(tenant, asked.redirect_uri, asked.state, error=error))
    token = authorizing.keep(session, client, asked, is_pushed=False)
    return Redirect(f"{CONSENT}/{token}", status_code=303)


def _visitor(request: AnyRequest) -> Visitor | None:
    """Whoever is signed in here in person and may go anywhere; the page that asks leads all others to the door."""
    try:
        visitor = visitor_of(request)
    except SignedOut:
        return None
    return visitor if visitor.acting is None else None


def _auth_time(visitor: Visitor) -> datetime:
    return visitor.proved_at or clock.now()


def _missing(session: Session, visitor: Visitor, client: ApiClient, asked: Asked, *, asked_at: datetime) -> str | None:
    """What has to happen before the answer can be yes, in the protocol's word; None where nothing has to."""
    if _must_prove(visitor, asked, asked_at):
        return "login_required"
    if "consent" in asked.prompt or not authorizing.is_remembered(session, visitor.member.id, client, asked):
        return "consent_required"
    return None


def _must_prove(visitor: Visitor, asked: Asked, asked_at: datetime) -> bool:
    """Tell whether the program wants its person to prove again who they are (OpenID Connect Core §3.1.2.1)."""
    if "login" in asked.prompt and (visitor.proved_at is None or visitor.proved_at < asked_at):
        return True
    if asked.max_age is None:
        return False
    return visitor.proved_at is None or clock.now() - visitor.proved_at > timedelta(seconds=asked.max_age)


@get(f"{CONSENT}/{{token:str}}", sync_to_thread=True, opt={"in_person": True})
def consent_page(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """Ask the person, after they have come in."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant, even=READ_ONLY) as session:
        held, asked = authorizing.kept(session, token, for_change=True)
        client = _client(session, held)
        if _must_prove(visitor, asked, held.created_at):
            raise ProofTooOld
        if _missing(session, visitor, client, asked, asked_at=held.created_at) is None:
            held.used_at = clock.now()
            code = authorizing.code_for(session, visitor, client, asked, _auth_time(visitor))
            return _onward(request, client, answered(tenant, asked.redirect_uri, asked.state, code=code))
    return _page(request, "api/consent.html", asked.redirect_uri, **_shown(request, visitor, client, asked, token))


def _shown(request: AnyRequest, visitor: Visitor, client: ApiClient, asked: Asked, token: str) -> dict[str, Any]:
    realm = realm_of(request)
    return {
        "program": client.name,
        "person": visitor.member,
        "sentences": [told(realm, text) for text in sentences_of(asked.scopes)],
        "imprints": client.imprints,
        "artists": client.artists,
        "leads_to": form_target(asked.redirect_uri),
        "action": f"{CONSENT}/{token}",
    }


@post(f"{CONSENT}/{{token:str}}", sync_to_thread=True, opt={"in_person": True})
def decide(request: AnyRequest, token: FromPath[str], data: URLEncodedBody[ConsentForm]) -> Response[Any]:
    """Take the person's answer back to the program."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant, even=READ_ONLY) as session:
        held, asked = authorizing.kept(session, token, for_change=True)
        client = _client(session, held)
        if _must_prove(visitor, asked, held.created_at):
            raise ProofTooOld
        held.used_at = clock.now()
        if data.decision != "allow":
            return _back(answered(tenant, asked.redirect_uri, asked.state, error="access_denied"))
        authorizing.allow(session, visitor, client, asked.wanted, asked.resource)
        code = authorizing.code_for(session, visitor, client, asked, _auth_time(visitor))
        return _back(answered(tenant, asked.redirect_uri, asked.state, code=code))


def _client(session: Session, held: AuthorizationRequest) -> ApiClient:
    client = session.get(ApiClient, held.client_id)
    if client is None or client.revoked_at is not None:
        raise RequestOver
    return client


def _back(address: str) -> Redirect:
    """Lead the browser back, telling the program's site nothing but the answer."""
    headers = {"referrer-policy": "no-referrer", "cache-control": "no-store"}
    return Redirect(address, status_code=303, headers=headers)


def _onward(request: AnyRequest, client: ApiClient, address: str) -> Response[Any]:
    """Go back by a page: browsers hold a redirect at the end of a sign-in against where its form may lead."""
    return _page(request, "api/onward.html", address, program=client.name, address=address)


def _page(request: AnyRequest, template: str, address_after: str, **values: Any) -> Response[Any]:
    """A page whose form may end at the program, and at no other site."""
    realm = realm_of(request)
    response = page(template, realm, **values)
    policy = content_policy(realm.nonce).decode()
    response.headers["content-security-policy"] = policy.replace(
        "form-action 'self'", f"form-action 'self' {form_target(address_after)}"
    )
    response.headers["referrer-policy"] = "same-origin"
    return response


handlers: list[Any] = [authorize, consent_page, decide]
