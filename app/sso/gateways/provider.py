"""An OpenID provider over the network: its description, its keys, the exchange of a code (Authlib on our way out)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from authlib.common.encoding import to_native
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client

from app.kernel import cache, egress, limits
from app.kernel.errors import Busy
from app.kernel.tenant import Tenant
from app.sso.errors import ServiceAway, ServiceRefused
from app.sso.rules.oidc import Provider, Question, claims_of, merged

KEEP_SECONDS = 600
WELL_KNOWN = "/.well-known/openid-configuration"
LARGEST_METADATA = 512 * 1024
NEW_KEYS = "2/minute"
"""How often a provider is asked for keys that it may have changed: no token makes us ask on and on."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What Authlib reads of an answer."""

    status_code: int
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return msgspec.json.decode(self.body)

    def raise_for_status(self) -> None:
        """Refuse what is no success."""
        raise ServiceAway


class _Session:
    """What Authlib sends with: nothing but our own way out."""

    def post(self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: Any, **_: Any) -> _Answer:
        """Send a form."""
        url, said, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        answer = _asked(lambda: egress.post(url, body.encode(), headers=said))
        return _Answer(answer.status, answer.body)


def describe(tenant: Tenant, issuer: str) -> Provider:
    """What a provider says about itself, remembered for minutes."""
    found = _kept(tenant, f"sso-provider:{issuer}", lambda: _get_json(issuer.rstrip("/") + WELL_KNOWN))
    return Provider.of(found, issuer=issuer)


def keys_of(tenant: Tenant, provider: Provider, *, anew: bool = False) -> dict[str, Any]:
    """A provider's keys, remembered for minutes; `anew` asks again, but not on and on."""
    key = f"sso-keys:{provider.jwks_uri}"
    if anew:
        try:
            limits.hit(tenant, key, NEW_KEYS)
        except Busy:
            raise ServiceRefused from None
        cache.of(tenant).delete(key)
    return _kept(tenant, key, lambda: _get_json(provider.jwks_uri))


def exchange(provider: Provider, question: Question, *, secret: str, code: str) -> dict[str, Any]:
    """What the provider gives for a code (RFC 6749 §4.1.3, RFC 7636 §4.5)."""
    client = OAuth2Client(
        _Session(),
        client_id=question.client_id,
        client_secret=secret,
        token_endpoint_auth_method=provider.auth_method,
        redirect_uri=question.redirect_uri,
    )
    client.register_client_auth_method(("client_secret_basic", _as_basic))
    try:
        token = client.fetch_token(
            provider.token_endpoint,
            grant_type="authorization_code",
            code=code,
            code_verifier=question.verifier,
            redirect_uri=question.redirect_uri,
        )
    except (OAuth2Error, ValueError, TypeError, KeyError):
        raise ServiceRefused from None
    return dict(token)


def more_of(provider: Provider, token: Mapping[str, Any]) -> dict[str, Any]:
    """What the provider tells about a person on demand (Core §5.3); nothing where it tells nothing."""
    access = token.get("access_token")
    if not provider.userinfo_endpoint or not isinstance(access, str) or not access.isascii():
        return {}
    return _get_json(provider.userinfo_endpoint, {"Authorization": f"Bearer {access}"})


def claims_for(
    tenant: Tenant, provider: Provider, question: Question, *, secret: str, code: str, now: datetime
) -> dict[str, Any]:
    """The checked claims that a code stands for, with what the provider tells on demand where an address is missing."""
    token = exchange(provider, question, secret=secret, code=code)
    try:
        claims = claims_of(token, keys_of(tenant, provider), provider, question, now=now)
    except ServiceRefused:  # it may have changed its keys since they were remembered
        claims = claims_of(token, keys_of(tenant, provider, anew=True), provider, question, now=now)
    more = more_of(provider, token) if "email" not in claims else {}
    return merged(claims, more) if more else claims


def check_place(url: str) -> None:
    """Refuse to send people to an address that we would not ask ourselves."""
    try:
        egress.check_form(url)
    except egress.AddressRefused:
        raise ServiceRefused from None


def saml_metadata(url: str) -> bytes:
    """A SAML service's description of itself."""
    answer = _asked(lambda: egress.get(url, most_bytes=LARGEST_METADATA))
    if not answer.is_success or not answer.is_whole:
        raise ServiceAway
    return answer.body


def _as_basic(client: Any, _: str, uri: str, headers: dict[str, str], body: str) -> tuple[str, dict[str, str], str]:
    """Name and secret as the standard spells them (RFC 6749 §2.3.1); the library leaves them as they are."""
    pair = f"{quote(client.client_id, safe='')}:{quote(client.client_secret, safe='')}"
    return uri, headers | {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}, to_native(body)


def _kept(tenant: Tenant, key: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    return cache.of(tenant).get_or_make(key, dict[str, Any], make, seconds=KEEP_SECONDS)


def _get_json(url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    answer = _asked(lambda: egress.get(url, headers={"Accept": "application/json", **(headers or {})}))
    if not answer.is_success or not answer.is_whole:
        raise ServiceAway
    try:
        return msgspec.json.decode(answer.body, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        raise ServiceRefused from None


def _asked(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except (egress.NoAnswer, egress.AddressRefused):
        raise ServiceAway from None
