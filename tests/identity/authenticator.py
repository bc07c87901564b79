"""A passkey in software: what a browser and a device do together, and every way in which they could lie."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec


def spelled(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def plain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One passkey on one device."""

    origin: str
    rp_id: str
    is_verified: bool = True
    counter: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user_handle: bytes | None = None

    def make(self, options: dict[str, Any], *, name: str = "Phone") -> dict[str, Any]:
        """The answer to creation options."""
        self.user_handle = plain(options["user"]["id"])
        client = self._client("webauthn.create", options["challenge"])
        point = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        attested = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + cbor2.dumps(cose)
        data = self._data(0x40) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        response = {"clientDataJSON": spelled(client), "attestationObject": spelled(attestation)}
        return {"credential": self._credential(response), "name": name}

    def use(self, options: dict[str, Any], *, wanted: str = "") -> dict[str, Any]:
        """The answer to request options."""
        self.counter += 1
        client, data = self._client("webauthn.get", options["challenge"]), self._data(0)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": spelled(client),
            "authenticatorData": spelled(data),
            "signature": spelled(signature),
        }
        if self.user_handle:
            response["userHandle"] = spelled(self.user_handle)
        return {"credential": self._credential(response), "next": wanted}

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _data(self, flags: int) -> bytes:
        flags |= 0x01 | (0x04 if self.is_verified else 0)
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", self.counter)

    def _credential(self, response: dict[str, str]) -> dict[str, Any]:
        own = spelled(self.credential_id)
        return {"id": own, "rawId": own, "type": "public-key", "response": response}
