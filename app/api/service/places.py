"""The label as programs name it: as the issuer of tokens, and as what they are for."""

from __future__ import annotations

from typing import Final

from app.identity.service.notices import base_address
from app.kernel.tenant import Tenant

API: Final = "/api/v1"


def issuer_of(tenant: Tenant) -> str:
    """The label as the issuer of its tokens: its own origin, by whichever of its hosts it was asked."""
    return base_address(tenant)


def resource_of(tenant: Tenant) -> str:
    """The label's API as the audience of tokens (RFC 8707)."""
    return issuer_of(tenant) + API
