"""What of the artists' app a device may keep, and whose it is."""

from __future__ import annotations

from typing import Any

from litestar import Response

from app.identity.policies import Visitor
from app.kernel import crypto
from app.kernel.tenant import Tenant

SEEN_BY, KEEP = "x-seen-by", "x-keep"
"""Whose page it is, by a name that says nothing about them; and that the worker may keep it for them.

Every page is `no-store` for browsers and whatever lies between. The copies that the app shows without a connection
are its worker's own, of the pages that say so here, for one member at a time; whoever leaves takes them along.
"""


def seen(response: Response[Any], tenant: Tenant, visitor: Visitor, *, keep: bool = False) -> Response[Any]:
    """An answer that says whose it is."""
    response.headers[SEEN_BY] = crypto.fingerprint(tenant, f"artist-app:{visitor.member.id}")[:32]
    if keep and visitor.acting is None:
        response.headers[KEEP] = "1"
    return response
