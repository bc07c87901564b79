"""What a token is, for whom it was made out to, and for nobody else (RFC 7662)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.errors import TokenRefused
from app.api.models import ApiClient, Grant, RefreshToken, RevokedToken
from app.api.rules.scopes import joined, split
from app.api.rules.tokens import Claims, digest
from app.api.service.callers import read_token
from app.api.service.places import issuer_of
from app.identity.models import Member
from app.kernel import clock
from app.kernel.tenant import Tenant

INACTIVE: dict[str, object] = {"active": False}
"""All that is said of a token that is over, of another client, or none at all."""


def introspected(session: Session, tenant: Tenant, client: ApiClient, token: str) -> dict[str, object]:
    """What a token of the client's opens at this moment."""
    held = session.scalar(select(RefreshToken).where(RefreshToken.token_hash == digest(token)))
    if held is not None:
        return _of_refresh(session, tenant, client, held)
    try:
        claims = read_token(tenant, token)
    except TokenRefused:
        return INACTIVE
    if claims.client_id != str(client.id) or not _is_live(session, claims, client):
        return INACTIVE
    said: dict[str, object] = {
        "active": True,
        "token_type": "DPoP" if claims.cnf else "Bearer",
        "iss": claims.iss,
        "sub": claims.sub,
        "aud": claims.aud,
        "client_id": claims.client_id,
        "scope": joined(split(claims.scope) & frozenset(client.scopes)),
        "exp": claims.exp,
        "iat": claims.iat,
        "jti": claims.jti,
    }
    return said | ({"cnf": claims.cnf} if claims.cnf else {})


def _is_live(session: Session, claims: Claims, client: ApiClient) -> bool:
    if session.get(RevokedToken, UUID(claims.jti)) is not None:
        return False
    grant = session.get(Grant, UUID(claims.grant)) if claims.grant else None
    if claims.grant and (grant is None or not grant.is_live(clock.now())):
        return False
    is_own = claims.sub == claims.client_id
    member = session.get(Member, client.member_id if is_own else UUID(claims.sub))
    return member is not None and member.disabled_at is None


def _of_refresh(session: Session, tenant: Tenant, client: ApiClient, held: RefreshToken) -> dict[str, object]:
    grant, now = session.get(Grant, held.grant_id), clock.now()
    is_mine = grant is not None and grant.client_id == client.id and grant.is_live(now)
    if grant is None or not is_mine or held.used_at is not None or now >= held.expires_at:
        return INACTIVE
    return {
        "active": True,
        "iss": issuer_of(tenant),
        "sub": str(grant.member_id),
        "client_id": str(client.id),
        "scope": joined(frozenset(grant.scopes) & frozenset(client.scopes)),
        "exp": int(held.expires_at.timestamp()),
        "iat": int(held.created_at.timestamp()),
    }
