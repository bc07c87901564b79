"""A person's consent: the question found in order and kept, the answer remembered, and the code that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.errors import OAuthRefused, RedirectRefused, RequestOver
from app.api.models import ApiClient, AuthorizationRequest, Code, Consent, Grant
from app.api.rules import redirects, requests
from app.api.rules.requests import KNOWN, Asked
from app.api.rules.scopes import joined
from app.api.rules.tokens import digest
from app.api.rules.wishes import BY_CODE
from app.api.service import issuing
from app.identity.policies import Visitor
from app.kernel import activity, clock, ids
from app.kernel.tenant import Tenant

PUSHED_LIFE = timedelta(seconds=90)
REQUEST_LIFE = timedelta(minutes=30)
"""So long somebody may take to sign in and to think it over."""

CODE_LIFE = timedelta(seconds=60)
GRANT_LIFE = timedelta(days=365)
PUSHED = "urn:ietf:params:oauth:request_uri:"


def client_named(session: Session, client_id: str) -> ApiClient:
    """The client that a browser was sent by, if people may be sent back to it at all."""
    known = ids.parse_uuid(client_id)
    client = session.get(ApiClient, known) if known else None
    if client is None or client.revoked_at is not None or BY_CODE not in client.grant_types:
        raise RedirectRefused
    return client


def redirect_of(client: ApiClient, asked: str | None) -> str:
    """Where the answer goes: a registered address, letter for letter; one alone need not be named."""
    if asked is None and len(client.redirect_uris) == 1:
        return client.redirect_uris[0]
    found = redirects.matching(asked or "", client.redirect_uris)
    if found is None:
        raise RedirectRefused
    return found


def checked(
    tenant: Tenant, client: ApiClient, fields: Mapping[str, str], redirect_uri: str, *, jkt: str | None = None
) -> Asked:
    """A question for consent that is in order; `OAuthRefused` says in the protocol's words why it is not."""
    given = {name: fields[name] for name in fields if name in KNOWN or name == "request"}
    if (code := requests.trouble(given)) is not None:
        raise OAuthRefused.told(code)
    named = given.get("dpop_jkt")
    if named is not None and jkt is not None and named != jkt:
        raise OAuthRefused.told("invalid_dpop_proof")
    scopes = issuing.may_have(client, given.get("scope", ""))
    resource = issuing.check_resource(tenant, given.get("resource", "").split())
    return requests.asked_from(given, redirect_uri, scopes, resource, named or jkt)


def keep(session: Session, client: ApiClient, asked: Asked, *, is_pushed: bool) -> str:
    """Keep a question until it is answered; give the secret under which it is found."""
    token, now = ids.new_token(), clock.now()
    session.add(
        AuthorizationRequest(
            id=ids.new_id(),
            client_id=client.id,
            token_hash=digest(token),
            fields=msgspec.to_builtins(asked),
            is_pushed=is_pushed,
            created_at=now,
            expires_at=now + (PUSHED_LIFE if is_pushed else REQUEST_LIFE),
        )
    )
    session.flush()
    return token


def kept(session: Session, token: str, *, for_change: bool = False) -> tuple[AuthorizationRequest, Asked]:
    """A question that waits for its answer."""
    query = select(AuthorizationRequest).where(AuthorizationRequest.token_hash == digest(token))
    found = session.scalar(query.with_for_update() if for_change else query)
    if found is None or not found.is_open(clock.now()):
        raise RequestOver
    return found, msgspec.convert(found.fields, Asked)


def take_pushed(session: Session, client: ApiClient, request_uri: str) -> Asked:
    """The question that a client pushed, once (RFC 9126 §4)."""
    if not request_uri.startswith(PUSHED):
        raise OAuthRefused.told("request_uri_not_supported")
    try:
        found, asked = kept(session, request_uri.removeprefix(PUSHED), for_change=True)
    except RequestOver:
        raise OAuthRefused.told("invalid_request_uri") from None
    if found.client_id != client.id or not found.is_pushed:
        raise OAuthRefused.told("invalid_request_uri")
    found.used_at = clock.now()
    return asked


def is_remembered(session: Session, member_id: UUID, client: ApiClient, asked: Asked) -> bool:
    """Tell whether a person allowed all of this before and need not be asked again.

    An app on a person's own machine proves nothing of itself and others may claim its address, so it is always asked
    for (RFC 8252 §8.6).
    """
    if client.is_public and not asked.redirect_uri.startswith("https://"):
        return False
    held = _consent(session, member_id, client.id, asked.resource)
    return held is not None and held.covers(asked.wanted)


def allow(session: Session, visitor: Visitor, client: ApiClient, scopes: frozenset[str], resource: str) -> None:
    """Remember that a person allowed a program this."""
    held = _consent(session, visitor.member.id, client.id, resource)
    if held is not None and held.covers(scopes):
        return
    if held is None:
        held = Consent(id=ids.new_id(), client_id=client.id, member_id=visitor.member.id, resource=resource, scopes=[])
        session.add(held)
    held.give(scopes, clock.now())
    session.flush()
    after = {"program": client.name, "scopes": joined(scopes).split()}
    activity.record(
        session, visitor.actor, "api.consent_given", subject_type="api_client", subject_id=client.id, after=after
    )


def granted(
    session: Session,
    visitor: Visitor,
    client: ApiClient,
    *,
    scopes: frozenset[str],
    resource: str,
    auth_time: datetime,
) -> Grant:
    """A new authorization of a program by a person."""
    now = clock.now()
    grant = Grant(
        id=ids.new_id(),
        client_id=client.id,
        member_id=visitor.member.id,
        scopes=joined(scopes).split(),
        resource=resource,
        auth_time=auth_time,
        created_at=now,
        expires_at=now + GRANT_LIFE,
    )
    session.add(grant)
    session.flush()
    return grant


def code_for(session: Session, visitor: Visitor, client: ApiClient, asked: Asked, auth_time: datetime) -> str:
    """The code that a browser carries back."""
    grant = granted(session, visitor, client, scopes=asked.wanted, resource=asked.resource, auth_time=auth_time)
    code = ids.new_token()
    session.add(
        Code(
            id=ids.new_id(),
            grant_id=grant.id,
            code_hash=digest(code),
            redirect_uri=asked.redirect_uri,
            challenge=asked.challenge,
            nonce=asked.nonce,
            jkt=asked.jkt,
            expires_at=clock.now() + CODE_LIFE,
        )
    )
    session.flush()
    return code


def _consent(session: Session, member_id: UUID, client_id: UUID, resource: str) -> Consent | None:
    query = select(Consent).where(
        Consent.member_id == member_id, Consent.client_id == client_id, Consent.resource == resource
    )
    return session.scalar(query.with_for_update())
