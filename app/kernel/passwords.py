"""Argon2id (RFC 9106), and a comparison that takes as long when there is nobody to compare with."""

from __future__ import annotations

from functools import cache

from pwdlib import PasswordHash

from app.kernel import ids


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobodys() -> str:
    return _hasher().hash(ids.new_token())


def hashed(password: str) -> str:
    """What is stored of a password."""
    return _hasher().hash(password)


def fits(password: str, stored: str | None) -> bool:
    """Tell whether a password is the stored one; without a stored one the answer is no, after the same time."""
    return _hasher().verify(password, stored or _nobodys()) and stored is not None
