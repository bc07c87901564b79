"""The operators' second factors: an authenticator app, passkeys, recovery codes."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pyotp
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from webauthn import base64url_to_bytes
from webauthn.helpers import bytes_to_base64url

from admin.models import Operator, OperatorPasskey, OperatorRecoveryCode, OperatorTicket
from admin.service import has_factor
from app.identity.errors import CodeRefused, FactorRequired, PasskeyRefused, PasskeyUnknown, SignInRefused
from app.identity.rules import TOTP_SECONDS, matching_step, new_recovery_codes, recovery_hash, token_hash
from app.identity.rules import webauthn as rules
from app.identity.rules.webauthn import Site
from app.identity.schemas import Credential
from app.kernel import clock, ids, passwords
from app.kernel.db import current

CHALLENGE_LIFE = timedelta(minutes=5)
DRIFT_STEPS = 1
NONCE_BYTES = 12
CODE_LENGTH = 8


class OperatorNeedsFactor(FactorRequired):
    """In production an operator's last factor stays."""

    message = "Operators need a second factor. Add another one before you remove this."


@dataclass(frozen=True, slots=True)
class Factors:
    """What an operator can prove themselves with besides the password."""

    has_app: bool
    passkeys: tuple[OperatorPasskey, ...]
    codes_left: int

    @property
    def any(self) -> bool:
        """Whether there is a second factor at all."""
        return self.has_app or bool(self.passkeys)


def factors_of(session: Session, operator: Operator) -> Factors:
    """The second factors of an operator."""
    keys = select(OperatorPasskey).where(OperatorPasskey.operator_id == operator.id)
    codes = _codes(operator).with_only_columns(OperatorRecoveryCode.id)
    return Factors(operator.has_app, tuple(session.scalars(keys)), len(session.scalars(codes).all()))


def begin_app(session: Session, operator_id: UUID) -> None:
    """Make a secret for an app that is not in use yet."""
    operator = session.get_one(Operator, operator_id, with_for_update=True)
    if not operator.has_app:
        nonce = os.urandom(NONCE_BYTES)
        operator.totp_secret = nonce + _cipher().encrypt(nonce, pyotp.random_base32().encode(), operator.id.bytes)


def pending_app(operator: Operator) -> pyotp.TOTP | None:
    """The app that waits for its first code."""
    return None if operator.has_app or operator.totp_secret is None else _app(operator)


def confirm_app(session: Session, operator_id: UUID, code: str) -> list[str]:
    """Put an app in use by its first code, and give ten recovery codes, shown once."""
    operator = session.get_one(Operator, operator_id, with_for_update=True)
    if operator.has_app:
        raise CodeRefused
    _use_app(operator, code)
    operator.totp_confirmed_at = clock.now()
    session.flush()
    return make_codes(session, operator)


def use_code(session: Session, operator_id: UUID, code: str) -> None:
    """Take a code of the app, each time step once, or a recovery code, once."""
    operator = session.get_one(Operator, operator_id, with_for_update=True)
    if len(code.strip().replace(" ", "")) <= CODE_LENGTH:
        if not operator.has_app:
            raise CodeRefused
        _use_app(operator, code)
        return
    query = _codes(operator).where(OperatorRecoveryCode.code_hash == recovery_hash(code))
    held = session.scalar(query.with_for_update())
    if held is None:
        raise CodeRefused
    held.used_at = clock.now()


def check_proof(session: Session, operator: Operator, proof: str) -> None:
    """Let an operator prove again who they are: by a code where there is a second factor, else by the password."""
    if has_factor(session, operator):
        use_code(session, operator.id, proof)
    elif not passwords.fits(proof, operator.password_hash):
        raise SignInRefused


def make_codes(session: Session, operator: Operator) -> list[str]:
    """Ten new recovery codes; the old ones are gone."""
    session.execute(delete(OperatorRecoveryCode).where(OperatorRecoveryCode.operator_id == operator.id))
    codes = new_recovery_codes()
    session.add_all(
        OperatorRecoveryCode(id=ids.new_id(), operator_id=operator.id, code_hash=recovery_hash(code)) for code in codes
    )
    session.flush()
    return codes


def remove_app(session: Session, operator_id: UUID) -> None:
    """Take the app out of use; in production the last factor stays."""
    operator = session.get_one(Operator, operator_id, with_for_update=True)
    _check_removable(session, operator)
    operator.totp_secret, operator.totp_confirmed_at, operator.totp_last_step = None, None, 0


def offer_creation(session: Session, operator: Operator, site: Site) -> dict[str, Any]:
    """Ask an operator's browser to make a passkey."""
    return rules.creation_options(
        site,
        _challenge(session, "new", operator.id),
        user_id=operator.id.bytes,
        user_name=operator.email,
        shown_name=operator.email,
        known=_credentials(session, operator.id),
    )


