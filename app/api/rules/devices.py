"""Codes that people read from one device and type into another (RFC 8628 §6.1)."""

from __future__ import annotations

import secrets

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so that no code spells a word; no letters that are read for others."""

LENGTH, HALF = 8, 4


def new_user_code() -> str:
    """A code of 34 random bits: few tries, soon over, and each is counted."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def shown(code: str) -> str:
    """A code as it is shown."""
    return f"{code[:HALF]}-{code[HALF:]}"


def typed(text: str) -> str:
    """A code however it was typed."""
    return "".join(letter for letter in text[:40].upper() if letter in LETTERS)
