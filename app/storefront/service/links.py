"""Addresses that let somebody see their order without an account."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from app.kernel import crypto, ids
from app.kernel.tenant import Tenant

PURPOSE: Final = "store-order"
LIFE: Final = timedelta(days=365)


def order_token(tenant: Tenant, order_id: UUID) -> str:
    """A token that shows one order for a year."""
    return crypto.sign(PURPOSE, tenant, str(order_id), expires_in=LIFE)


def order_path(tenant: Tenant, language: str, order_id: UUID) -> str:
    """The address of an order's page on the label's hosts."""
    return f"/{language}/orders/{order_token(tenant, order_id)}"


def order_id_of(tenant: Tenant, token: str) -> UUID:
    """Which order a token shows; `SignatureRefused` for another label's, an old or an invented one."""
    found = ids.parse_uuid(str(crypto.verify(PURPOSE, tenant, token)))
    if found is None:
        raise crypto.SignatureRefused
    return found
