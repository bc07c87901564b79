"""OpenID Connect Core 1.0 without a network: what is asked of a provider, and whether its word holds."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from authlib.oauth2.claims import JWTClaims
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.sso.errors import ServiceRefused
from app.sso.rules import LONGEST_SUBJECT, Claims, groups_in, plain_email

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
"""What a provider may sign with; a secret that it shares with us, or none at all, proves nothing."""

SKEW_SECONDS = 120
LONGEST_NAME = 120
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Provider:
    """What a provider says about itself (OpenID Connect Discovery 1.0 §3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    token_auth_methods: tuple[str, ...] = ("client_secret_basic",)
    names_itself: bool = False

    @staticmethod
    def of(document: Mapping[str, Any], *, issuer: str) -> Provider:
        """Read a description; one of another issuer than was asked for is refused (§4.3)."""
        if document.get("issuer") != issuer:
            raise ServiceRefused
        methods = document.get("token_endpoint_auth_methods_supported")
        return Provider(
            issuer=issuer,
            authorization_endpoint=_address(document, "authorization_endpoint"),
            token_endpoint=_address(document, "token_endpoint"),
            jwks_uri=_address(document, "jwks_uri"),
            userinfo_endpoint=_address(document, "userinfo_endpoint", needed=False),
            end_session_endpoint=_address(document, "end_session_endpoint", needed=False),
            token_auth_methods=groups_in(methods) or ("client_secret_basic",),
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        )

    @property
    def auth_method(self) -> str:
        """How we prove ourselves to it."""
        return "client_secret_basic" if "client_secret_basic" in self.token_auth_methods else "client_secret_post"


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked of a provider, and what its answer must therefore fit."""

    client_id: str
    redirect_uri: str
    nonce: str
    verifier: str
    is_proof: bool = False


def address_of(provider: Provider, question: Question, *, state: str, hint: str = "") -> str:
    """Where a person is sent: code flow with PKCE (RFC 7636), state and nonce."""
    more: dict[str, Any] = {"login_hint": hint} if hint else {}
    if question.is_proof:
        more |= {"prompt": "login", "max_age": 0}
    address: str = prepare_grant_uri(
        provider.authorization_endpoint,
        client_id=question.client_id,
        response_type="code",
        redirect_uri=question.redirect_uri,
        scope="openid email profile",
        state=state,
        nonce=question.nonce,
        code_challenge=create_s256_code_challenge(question.verifier),
        code_challenge_method="S256",
        **more,
    )
    return address


def check_sender(provider: Provider, said: str | None) -> None:
    """Refuse an answer of another provider than was asked (RFC 9207), or one that should name it and does not."""
    if (said is None and provider.names_itself) or (said is not None and said != provider.issuer):
        raise ServiceRefused


def claims_of(
    token: Mapping[str, Any], keys: Mapping[str, Any], provider: Provider, question: Question, *, now: datetime
) -> dict[str, Any]:
    """The claims of an id_token (Core §3.1.3.7), if its signature, sender, receiver, nonce and times fit."""
    try:
        decoded = jwt.decode(
            str(token.get("id_token", "")), KeySet.import_key_set(_usable(keys)), algorithms=ALGORITHMS
        )
        options: Any = {
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": question.client_id},
        }
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options,
            {"nonce": question.nonce, "client_id": question.client_id, "access_token": token.get("access_token")},
        )
        claims.validate(now=int(now.timestamp()), leeway=SKEW_SECONDS)
    except (JoseError, ValueError, TypeError, KeyError):
        raise ServiceRefused from None
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), question.nonce.encode()):
        raise ServiceRefused
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise ServiceRefused
    return dict(claims)


def ended_subject(
    token: str, keys: Mapping[str, Any], provider: Provider, client_id: str, *, now: datetime
) -> tuple[str, str]:
    """Whose sessions a provider says are over, and the token's id (Back-Channel Logout 1.0 §2.6).

    An id_token is none: it has a nonce and says nothing of a logout. A token that names a session alone is not taken.
    """
    try:
        decoded = jwt.decode(token, KeySet.import_key_set(_usable(keys)), algorithms=ALGORITHMS)
        options: Any = {
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": client_id},
            "iat": {"essential": True},
            "jti": {"essential": True},
            "sub": {"essential": True},
        }
        claims = JWTClaims(decoded.claims, decoded.header, options, {})
        claims.validate(now=int(now.timestamp()), leeway=SKEW_SECONDS)
    except (JoseError, ValueError, TypeError, KeyError):
        raise ServiceRefused from None
    events, issued = claims.get("events"), claims.get("iat")
    is_logout = isinstance(events, dict) and LOGOUT in events and "nonce" not in claims
    is_new = isinstance(issued, int) and now.timestamp() - issued < LOGOUT_SECONDS
    subject, token_id = claims.get("sub"), claims.get("jti")
    if not is_logout or not is_new or not isinstance(subject, str) or not isinstance(token_id, str):
        raise ServiceRefused
    return subject, token_id[:LONGEST_SUBJECT]


def merged(claims: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Claims with what the provider tells on demand; of another person than the token's it tells nothing (§5.3.2)."""
    if more.get("sub") != claims["sub"]:
        raise ServiceRefused
    return {**more, **claims}


def person(claims: Mapping[str, Any], *, groups_claim: str) -> Claims:
    """Whom the provider proved."""
    name, since = claims.get("name"), claims.get("auth_time")
    return Claims(
        issuer=str(claims["iss"]),
        subject=str(claims["sub"]),
        email=plain_email(claims.get("email")),
        email_is_proved=claims.get("email_verified") is True,
        name=" ".join(name.split())[:LONGEST_NAME] if isinstance(name, str) else "",
        groups=groups_in(claims.get(groups_claim)),
        authenticated_at=datetime.fromtimestamp(since, UTC) if isinstance(since, int) and 0 < since < 2**33 else None,
    )


def _usable(keys: Mapping[str, Any]) -> Any:
    """A provider's signing keys; what is for another use, or no public key, is left out."""
    found = keys.get("keys")
    held = [key for key in found if isinstance(key, dict)] if isinstance(found, list) else []
    fit = [key for key in held if key.get("use", "sig") == "sig" and key.get("kty") in ("RSA", "EC", "OKP")]
    if not fit:
        raise ServiceRefused
    return {"keys": [{name: value for name, value in key.items() if name not in ("d", "x5c", "x5u")} for key in fit]}


def _address(document: Mapping[str, Any], name: str, *, needed: bool = True) -> str:
    found = document.get(name)
    if found is None and not needed:
        return ""
    if not isinstance(found, str) or not found or len(found) > 2_000:
        raise ServiceRefused
    return found
