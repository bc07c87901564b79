"""Signed tokens (RFC 7515, RFC 9068): spelled, and taken apart where nothing but our own spelling is taken."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

ACCESS_LIFE = timedelta(minutes=10)
ACCESS_TYPE, ID_TYPE = "at+jwt", "JWT"
"""Said in a token's head, so that one kind never passes for the other (RFC 9068 §2.1)."""

LONGEST_TOKEN = 4_096
_HALF, _SHA = 32, ECDSA(SHA256())


class TokenBroken(ValueError):
    """Not a token of ours: misspelled, of another kind, of another key, or changed."""


class Claims(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an access token says (RFC 9068 §2.2): also the authorization it came from, and the key it is bound to."""

    iss: str
    sub: str
    aud: str
    client_id: str
    exp: int
    iat: int
    jti: str
    scope: str
    auth_time: int | None = None
    grant: str | None = None
    cnf: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key, the id it is published under, and the heads of what it signs."""

    kid: str
    private: EllipticCurvePrivateKey

    def signed(self, payload: dict[str, Any] | Claims, kind: str = ACCESS_TYPE) -> str:
        """A token of one kind in compact form."""
        head = msgspec.json.encode({"alg": "ES256", "kid": self.kid, "typ": kind})
        text = f"{spelled(head)}.{spelled(msgspec.json.encode(payload))}"
        r, s = decode_dss_signature(self.private.sign(text.encode(), _SHA))
        return f"{text}.{spelled(r.to_bytes(_HALF, 'big') + s.to_bytes(_HALF, 'big'))}"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key of ours and the one head under which it accepts access tokens."""

    kid: str
    public: EllipticCurvePublicKey

    @property
    def head(self) -> str:
        """How every access token of this key begins: none of ours begins otherwise."""
        return spelled(msgspec.json.encode({"alg": "ES256", "kid": self.kid, "typ": ACCESS_TYPE}))


def claims_of(token: str, verifiers: dict[str, Verifier]) -> Claims:
    """What an access token says, if one of these keys, by its head, signed it; nothing of the head is believed.

    A head is compared, not read: there is no algorithm, key or kind that a token could choose.
    """
    head, _, rest = token.partition(".")
    payload, _, signature = rest.partition(".")
    verifier = verifiers.get(head)
    if verifier is None or len(token) > LONGEST_TOKEN:
        raise TokenBroken
    try:
        raw, body = unspelled(signature), unspelled(payload)
        if len(raw) != 2 * _HALF:
            raise TokenBroken
        pair = encode_dss_signature(int.from_bytes(raw[:_HALF], "big"), int.from_bytes(raw[_HALF:], "big"))
        verifier.public.verify(pair, token[: len(head) + 1 + len(payload)].encode(), _SHA)
        return _read(body)
    except (InvalidSignature, msgspec.DecodeError, ValueError):
        raise TokenBroken from None


_read = msgspec.json.Decoder(Claims).decode


def spelled(raw: bytes) -> str:
    """Bytes in base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unspelled(text: str) -> bytes:
    """The bytes that a base64url text without padding spells, if it spells them the one way."""
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise TokenBroken from None
    if spelled(raw) != text:
        raise TokenBroken
    return raw


def digest(text: str) -> str:
    """SHA-256 in base64url: what is kept of a secret, and how proofs name a token (RFC 9449 §4.2)."""
    return spelled(hashlib.sha256(text.encode(errors="backslashreplace")).digest())


def half_digest(text: str) -> str:
    """The left half of a token's SHA-256, as an id token names it (OpenID Connect Core §3.1.3.6)."""
    return spelled(hashlib.sha256(text.encode()).digest()[:16])


def new_key() -> EllipticCurvePrivateKey:
    """A new P-256 key."""
    return generate_private_key(SECP256R1())


def key_bytes(key: EllipticCurvePrivateKey) -> bytes:
    """A private key as it is sealed."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def key_from(raw: bytes) -> EllipticCurvePrivateKey:
    """The private key that was sealed."""
    key = load_der_private_key(raw, None)
    assert isinstance(key, EllipticCurvePrivateKey)  # noqa: S101 nothing else is ever sealed here
    return key


def published(kid: str, key: EllipticCurvePrivateKey) -> dict[str, str]:
    """A key's public half as a JWK (RFC 7517)."""
    numbers = key.public_key().public_numbers()
    x, y = (spelled(part.to_bytes(_HALF, "big")) for part in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid, "x": x, "y": y}


def public_key(jwk: dict[str, str]) -> EllipticCurvePublicKey:
    """The public half that a JWK of ours publishes."""
    x, y = (int.from_bytes(unspelled(jwk[name]), "big") for name in ("x", "y"))
    return EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
