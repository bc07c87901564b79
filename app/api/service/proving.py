"""How a client proves who it is at the endpoints of OAuth."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from urllib.parse import unquote_plus

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.errors import ClientRefused, OAuthRefused
from app.api.models import ApiClient, ClientSecret
from app.api.rules.tokens import digest
from app.kernel import clock, ids


@dataclass(frozen=True, slots=True)
class Proof:
    """What came along to prove a client: its id, and a secret or an assertion, or neither."""

    client_id: str
    secret: str | None = None
    assertion: str | None = None


def proof_of(authorization: str | None, form: dict[str, str]) -> Proof:
    """The one proof in a request; two at once are refused (RFC 6749 §2.3)."""
    basic = _basic(authorization)
    named = form.get("client_id", "")
    given = [name for name in ("client_secret", "client_assertion") if name in form]
    if basic is not None:
        if given or named not in ("", basic.client_id):
            raise OAuthRefused
        return basic
    if len(given) > 1:
        raise OAuthRefused
    return Proof(named, form.get("client_secret"), form.get("client_assertion"))


def _basic(authorization: str | None) -> Proof | None:
    scheme, _, given = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(given.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise ClientRefused from None
    client_id, _, secret = text.partition(":")
    return Proof(unquote_plus(client_id), unquote_plus(secret))


def proved(session: Session, proof: Proof) -> ApiClient:
    """The client that a proof is of; a public client names itself, and proves nothing by that."""
    client_id = ids.parse_uuid(proof.client_id)
    client = session.get(ApiClient, client_id) if client_id else None
    if client is None or client.revoked_at is not None or proof.assertion is not None:
        raise ClientRefused
    if client.is_public and proof.secret is None:
        return client
    if client.auth_method != "secret" or proof.secret is None:
        raise ClientRefused
    _use_secret(session, client, proof.secret)
    return client


def _use_secret(session: Session, client: ApiClient, secret: str) -> None:
    now, given = clock.now(), digest(secret)
    for held in session.scalars(select(ClientSecret).where(ClientSecret.client_id == client.id)):
        if held.is_good(now) and hmac.compare_digest(held.secret_hash, given):
            held.used_at = client.used_at = now
            return
    raise ClientRefused