def offer_use(session: Session, site: Site, operator_id: UUID | None) -> dict[str, Any]:
    """Ask a browser to use a passkey: anybody's at the door, a certain operator's as the second step."""
    allowed = _credentials(session, operator_id) if operator_id else []
    return rules.request_options(site, _challenge(session, "use", operator_id), allowed=allowed)


def take_challenge(session: Session, credential: Credential, *, kind: str, operator_id: UUID | None) -> bytes:
    """Use up the challenge that an answer is for, whatever comes of the answer."""
    challenge = rules.challenge_in(credential)
    held = session.get(OperatorTicket, token_hash(f"{kind}:{challenge}"), with_for_update=True)
    if held is None or held.used_at or held.subject_id != operator_id or clock.now() >= held.expires_at:
        raise PasskeyRefused
    held.used_at = clock.now()
    return base64url_to_bytes(challenge)


def add_passkey(session: Session, operator: Operator, site: Site, challenge: bytes, credential: Credential) -> None:
    """Keep a new passkey."""
    new = rules.checked_creation(site, challenge, credential)
    known = select(OperatorPasskey.id).where(OperatorPasskey.credential_id == new.credential_id)
    if session.scalar(known) is not None:
        raise PasskeyRefused
    session.add(
        OperatorPasskey(
            id=ids.new_id(),
            operator_id=operator.id,
            name="Passkey",
            credential_id=new.credential_id,
            public_key=new.public_key,
            sign_count=new.sign_count,
            created_at=clock.now(),
        )
    )


def operator_of_passkey(
    session: Session, site: Site, challenge: bytes, credential: Credential, *, operator_id: UUID | None
) -> Operator:
    """The operator whom a passkey's answer proves."""
    query = select(OperatorPasskey).where(OperatorPasskey.credential_id == rules.credential_id_of(credential))
    key = session.scalar(query.with_for_update())
    if key is None or operator_id not in (None, key.operator_id):
        raise PasskeyRefused
    operator = session.get_one(Operator, key.operator_id)
    if operator.disabled_at is not None or rules.user_handle_of(credential) not in (None, operator.id.bytes):
        raise PasskeyRefused
    key.sign_count = rules.checked_use(
        site, challenge, credential, public_key=key.public_key, sign_count=key.sign_count
    )
    key.used_at = clock.now()
    return operator


def remove_passkey(session: Session, operator: Operator, passkey_id: UUID | None) -> None:
    """Forget one of the operator's own passkeys; in production the last factor stays."""
    key = session.get(OperatorPasskey, passkey_id, with_for_update=True) if passkey_id else None
    if key is None or key.operator_id != operator.id:
        raise PasskeyUnknown
    _check_removable(session, operator)
    session.delete(key)


def _check_removable(session: Session, operator: Operator) -> None:
    found = factors_of(session, operator)
    if len(found.passkeys) + found.has_app > 1:
        return
    if current().settings.is_production:
        raise OperatorNeedsFactor
    session.execute(delete(OperatorRecoveryCode).where(OperatorRecoveryCode.operator_id == operator.id))


def _use_app(operator: Operator, code: str) -> None:
    if operator.totp_secret is None:
        raise CodeRefused
    app, now = _app(operator), int(clock.now().timestamp()) // TOTP_SECONDS
    codes = {step: app.generate_otp(step) for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1)}
    step = matching_step(codes, code, last_step=operator.totp_last_step)
    if step is None:
        raise CodeRefused
    operator.totp_last_step = step


def _app(operator: Operator) -> pyotp.TOTP:
    sealed = operator.totp_secret or b""
    secret = _cipher().decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], operator.id.bytes)
    return pyotp.TOTP(secret.decode(), name=operator.email, issuer=current().settings.operator_name)


def _cipher() -> AESGCM:
    return AESGCM(current().settings.derived_key("operator-totp"))


def _codes(operator: Operator) -> Any:
    return select(OperatorRecoveryCode).where(
        OperatorRecoveryCode.operator_id == operator.id, OperatorRecoveryCode.used_at.is_(None)
    )


def _challenge(session: Session, kind: str, operator_id: UUID | None) -> bytes:
    challenge = secrets.token_bytes(rules.CHALLENGE_BYTES)
    now = clock.now()
    session.execute(delete(OperatorTicket).where(OperatorTicket.expires_at < now - timedelta(days=1)))
    hashed = token_hash(f"{kind}:{bytes_to_base64url(challenge)}")
    session.add(OperatorTicket(token_hash=hashed, kind=kind, subject_id=operator_id, expires_at=now + CHALLENGE_LIFE))
    session.flush()
    return challenge


def _credentials(session: Session, operator_id: UUID) -> list[bytes]:
    query = select(OperatorPasskey.credential_id).where(OperatorPasskey.operator_id == operator_id)
    return list(session.scalars(query))
