"""Passkeys (WebAuthn Level 3) without a database: what a browser is asked, and whether its answer proves anything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.identity.errors import PasskeyRefused
from app.identity.schemas import Credential

CHALLENGE_BYTES = 32
LONGEST_CREDENTIAL_ID = 1_023
_UNUSABLE = (WebAuthnException, ValueError, TypeError, LookupError, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a passkey is made or used: the host it is bound to, the page's origin, the name people see."""

    rp_id: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class NewKey:
    """What is kept of a new passkey."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


def creation_options(
    site: Site, challenge: bytes, *, user_id: bytes, user_name: str, shown_name: str, known: Sequence[bytes]
) -> dict[str, Any]:
    """What a browser needs to make a passkey: kept on the device, behind a finger, a face or a number."""
    options = generate_registration_options(
        rp_id=site.rp_id,
        rp_name=site.name,
        user_id=user_id,
        user_name=user_name,
        user_display_name=shown_name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=credential_id) for credential_id in known],
    )
    return dict(json.loads(options_to_json(options)))


def request_options(site: Site, challenge: bytes, *, allowed: Sequence[bytes] = ()) -> dict[str, Any]:
    """What a browser needs to use a passkey; nobody is named, so nothing is told about who has one."""
    options = generate_authentication_options(
        rp_id=site.rp_id,
        challenge=challenge,
        allow_credentials=[PublicKeyCredentialDescriptor(id=credential_id) for credential_id in allowed],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(json.loads(options_to_json(options)))


def challenge_in(credential: Credential) -> str:
    """The challenge that the answer claims to be for, as the browser spells it."""
    try:
        said = json.loads(base64url_to_bytes(credential.response.client_data))["challenge"]
    except _UNUSABLE:
        raise PasskeyRefused from None
    if not isinstance(said, str):
        raise PasskeyRefused
    return said


def credential_id_of(credential: Credential) -> bytes:
    """The id of the passkey that answered."""
    try:
        found = base64url_to_bytes(credential.raw_id)
    except _UNUSABLE:
        raise PasskeyRefused from None
    if not 0 < len(found) <= LONGEST_CREDENTIAL_ID:
        raise PasskeyRefused
    return found


def user_handle_of(credential: Credential) -> bytes | None:
    """For whom the device thinks the passkey is, if it says so."""
    handle = credential.response.user_handle
    try:
        return base64url_to_bytes(handle) if handle else None
    except _UNUSABLE:
        raise PasskeyRefused from None


def checked_creation(site: Site, challenge: bytes, credential: Credential) -> NewKey:
    """The new passkey, if the answer was made for this challenge, host and origin by a verified person."""
    try:
        made = verify_registration_response(
            credential=_plain(credential),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _UNUSABLE:
        raise PasskeyRefused from None
    return NewKey(made.credential_id, made.credential_public_key, made.sign_count)


def checked_use(site: Site, challenge: bytes, credential: Credential, *, public_key: bytes, sign_count: int) -> int:
    """The passkey's new counter, if its answer proves the verified person; a counter that goes back proves a copy."""
    try:
        used = verify_authentication_response(
            credential=_plain(credential),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except _UNUSABLE:
        raise PasskeyRefused from None
    return used.new_sign_count


def _plain(credential: Credential) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(credential)
    plain["response"] = {name: value for name, value in plain["response"].items() if value is not None}
    return plain
