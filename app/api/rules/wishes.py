"""What a program may be made as: its ways in have to fit how it proves itself and where people are sent back to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.api.rules import proofs, redirects
from app.api.rules.tokens import TokenBroken
from app.kernel.sentences import sentence

BY_ITSELF, BY_CODE, BY_REFRESH = "client_credentials", "authorization_code", "refresh_token"
BY_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
GRANT_TYPES = (BY_ITSELF, BY_CODE, BY_REFRESH, BY_DEVICE)
AUTH_METHODS = ("secret", "private_key_jwt", "none")

KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "service": ("secret", (BY_ITSELF,)),
    "site": ("secret", (BY_CODE, BY_REFRESH)),
    "app": ("none", (BY_CODE, BY_REFRESH, BY_DEVICE)),
}
"""The kinds that the portal offers: how each proves itself, and its ways in."""

KIND_SENTENCES = {
    "service": sentence("A program of your own: it acts by itself"),
    "site": sentence("A website of somebody else: people let it act in their name"),
    "app": sentence("An app on people's devices: people let it act in their name"),
}
REDIRECTS_NEEDED = sentence("Write the addresses that people are sent back to, one on each line.")
REDIRECTS_UNUSABLE = sentence(
    "Write whole addresses that start with https://, an app's own scheme, or this machine's own address."
)
GRANTS_UNFIT = sentence("These ways in do not fit together.")
KEYS_UNUSABLE = sentence("Give the public keys of the program, or the https:// address where it publishes them.")


def kind_of(grant_types: Iterable[str], auth_method: str) -> str:
    """Which of the offered kinds a program is nearest to."""
    if BY_ITSELF in grant_types:
        return "service"
    return "app" if auth_method == "none" else "site"


def problems(
    *,
    grant_types: Iterable[str],
    auth_method: str,
    redirect_uris: Iterable[str],
    jwks: dict[str, Any] | None,
    jwks_uri: str | None,
) -> dict[str, str]:
    """What does not fit, by field, a sentence each."""
    found, grants, uris = {}, frozenset(grant_types), list(redirect_uris)
    is_lone_refresh = BY_REFRESH in grants and not grants & {BY_CODE, BY_DEVICE}
    is_unproved = BY_ITSELF in grants and auth_method == "none"
    if not grants or not grants <= frozenset(GRANT_TYPES) or is_lone_refresh or is_unproved:
        found["grant_types"] = GRANTS_UNFIT
    if auth_method not in AUTH_METHODS:
        found["token_endpoint_auth_method"] = GRANTS_UNFIT
    if BY_CODE in grants and not uris:
        found["redirect_uris"] = REDIRECTS_NEEDED
    if len(uris) > redirects.MOST_URIS or not all(redirects.is_usable(uri) for uri in uris):
        found["redirect_uris"] = REDIRECTS_UNUSABLE
    if not _has_fitting_keys(auth_method, jwks, jwks_uri):
        found["jwks"] = KEYS_UNUSABLE
    return found


def _has_fitting_keys(auth_method: str, jwks: dict[str, Any] | None, jwks_uri: str | None) -> bool:
    if auth_method != "private_key_jwt":
        return jwks is None and jwks_uri is None
    if (jwks is None) == (jwks_uri is None):
        return False
    try:
        return jwks is None or bool(proofs.key_set(jwks))
    except TokenBroken:
        return False
