"""Codes, refresh tokens and device codes exchanged for tokens, each once.

What ends a family must be kept although the request is refused: these functions give back None for that, and the
endpoint refuses after the transaction has been committed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.api.errors import GrantRefused, OAuthRefused, ScopeRefused
from app.api.models import ApiClient, Code, DeviceCode, Grant, RefreshToken
from app.api.rules import tokens
from app.api.rules.requests import answers_challenge
from app.api.rules.scopes import OPENID, split
from app.api.rules.tokens import ID_TYPE, digest, half_digest
from app.api.rules.wishes import BY_CODE, BY_DEVICE, BY_REFRESH
from app.api.service import ending, issuing, keys
from app.api.service.places import issuer_of
from app.identity.models import Member
from app.kernel import clock, ids
from app.kernel.tenant import Tenant

REFRESH_LIFE: Final = timedelta(days=30)
GRACE: Final = timedelta(seconds=10)
"""So long after its use a refresh token is exchanged once more: the answer may have been lost on the way."""

Answer = dict[str, object]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request at the token endpoint: whose, with which fields, and by which key of the client's."""

    tenant: Tenant
    client: ApiClient
    form: dict[str, str]
    jkt: str | None = None


def code(session: Session, exchange: Exchange) -> Answer | None:
    """Exchange a code (RFC 6749 §4.1.3); a second time ends what the first one gave."""
    issuing.check_grant_type(exchange.client, BY_CODE)
    query = select(Code).where(Code.code_hash == digest(exchange.form.get("code", ""))).with_for_update()
    held = session.scalar(query)
    grant = session.get(Grant, held.grant_id, with_for_update=True) if held else None
    if held is None or grant is None or grant.client_id != exchange.client.id:
        raise GrantRefused
    if held.used_at is not None:
        ending.end_grant(session, exchange.tenant, exchange.client, grant, "code_replayed")
        return None
    now = clock.now()
    is_fitting = held.redirect_uri == exchange.form.get("redirect_uri", held.redirect_uri)
    if now >= held.expires_at or not grant.is_live(now) or not is_fitting or held.jkt not in (None, exchange.jkt):
        raise GrantRefused
    if not answers_challenge(exchange.form.get("code_verifier", ""), held.challenge):
        raise GrantRefused
    held.used_at = now
    return _tokens(session, exchange, grant, is_first=True, nonce=held.nonce)


def refresh(session: Session, exchange: Exchange) -> Answer | None:
    """Exchange a refresh token for the next; one that was used long ago ends the whole family."""
    issuing.check_grant_type(exchange.client, BY_REFRESH)
    hashed = digest(exchange.form.get("refresh_token", ""))
    grant_id = session.scalar(select(RefreshToken.grant_id).where(RefreshToken.token_hash == hashed))
    grant = session.get(Grant, grant_id, with_for_update=True) if grant_id else None
    if grant is None or grant.client_id != exchange.client.id or grant.jkt not in (None, exchange.jkt):
        raise GrantRefused
    query = select(RefreshToken).where(RefreshToken.token_hash == hashed)
    held, now = session.scalars(query.execution_options(populate_existing=True)).one(), clock.now()
    if not grant.is_live(now) or now >= held.expires_at:
        raise GrantRefused
    if held.used_at is not None and not held.is_repeated_soon(now, GRACE):
        ending.end_grant(session, exchange.tenant, exchange.client, grant, "refresh_replayed")
        return None
    if held.used_at is not None:
        # Whoever asks again has no other token of this family; should somebody else have one, using it ends all.
        others = (RefreshToken.grant_id == grant.id) & RefreshToken.used_at.is_(None)
        session.execute(update(RefreshToken).where(others).values(used_at=now, is_replaced=True))
    held.used_at = held.used_at or now
    return _tokens(session, exchange, grant, scopes=_fewer(grant, exchange.form.get("scope", "")))


def device(session: Session, exchange: Exchange) -> Answer | None:
    """Exchange a device code once somebody has allowed it; until then say to wait (RFC 8628 §3.5)."""
    issuing.check_grant_type(exchange.client, BY_DEVICE)
    query = select(DeviceCode).where(DeviceCode.device_hash == digest(exchange.form.get("device_code", "")))
    held, now = session.scalar(query.with_for_update()), clock.now()
    if held is None or held.client_id != exchange.client.id or held.state == "used":
        raise GrantRefused
    if now >= held.expires_at:
        raise OAuthRefused.told("expired_token")
    if held.state == "denied":
        raise OAuthRefused.told("access_denied")
    if held.state == "waiting":
        return {"error": "authorization_pending" if held.poll(now) else "slow_down"}
    grant = session.get(Grant, held.grant_id, with_for_update=True) if held.grant_id else None
    if grant is None or not grant.is_live(now):
        raise GrantRefused
    held.state = "used"
    return _tokens(session, exchange, grant, is_first=True)


def _fewer(grant: Grant, asked: str) -> frozenset[str]:
    """The scopes of a refreshed token: those of the grant, or fewer, and never one more (RFC 6749 §6)."""
    held = frozenset(grant.scopes)
    wanted = split(asked) or held
    if not wanted <= held:
        raise ScopeRefused
    return wanted


def _tokens(
    session: Session,
    exchange: Exchange,
    grant: Grant,
    *,
    scopes: frozenset[str] | None = None,
    is_first: bool = False,
    nonce: str | None = None,
) -> Answer:
    """An access token, the next refresh token where the client gets any, and an id token where one was asked for."""
    member = session.get(Member, grant.member_id)
    if member is None or member.disabled_at is not None:
        raise GrantRefused
    issuing.check_resource(exchange.tenant, exchange.form.get("resource", "").split())
    wanted = frozenset(grant.scopes) if scopes is None else scopes
    if is_first and exchange.client.is_public:
        grant.jkt = exchange.jkt  # a client without a secret binds the whole family to its key (RFC 9449 §5)
    auth_time = int(grant.auth_time.timestamp())
    token = issuing.access_token(
        exchange.tenant,
        exchange.client,
        sub=grant.member_id,
        scopes=wanted,
        resource=grant.resource,
        jkt=exchange.jkt,
        grant=grant.id,
        auth_time=auth_time,
    )
    given = issuing.answer(token, wanted, exchange.jkt)
    if BY_REFRESH in exchange.client.grant_types:
        given["refresh_token"] = _next_refresh(session, grant)
    if OPENID in wanted:
        given["id_token"] = _id_token(exchange, grant, token, nonce)
    return given


def _next_refresh(session: Session, grant: Grant) -> str:
    token, now = ids.new_token(), clock.now()
    session.add(
        RefreshToken(
            id=ids.new_id(),
            grant_id=grant.id,
            token_hash=digest(token),
            created_at=now,
            expires_at=min(now + REFRESH_LIFE, grant.expires_at),
        )
    )
    session.flush()
    return token


def _id_token(exchange: Exchange, grant: Grant, access_token: str, nonce: str | None) -> str:
    """Who the person is, to the client alone (OpenID Connect Core §2)."""
    now = int(clock.now().timestamp())
    claims: dict[str, object] = {
        "iss": issuer_of(exchange.tenant),
        "sub": str(grant.member_id),
        "aud": str(exchange.client.id),
        "exp": now + int(tokens.ACCESS_LIFE.total_seconds()),
        "iat": now,
        "auth_time": int(grant.auth_time.timestamp()),
        "at_hash": half_digest(access_token),
    }
    if nonce is not None:
        claims["nonce"] = nonce
    return keys.signer_of(exchange.tenant).signed(claims, ID_TYPE)
