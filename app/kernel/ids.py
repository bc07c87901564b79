"""Names for things: ordered ids for rows, random tokens for secrets, base32 for schemas."""

from __future__ import annotations

import secrets
from uuid import UUID

from uuid_utils import uuid7 as fast_uuid7
from uuid_utils.compat import uuid7

from app.kernel.tenant import is_tenant_id

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_ID_LENGTH = 26
_LONGEST_UUID_TEXT = 36


def new_id() -> UUID:
    """A new row's id: UUIDv7 (RFC 9562 §5.7), so that neighbours in time are neighbours in the index."""
    return uuid7()


def new_ids(count: int) -> list[str]:
    """Many new rows' ids at once, as text, in the order they were made."""
    return [str(fast_uuid7()) for _ in range(count)]


def new_token() -> str:
    """A secret of 32 random bytes that is safe in a URL."""
    return secrets.token_urlsafe(32)


def new_tenant_id() -> str:
    """A new label's id: "l_" and a UUIDv7 in 26 characters of lower-case Crockford base32."""
    number = uuid7().int
    digits = [_CROCKFORD[number >> 5 * place & 31] for place in reversed(range(_ID_LENGTH))]
    tenant_id = "l_" + "".join(digits)
    assert is_tenant_id(tenant_id)  # noqa: S101
    return tenant_id


def parse_uuid(text: str) -> UUID | None:
    """The id that a text from outside spells in its canonical form; None for anything else."""
    if len(text) != _LONGEST_UUID_TEXT:
        return None
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None
