"""Secrets at rest and signatures, each label's own: whoever erases the key has erased the data."""

from __future__ import annotations

from app.kernel.crypto.keys import KeyErased, SecretChanged, create_key, erase_key, forget_keys, label_key
from app.kernel.crypto.sealing import SealBroken, fingerprint, open_sealed, seal
from app.kernel.crypto.signing import SignatureRefused, sign, verify

__all__ = [
    "KeyErased",
    "SealBroken",
    "SecretChanged",
    "SignatureRefused",
    "create_key",
    "erase_key",
    "fingerprint",
    "forget_keys",
    "label_key",
    "open_sealed",
    "seal",
    "sign",
    "verify",
]
