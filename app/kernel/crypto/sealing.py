"""AES-256-GCM under the label's key; the label and the place of use are part of what is authenticated."""

from __future__ import annotations

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.kernel.crypto.keys import NONCE_BYTES, label_key
from app.kernel.tenant import Tenant

_VERSION = b"\x01"


class SealBroken(ValueError):
    """The bytes were not sealed for this label and this context, or were changed since."""


def seal(tenant: Tenant, plaintext: bytes, context: str) -> bytes:
    """Encrypt bytes so that only this label's key and the same context open them."""
    nonce = os.urandom(NONCE_BYTES)
    bound = f"{tenant.id}:{context}".encode()
    return _VERSION + nonce + AESGCM(label_key(tenant, "seal")).encrypt(nonce, plaintext, bound)


def open_sealed(tenant: Tenant, sealed: bytes, context: str) -> bytes:
    """Decrypt what `seal` made for the same label and context; `SealBroken` for anything else."""
    nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    bound = f"{tenant.id}:{context}".encode()
    if sealed[:1] != _VERSION or len(nonce) != NONCE_BYTES:
        raise SealBroken("not a sealed value")
    try:
        return AESGCM(label_key(tenant, "seal")).decrypt(nonce, body, bound)
    except InvalidTag:
        raise SealBroken("sealed for another label or context, or changed") from None


def fingerprint(tenant: Tenant, value: str) -> str:
    """A keyed hash under which a sealed value can be looked up within its label, and compared across none."""
    return hmac.new(label_key(tenant, "fingerprint"), value.encode(), hashlib.sha256).hexdigest()
