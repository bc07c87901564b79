"""Mail addresses as people type them."""

from __future__ import annotations

from app.identity.rules import normal_email

LONGEST = 254


def address(text: str) -> str | None:
    """One mail address as it is kept, or None where it is none."""
    email = normal_email(text)
    local, at, domain = email.partition("@")
    is_one = bool(local and at and domain) and "@" not in domain and not any(sign.isspace() for sign in email)
    return email if is_one and len(email) <= LONGEST and email.isprintable() else None
