"""How a client proves who it is at the endpoints of OAuth: by a secret, by a key of its own, or not at all."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import unquote_plus
from uuid import UUID

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.api.errors import ClientRefused, OAuthRefused
from app.api.models import ApiClient, ClientSecret
from app.api.rules import proofs
from app.api.rules.tokens import TokenBroken, digest
from app.api.service.once import use_once
from app.api.service.places import issuer_of
from app.identity.errors import TooManyFailures
from app.identity.models import Throttle
from app.identity.service import throttle
from app.kernel import cache, clock, egress, ids
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import READ_ONLY, Tenant

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEYS_KEPT_SECONDS = 300
USED_EVERY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Proof:
    """What came along to prove a client: its id, and a secret or an assertion, or neither."""

    client_id: str
    secret: str | None = None
    assertion: str | None = None


@dataclass(frozen=True, slots=True)
class Proved:
    """A client that proved itself, or one that keeps no secret and named itself."""

    client: ApiClient
    is_public: bool


def proof_of(authorization: str | None, form: dict[str, str]) -> Proof:
    """The one proof in a request; two at once are refused (RFC 6749 §2.3)."""
    basic = _basic(authorization)
    named = form.get("client_id", "")
    given = [name for name in ("client_secret", "client_assertion") if name in form]
    if len(given) + (basic is not None) > 1 or (basic is not None and named not in ("", basic.client_id)):
        raise OAuthRefused
    if basic is not None:
        return basic
    if "client_assertion" in form:
        return _asserted(form, named)
    return Proof(named, form.get("client_secret"))


def _asserted(form: dict[str, str], named: str) -> Proof:
    assertion = form["client_assertion"]
    if form.get("client_assertion_type") != ASSERTION:
        raise OAuthRefused
    try:
        subject = proofs.subject_of_assertion(assertion)
    except TokenBroken:
        raise ClientRefused from None
    if named not in ("", subject):
        raise ClientRefused
    return Proof(subject, assertion=assertion)


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


def prove(tenant: Tenant, proof: Proof, address: str) -> Proved:
    """Prove a client, or refuse it; each failure makes the next wait longer, per client and address and per address.

    Somebody who fails elsewhere in a client's name does not keep the client itself waiting.
    """
    with _slowed(tenant, proof.client_id, address):
        with tenant_read(tenant) as session:
            throttle.check(session, Throttle, **_names(proof.client_id, address))
            client_id = ids.parse_uuid(proof.client_id)
            client = session.get(ApiClient, client_id) if client_id else None
            held = list(session.scalars(select(ClientSecret).where(ClientSecret.client_id == client_id)))
        if client is None or client.revoked_at is not None:
            raise ClientRefused
        _check(tenant, client, held, proof)
    return Proved(client, client.is_public)


def _check(tenant: Tenant, client: ApiClient, held: list[ClientSecret], proof: Proof) -> None:
    if client.is_public and proof.secret is None and proof.assertion is None:
        return
    if client.auth_method == "secret" and proof.secret is not None:
        fitting = _fitting(held, proof.secret)
        if _is_due(fitting.used_at):
            with tenant_work(tenant, even=READ_ONLY) as session:
                session.execute(update(ClientSecret).where(ClientSecret.id == fitting.id).values(used_at=clock.now()))
                session.execute(update(ApiClient).where(ApiClient.id == client.id).values(used_at=clock.now()))
        return
    if client.auth_method == "private_key_jwt" and proof.assertion is not None:
        _check_assertion(tenant, client, proof.assertion)
        return
    raise ClientRefused


def _fitting(held: list[ClientSecret], given: str) -> ClientSecret:
    now, hashed = clock.now(), digest(given)
    good = [each for each in held if each.is_good(now) and hmac.compare_digest(each.secret_hash, hashed)]
    if not good:
        raise ClientRefused
    return good[0]


def _is_due(used_at: datetime | None) -> bool:
    return used_at is None or (clock.now() - used_at).total_seconds() > USED_EVERY_SECONDS


def _check_assertion(tenant: Tenant, client: ApiClient, assertion: str) -> None:
    audiences = frozenset({issuer_of(tenant), f"{issuer_of(tenant)}/oauth/token"})
    try:
        keys = proofs.key_set(client.jwks if client.jwks is not None else _fetched(tenant, client))
        used, until = proofs.check_assertion(
            assertion, keys, client_id=str(client.id), audiences=audiences, now=clock.now()
        )
    except TokenBroken:
        raise ClientRefused from None
    if not use_once(tenant, used, until):
        raise ClientRefused
    if _is_due(client.used_at):
        with tenant_work(tenant, even=READ_ONLY) as session:
            session.execute(update(ApiClient).where(ApiClient.id == client.id).values(used_at=clock.now()))


def _fetched(tenant: Tenant, client: ApiClient) -> Any:
    """The keys that a client publishes, asked for by the safe way out and kept for minutes."""
    if client.jwks_uri is None:
        raise TokenBroken
    uri = client.jwks_uri
    return cache.of(tenant).get_or_make(f"jwks:{uri}", dict, partial(_published, uri), seconds=KEYS_KEPT_SECONDS)


def _published(uri: str) -> dict[str, Any]:
    try:
        found = egress.get(uri)
        keys = msgspec.json.decode(found.body)
    except (egress.AddressRefused, egress.NoAnswer, msgspec.DecodeError, RecursionError):
        raise TokenBroken from None
    if found.status != 200 or not isinstance(keys, dict):
        raise TokenBroken
    return keys


def _names(client_id: str, address: str) -> dict[str, str]:
    return {"account": f"client:{client_id[:64]}:{address}", "address": f"client-from:{address}"}


@contextmanager
def _slowed(tenant: Tenant, client_id: str, address: str) -> Iterator[None]:
    try:
        yield
    except ClientRefused:
        with suppress(TooManyFailures), tenant_work(tenant, even=READ_ONLY) as session:
            throttle.reserve(session, Throttle, **_names(client_id, address))
        raise


def fresh(session: Session, client_id: UUID) -> ApiClient:
    """A proved client in this transaction, if it is let in still."""
    client = session.get(ApiClient, client_id)
    if client is None or client.revoked_at is not None:
        raise ClientRefused
    return client
