"""What a browser says about a passkey (WebAuthn Level 3 §5.1)."""

from __future__ import annotations

from typing import Literal

import msgspec

from app.kernel.web.strict import Strict


class CredentialResponse(Strict, frozen=True):
    """The authenticator's answer: an attestation when a passkey is made, an assertion when it is used."""

    client_data: str = msgspec.field(name="clientDataJSON")
    attestation_object: str | None = msgspec.field(name="attestationObject", default=None)
    authenticator_data: str | None = msgspec.field(name="authenticatorData", default=None)
    signature: str | None = None
    user_handle: str | None = msgspec.field(name="userHandle", default=None)


class Credential(Strict, frozen=True):
    """A passkey's answer as the browser encodes it."""

    id: str
    raw_id: str = msgspec.field(name="rawId")
    type: Literal["public-key"]
    response: CredentialResponse


class PasskeyAnswer(Strict, frozen=True):
    """What the passkey button sends."""

    credential: Credential
    name: str = ""
    next: str = ""
