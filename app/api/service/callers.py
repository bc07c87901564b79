"""Which program is behind a request, for whom it acts, and what it may do: the one way into REST.

A token is verified once and remembered until something happens at its label, at the longest until it ends: what takes
access away (a client revoked, a member disabled, an authorization withdrawn) is activity, and ends what is remembered
in every process as soon as it is heard of. Nothing is remembered where nobody listens.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, null, select
from sqlalchemy.orm import Session

from app.api.errors import PossessionRefused, ScopeMissing, TokenMissing, TokenRefused
from app.api.models import ApiClient, Grant, RevokedToken
from app.api.rules import tokens
from app.api.rules.scopes import permissions_of_scopes, split
from app.api.rules.tokens import Claims, TokenBroken
from app.api.service import keys, possession
from app.api.service.places import issuer_of, resource_of
from app.identity.models import Member
from app.identity.policies import Visitor, permissions_of
from app.identity.rules.grants import Granted
from app.identity.rules.scopes import Scope
from app.identity.service import sessions
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant, TenantState
from app.kernel.web.page_cache import pages
from app.kernel.web.realm import realm_of, tenant_of

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


class Asked(Protocol):
    """Who asked for something that is done later: a program, for itself or for a person, under what its token held."""

    @property
    def client_id(self) -> UUID:
        """The program."""

    @property
    def member_id(self) -> UUID | None:
        """For whom."""

    @property
    def scopes(self) -> list[str]:
        """What the token held."""


def caller_of(request: Any, scope: str | None = None) -> Caller:
    """The program whose token came along, if it has this scope; 401 or 403 with `WWW-Authenticate` otherwise."""
    tenant = tenant_of(request)
    known = known_token(tenant, token_of(request))
    check_possession(request, known.claims)
    if scope is not None:
        require_scope(known.caller, scope)
    return known.caller


def require_scope(caller: Caller, scope: str) -> None:
    """Refuse a program whose token lacks this scope."""
    if scope not in caller.scopes:
        raise ScopeMissing(scope)


def token_of(request: Any) -> str:
    """The access token that came in the one place where tokens are taken (RFC 6750 §2.1)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() not in ("bearer", "dpop") or not token.strip():
        raise TokenMissing
    return str(token.strip())


def check_possession(request: Any, claims: Claims) -> None:
    """Refuse a token that is bound to a key, unless the request proves to hold it (RFC 9449 §7.1)."""
    is_dpop = request.headers.get("authorization", "")[:5].lower() == "dpop "
    if claims.cnf is None:
        if is_dpop:
            raise TokenRefused
        return
    given = request.headers.getall("dpop", [])
    url = realm_of(request).origin + request.url.path
    try:
        key = possession.shown_key(tenant_of(request), given, method=request.method, url=url, token=token_of(request))
    except TokenBroken:
        raise PossessionRefused from None
    if not is_dpop or key is None or key != claims.cnf.get("jkt"):
        raise PossessionRefused


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
    is_own = claims.sub == claims.client_id
    found = session.execute(_rows(claims, is_own=is_own), {"granted_at": clock.now()}).one_or_none()
    if found is None:
        raise TokenRefused
    client, member, grant, grants = found
    if claims.grant is not None and (grant is None or not grant.is_live(clock.now())):
        raise TokenRefused
    scopes = split(claims.scope) & frozenset(client.scopes)
    granted = {} if is_own else sessions.granted_by(grants)
    visitor = _visitor(tenant, client, member, scopes, granted, claims)
    return Caller(visitor, client.id, scopes, None if is_own else member.id), client


def _rows(claims: Claims, *, is_own: bool) -> Select[Any]:
    """All that decides about a token, in one question: none of it, where the client or its member is let in no more."""
    member_id = ApiClient.member_id if is_own else UUID(claims.sub)
    is_revoked = exists().where(RevokedToken.jti == UUID(claims.jti))
    return (
        select(ApiClient, Member, Grant, null() if is_own else sessions.granted_sql())
        .select_from(ApiClient)
        .join(Member, Member.id == member_id)
        .outerjoin(Grant, Grant.id == (UUID(claims.grant) if claims.grant else None))
        .where(ApiClient.id == UUID(claims.client_id), ApiClient.revoked_at.is_(None), ~is_revoked)
        .where(Member.disabled_at.is_(None))
    )


def recalled(session: Session, tenant: Tenant, asked: Asked) -> Caller:
    """Who asked for something that is done later, as the label's rows say now; `TokenRefused` where access ended."""
    client = session.get(ApiClient, asked.client_id)
    member = session.get(Member, asked.member_id or client.member_id) if client is not None else None
    if client is None or client.revoked_at is not None or member is None or member.disabled_at is not None:
        raise TokenRefused
    scopes = frozenset(asked.scopes) & frozenset(client.scopes)
    if asked.member_id is not None:
        mine = (Grant.client_id == client.id) & (Grant.member_id == member.id)
        live = [grant for grant in session.scalars(select(Grant).where(mine)) if grant.is_live(clock.now())]
        if not live:
            raise TokenRefused
        scopes &= frozenset(scope for grant in live for scope in grant.scopes)
    claims = Claims("", str(asked.member_id or client.id), "", str(client.id), 0, 0, "", "")
    granted = sessions.granted_to(session, member) if asked.member_id is not None else {}
    visitor = replace(_visitor(tenant, client, member, scopes, granted, claims), proved_at=None)
    return Caller(visitor, client.id, scopes, asked.member_id)


def of_caller(caller: Caller, kind: Any) -> ColumnElement[bool]:
    """The condition that what was asked for, a job or an export, is the caller's own."""
    whose = kind.member_id == caller.member_id if caller.member_id else kind.member_id.is_(None)
    mine: ColumnElement[bool] = (kind.client_id == caller.client_id) & whose
    return mine


def _visitor(
    tenant: Tenant, client: ApiClient, member: Member, scopes: frozenset[str], granted: Granted, claims: Claims
) -> Visitor:
    """The member behind a token, with what the token's scopes and the client's narrowing leave of their rights."""
    lent, reach = permissions_of_scopes(scopes), Scope.of(client.imprints, client.artists)
    is_own = member.id == client.member_id
    proved = claims.iat if is_own else claims.auth_time
    return Visitor(
        member,
        client.id,
        Actor(
            "client", member.id, tenant, client.name, on_behalf_of=None if is_own else member.id, client_id=client.id
        ),
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
