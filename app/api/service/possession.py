"""Tokens that only the holder of a key can use (RFC 9449)."""

from __future__ import annotations

from datetime import timedelta

from app.api.rules import proofs
from app.api.rules.tokens import TokenBroken
from app.api.service.once import use_once
from app.kernel import clock
from app.kernel.tenant import Tenant

COUNTS = timedelta(seconds=2 * proofs.PROOF_SECONDS)


def shown_key(tenant: Tenant, given: list[str], *, method: str, url: str, token: str | None = None) -> str | None:
    """The thumbprint of the key that a request proves to hold; None where it proves nothing; `TokenBroken` if badly."""
    if not given:
        return None
    if len(given) > 1:
        raise TokenBroken
    now = clock.now()
    thumbprint, used = proofs.thumbprint_of_proof(given[0], method=method, url=url, now=now, token=token)
    if not use_once(tenant, used, now + COUNTS):
        raise TokenBroken
    return thumbprint
