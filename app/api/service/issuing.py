"""Tokens: what a client that proved itself is given."""

from __future__ import annotations

from uuid import UUID

from app.api.errors import GrantTypeRefused, ResourceRefused, ScopeRefused
from app.api.models import ApiClient
from app.api.rules import tokens
from app.api.rules.scopes import SCOPES, joined, split, unknown, without_people
from app.api.rules.tokens import Claims
from app.api.rules.wishes import BY_ITSELF
from app.api.service import keys
from app.api.service.places import issuer_of, resource_of
from app.kernel import clock, ids
from app.kernel.tenant import Tenant


def may_have(client: ApiClient, asked: str) -> frozenset[str]:
    """The scopes that a client asks for; where it names none, all it was given. More than that is refused."""
    wanted = split(asked) or frozenset(client.scopes)
    if unknown(wanted) or not wanted <= frozenset(client.scopes):
        raise ScopeRefused
    return wanted


def check_resource(tenant: Tenant, asked: list[str]) -> str:
    """The audience of a token: the label's API, by default and by name; nothing else is here (RFC 8707)."""
    here = resource_of(tenant)
    if any(name.rstrip("/") not in (here, issuer_of(tenant)) for name in asked):
        raise ResourceRefused
    return here


def check_grant_type(client: ApiClient, grant_type: str) -> None:
    """Refuse a way in that the client was not made for."""
    if grant_type not in client.grant_types:
        raise GrantTypeRefused


def for_itself(
    tenant: Tenant, client: ApiClient, asked: str, resource: str, thumbprint: str | None
) -> dict[str, object]:
    """The answer to client credentials: an access token, and never a refresh token (RFC 6749 §4.4.3)."""
    check_grant_type(client, BY_ITSELF)
    wanted = split(asked) or without_people(client.scopes)
    if not wanted or not wanted <= without_people(client.scopes):
        raise ScopeRefused
    return answer(
        access_token(tenant, client, sub=client.id, scopes=wanted & SCOPES.keys(), resource=resource, jkt=thumbprint),
        wanted,
        thumbprint,
    )


def access_token(
    tenant: Tenant,
    client: ApiClient,
    *,
    sub: UUID,
    scopes: frozenset[str],
    resource: str,
    jkt: str | None = None,
    grant: UUID | None = None,
    auth_time: int | None = None,
) -> str:
    """A signed access token (RFC 9068)."""
    now = int(clock.now().timestamp())
    claims = Claims(
        iss=issuer_of(tenant),
        sub=str(sub),
        aud=resource,
        client_id=str(client.id),
        exp=now + int(tokens.ACCESS_LIFE.total_seconds()),
        iat=now,
        jti=str(ids.new_id()),
        scope=joined(scopes),
        auth_time=auth_time,
        grant=str(grant) if grant else None,
        cnf={"jkt": jkt} if jkt else None,
    )
    return keys.signer_of(tenant).signed(claims)


def answer(token: str, scopes: frozenset[str], thumbprint: str | None) -> dict[str, object]:
    """An access token as the token endpoint hands it out (RFC 6749 §5.1)."""
    return {
        "access_token": token,
        "token_type": "DPoP" if thumbprint else "Bearer",
        "expires_in": int(tokens.ACCESS_LIFE.total_seconds()),
        "scope": joined(scopes),
    }
