"""Passwords, tokens, codes and delays as pure functions."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from app.identity.errors import PasswordTooWeak

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
RECOVERY_CODES = 10
TOTP_SECONDS = 30
FREE_FAILURES = {"account": 5, "address": 30}
LONGEST_DELAY = timedelta(minutes=15)
FAILURES_FADE = timedelta(hours=6)


def check_password(password: str, *, email: str) -> None:
    """Refuse a password that is easy to guess; length counts, composition rules do not (NIST SP 800-63B §3.1.1.2)."""
    local_part = email.partition("@")[0].lower()
    contains_name = len(local_part) >= 4 and local_part in password.lower()
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD or contains_name:
        raise PasswordTooWeak(fields={"password": PasswordTooWeak.message})


def normal_email(text: str) -> str:
    """The form under which a mail address is kept and compared."""
    return text.strip().lower()


def token_hash(token: str) -> str:
    """What is stored of a secret token: 32 random bytes need no salt and no slow hash."""
    return hashlib.sha256(token.encode(errors="backslashreplace")).hexdigest()


def new_recovery_codes() -> list[str]:
    """Ten codes of 80 random bits each, written so that a person can copy them."""
    return [_spelled(secrets.token_bytes(10)) for _ in range(RECOVERY_CODES)]


def recovery_hash(code: str) -> str:
    """What is stored of a recovery code, however it was typed."""
    plain = "".join(character for character in code[:80].upper() if character.isalnum())
    return token_hash(f"recovery:{plain}")


def matching_step(codes: dict[int, str], given: str, *, last_step: int) -> int | None:
    """The time step whose code was given and that is younger than the last one used; every code is compared."""
    plain = given.strip().replace(" ", "").encode(errors="backslashreplace")
    found = [step for step, code in codes.items() if hmac.compare_digest(code.encode(), plain)]
    return next((step for step in found if step > last_step), None)


def delay_after(failures: int, *, free: int) -> timedelta:
    """How long to wait after so many failures in a row: nothing at first, then twice as long each time."""
    if failures < free:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(failures - free + 1, 20)), LONGEST_DELAY)


def has_faded(failed_at: datetime, now: datetime) -> bool:
    """Tell whether the last failure is so long ago that counting starts anew."""
    return now - failed_at > FAILURES_FADE


def _spelled(raw: bytes) -> str:
    text = base64.b32encode(raw).decode()
    return "-".join(text[place : place + 4] for place in range(0, len(text), 4))
