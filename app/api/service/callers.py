"""Which program is behind a request, for whom it acts, and what it may do: the one way into REST.

A token is verified once and remembered until something happens at its label, at the longest until it ends: what takes
access away (a client revoked, a member disabled, an authorization withdrawn) is activity, and ends what is remembered
in every process as soon as it is heard of. Nothing is remembered where nobody listens.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.api.errors import ScopeMissing, TokenMissing, TokenRefused
from app.api.models import ApiClient
from app.api.rules import tokens
from app.api.rules.scopes import permissions_of_scopes, split
from app.api.rules.tokens import Claims, TokenBroken
from app.api.service import keys
from app.identity.models import Member
from app.identity.policies import Visitor, permissions_of
from app.identity.rules.scopes import Scope
from app.identity.service import sessions
from app.identity.service.notices import base_address
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant, TenantState
from app.kernel.web.page_cache import pages
from app.kernel.web.realm import tenant_of

API: Final = "/api/v1"
USED_EVERY: Final = timedelta(minutes=5)
"""How often a client's last use is written down."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The program behind a request.

    `visitor` is whom the doors and services of the domain meet: the program's own member, or the person for whom it
    acts, with permissions narrowed to the token's scopes and reach narrowed to the client's imprints and artists.
    """

    visitor: Visitor
    client_id: UUID
    scopes: frozenset[str]
    member_id: UUID | None


@dataclass(frozen=True, slots=True)
class Known:
    """A verified token: who it lets in, and until when."""

    caller: Caller
    claims: Claims


def issuer_of(tenant: Tenant) -> str:
    """The label as the issuer of its tokens: its own origin, by whichever of its hosts it was asked."""
    return base_address(tenant)


def resource_of(tenant: Tenant) -> str:
    """The label's API as the audience of tokens (RFC 8707)."""
    return issuer_of(tenant) + API


def caller_of(request: Any, scope: str | None = None) -> Caller:
    """The program whose token came along, if it has this scope; 401 or 403 with `WWW-Authenticate` otherwise."""
    tenant = tenant_of(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenMissing
    known = known_token(tenant, token.strip())
    if known.claims.cnf is not None:
        raise TokenRefused
    caller = known.caller
    if scope is not None and scope not in caller.scopes:
        raise ScopeMissing(scope)
    return caller


def known_token(tenant: Tenant, token: str) -> Known:
    """What a token opens at this label at this moment; it is verified once and remembered."""
    name = f"api-token:{hashlib.sha256(token.encode(errors='replace')).hexdigest()}"
    known = pages.known(tenant, name, lambda: _verified(tenant, token))
    if known.claims.exp <= clock.now().timestamp():
        raise TokenRefused
    return known


def _verified(tenant: Tenant, token: str) -> Known:
    claims = read_token(tenant, token)
    if claims.aud != resource_of(tenant):
        raise TokenRefused
    with tenant_read(tenant) as session:
        caller, client = _caller(session, tenant, claims)
    _note_use(tenant, client)
    return Known(caller, claims)


def read_token(tenant: Tenant, token: str) -> Claims:
    """What an access token of this label says, whatever it is for; whether it was taken back is not looked at."""
    held = keys.key_set(tenant, head=token.partition(".")[0])
    try:
        claims = tokens.claims_of(token, held.verifiers)
    except TokenBroken:
        raise TokenRefused from None
    if claims.iss != issuer_of(tenant) or claims.exp <= clock.now().timestamp():
        raise TokenRefused
    return claims


def _caller(session: Session, tenant: Tenant, claims: Claims) -> tuple[Caller, ApiClient]:
    """Whom a token lets in, as the label's rows say at this moment."""
    client = session.get(ApiClient, UUID(claims.client_id))
    if client is None or client.revoked_at is not None:
        raise TokenRefused
    is_own = claims.sub == claims.client_id
    member = session.get(Member, client.member_id if is_own else UUID(claims.sub))
    if member is None or member.disabled_at is not None:
        raise TokenRefused
    scopes = split(claims.scope) & frozenset(client.scopes)
    visitor = _visitor(session, tenant, client, member, scopes, claims)
    return Caller(visitor, client.id, scopes, None if is_own else member.id), client


def _visitor(
    session: Session, tenant: Tenant, client: ApiClient, member: Member, scopes: frozenset[str], claims: Claims
) -> Visitor:
    """The member behind a token, with what the token's scopes and the client's narrowing leave of their rights."""
    lent, reach = permissions_of_scopes(scopes), Scope.of(client.imprints, client.artists)
    is_own = member.id == client.member_id
    granted = {} if is_own else sessions.granted_to(session, member)
    proved = claims.iat if is_own else claims.auth_time
    return Visitor(
        member,
        client.id,
        Actor("client", member.id, tenant, client.name, on_behalf_of=None if is_own else member.id),
        permissions_of(member) & lent,
        narrowed(member.scope, reach),
        proved_at=datetime.fromtimestamp(proved, UTC) if proved is not None else None,
        granted={
            artist: opened & lent
            for artist, opened in granted.items()
            if opened & lent and reach.holds(imprint=None, artist=artist)
        },
    )


def narrowed(scope: Scope, by: Scope) -> Scope:
    """What lies within both."""
    return replace(scope, imprints=_both(scope.imprints, by.imprints), artists=_both(scope.artists, by.artists))


def _both(mine: frozenset[str] | None, theirs: frozenset[str] | None) -> frozenset[str] | None:
    return mine if theirs is None else theirs if mine is None else mine & theirs


def _note_use(tenant: Tenant, client: ApiClient) -> None:
    """Write down that a client is in use; not activity: looking is not doing."""
    now = clock.now()
    if tenant.state is not TenantState.ACTIVE or (client.used_at and now - client.used_at < USED_EVERY):
        return
    with tenant_work(tenant) as session:
        held = session.get(ApiClient, client.id)
        if held is not None:
            held.used_at = now
