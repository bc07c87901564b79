"""Proofs of possession (RFC 9449) and assertions (RFC 7523): programs sign them, so each is looked at closely."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey

from app.api.rules.tokens import LONGEST_TOKEN, TokenBroken, digest, unspelled

ALGORITHMS: Final = ("ES256", "ES384", "PS256", "RS256", "Ed25519", "EdDSA")
"""Signatures by a private key; a shared secret, or none, is no proof of anything here."""

PROOF_TYPE: Final = "dpop+jwt"
PROOF_SECONDS: Final = 120
"""A proof counts so long around its own moment: clocks of programs differ."""

ASSERTION_SECONDS: Final = 600
MOST_KEYS: Final = 20
_SMALLEST_RSA = 2_048
_KINDS: dict[str, type[ECKey | RSAKey | OKPKey]] = {"EC": ECKey, "RSA": RSAKey, "OKP": OKPKey}
_SECRET_PARTS = frozenset({"d", "p", "q", "dp", "dq", "qi", "k", "oth"})


def public_key(jwk: Any) -> Key:
    """A public key of a program's, of a kind that signs; anything with a private part is refused."""
    if not isinstance(jwk, dict) or _SECRET_PARTS & jwk.keys() or jwk.get("kty") not in _KINDS:
        raise TokenBroken
    try:
        key: Key = _KINDS[jwk["kty"]].import_key(jwk)
        if isinstance(key, RSAKey) and key.public_key.key_size < _SMALLEST_RSA:
            raise TokenBroken
    except (JoseError, ValueError, TypeError, KeyError):
        raise TokenBroken from None
    return key


def key_set(jwks: Any) -> KeySet:
    """The public keys that a program registered; at least one, and no other."""
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= MOST_KEYS:
        raise TokenBroken
    return KeySet([public_key(jwk) for jwk in keys])


def head_of(token: str) -> dict[str, Any]:
    """A token's head, believed by nobody yet."""
    if len(token) > 2 * LONGEST_TOKEN or token.count(".") != 2:
        raise TokenBroken
    try:
        head = msgspec.json.decode(unspelled(token.partition(".")[0]))
    except (msgspec.DecodeError, RecursionError):
        raise TokenBroken from None
    if not isinstance(head, dict) or head.get("alg") not in ALGORITHMS or "crit" in head or "b64" in head:
        raise TokenBroken
    return head


def signed_by(token: str, key: Key | KeySet) -> dict[str, Any]:
    """What a token says, if this key or one of these signed it with an algorithm of its kind."""
    try:
        found = jws.deserialize_compact(token.encode("ascii", "replace"), key, algorithms=list(ALGORITHMS))
        claims = msgspec.json.decode(found.payload or b"")
    except (JoseError, ValueError, TypeError, msgspec.DecodeError, RecursionError):
        raise TokenBroken from None
    if not isinstance(claims, dict):
        raise TokenBroken
    return claims


def thumbprint_of_proof(
    proof: str, *, method: str, url: str, now: datetime, token: str | None = None
) -> tuple[str, str]:
    """The thumbprint of the key that a DPoP proof shows, and the digest by which the proof is known as used.

    The proof must be for this method, address and moment, and for this token where there is one (RFC 9449 §4.3).
    """
    head = head_of(proof)
    if head.get("typ") != PROOF_TYPE:
        raise TokenBroken
    key = public_key(head.get("jwk"))
    claims = signed_by(proof, key)
    issued, jti = claims.get("iat"), claims.get("jti")
    if claims.get("htm") != method or not _is_same(claims.get("htu"), url):
        raise TokenBroken
    if not isinstance(issued, int) or abs(now.timestamp() - issued) > PROOF_SECONDS:
        raise TokenBroken
    if not isinstance(jti, str) or not 8 <= len(jti) <= 200:
        raise TokenBroken
    if token is not None and claims.get("ath") != digest(token):
        raise TokenBroken
    thumbprint = key.thumbprint()
    return thumbprint, digest(f"dpop {thumbprint} {jti}")


def _is_same(named: Any, url: str) -> bool:
    """Compare addresses without query and fragment, as a URL compares (RFC 9449 §4.3, RFC 3986 §6.2.2)."""
    return isinstance(named, str) and _plain(named) == _plain(url)


def _plain(url: str) -> tuple[str, str, str] | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    host = (parts.hostname or "").lower()
    return parts.scheme.lower(), host if port in (None, usual) else f"{host}:{port}", parts.path or "/"


def subject_of_assertion(assertion: str) -> str:
    """Whose assertion it claims to be, before anything is proved: to find the keys to prove it by."""
    try:
        claims = msgspec.json.decode(unspelled(assertion.split(".")[1]))
    except (IndexError, msgspec.DecodeError, RecursionError):
        raise TokenBroken from None
    subject = claims.get("sub") if isinstance(claims, dict) else None
    if not isinstance(subject, str):
        raise TokenBroken
    return subject


def check_assertion(
    assertion: str, keys: KeySet, *, client_id: str, audiences: frozenset[str], now: datetime
) -> tuple[str, datetime]:
    """Prove a client's assertion; give the digest by which it is known as used, and until when it would count."""
    head_of(assertion)
    claims = signed_by(assertion, keys)
    expires, jti, audience = claims.get("exp"), claims.get("jti"), claims.get("aud")
    named = [audience] if isinstance(audience, str) else audience
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise TokenBroken
    if not isinstance(named, list) or len(named) != 1 or named[0] not in audiences:
        raise TokenBroken
    if not isinstance(jti, str) or not 1 <= len(jti) <= 200 or not isinstance(expires, int):
        raise TokenBroken
    if not now.timestamp() < expires <= now.timestamp() + ASSERTION_SECONDS:
        raise TokenBroken
    if any(isinstance(claims.get(name), int) and claims[name] > now.timestamp() + 60 for name in ("nbf", "iat")):
        raise TokenBroken
    return digest(f"assertion {client_id} {jti}"), datetime.fromtimestamp(expires, now.tzinfo)
