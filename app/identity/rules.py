"""Passwords and tokens as pure functions."""

from __future__ import annotations

import hashlib

from app.identity.errors import PasswordTooWeak

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256


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
    return hashlib.sha256(token.encode()).hexdigest()
