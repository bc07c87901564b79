"""What is asked for when a label is opened."""

from __future__ import annotations

import hashlib

import msgspec

from app.kernel.tenant import Limits
from app.settings import HOME_CELL


class OpenLabel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A wish for a label; the same `request_key` with the same details opens it once."""

    slug: str
    name: str
    owner_email: str
    request_key: str
    cell: str = HOME_CELL
    time_zone: str = "UTC"
    currency: str = "EUR"
    languages: tuple[str, ...] = ("en",)
    plan: str = "standard"
    limits: Limits | None = None
    sandbox_of: str | None = None

    def fingerprint(self) -> str:
        """A hash of every detail but the key, so that a reused key is recognised."""
        details = msgspec.structs.replace(self, request_key="")
        return hashlib.sha256(msgspec.json.encode(details, order="deterministic")).hexdigest()
