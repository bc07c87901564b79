"""Programs made by programs: dynamic registration, in the name of somebody who may let programs in (RFC 7591)."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, post
from litestar.params import RawBody

from app.api.errors import (
    NameUnusable,
    OAuthRefused,
    ScopeMissing,
    ScopesUnusable,
    TokenMissing,
    TokenRefused,
    WishUnusable,
)
from app.api.models import ApiClient
from app.api.pages.machines import LARGEST_FORM, AnyRequest, refused, told
from app.api.rules import wishes
from app.api.rules.scopes import joined, split
from app.api.service import clients
from app.api.service.callers import caller_of
from app.api.service.clients import Wish
from app.identity.errors import BeyondOwn
from app.identity.policies import require
from app.kernel.db import tenant_work
from app.kernel.egress import AddressRefused
from app.kernel.web.realm import tenant_of
from app.kernel.web.refusals import handle

METHODS = {
    "client_secret_basic": "secret",
    "client_secret_post": "secret",
    "private_key_jwt": "private_key_jwt",
    "none": "none",
}


class Registration(msgspec.Struct, kw_only=True):
    """What a program says of itself (RFC 7591 §2); what is not known here is left alone, as the protocol has it."""

    client_name: str
    scope: str = ""
    grant_types: tuple[str, ...] = (wishes.BY_CODE,)
    response_types: tuple[str, ...] = ("code",)
    token_endpoint_auth_method: str = "client_secret_basic"  # noqa: S105 a method
    redirect_uris: list[str] = []
    jwks: dict[str, Any] | None = None
    jwks_uri: str | None = None
    dpop_bound_access_tokens: bool = False
    require_pushed_authorization_requests: bool = False


def _unusable(request: AnyRequest, problem: Exception) -> Response[Any]:
    """Refusals in the words of registration (RFC 7591 §3.2.2)."""
    if isinstance(problem, WishUnusable) and "redirect_uris" in problem.fields:
        return refused(request, OAuthRefused.told("invalid_redirect_uri"))
    return refused(request, OAuthRefused.told("invalid_client_metadata"))


AS_REGISTRATION: dict[Any, Any] = {
    TokenMissing: handle,
    TokenRefused: handle,
    ScopeMissing: handle,
    WishUnusable: _unusable,
    NameUnusable: _unusable,
    AddressRefused: _unusable,
    ScopesUnusable: _unusable,
    Exception: refused,
}


@post("/oauth/register", sync_to_thread=True, exception_handlers=AS_REGISTRATION, status_code=201)
def register(request: AnyRequest, body: RawBody) -> Response[bytes]:
    """Let a program in, with no more than its maker's token has."""
    caller, tenant = caller_of(request, "clients:write"), tenant_of(request)
    require(caller.visitor, "api.clients")
    wanted = _wish(body)
    try:
        with tenant_work(tenant) as session:
            made = clients.make(session, tenant, caller.visitor, wanted)
    except BeyondOwn:
        raise OAuthRefused.told("invalid_client_metadata") from None
    return told(_told(made.client, made.secret), status=201)


def _wish(body: bytes) -> Wish:
    if len(body) > LARGEST_FORM:
        raise OAuthRefused.told("invalid_client_metadata")
    try:
        said = msgspec.json.decode(body, type=Registration)
    except (msgspec.DecodeError, RecursionError):
        raise OAuthRefused.told("invalid_client_metadata") from None
    if said.token_endpoint_auth_method not in METHODS or set(said.response_types) - {"code"}:
        raise OAuthRefused.told("invalid_client_metadata")
    return Wish(
        name=said.client_name,
        scopes=split(said.scope),
        grant_types=said.grant_types,
        auth_method=METHODS[said.token_endpoint_auth_method],
        redirect_uris=tuple(said.redirect_uris),
        jwks=said.jwks,
        jwks_uri=said.jwks_uri,
        needs_dpop=said.dpop_bound_access_tokens,
        needs_par=said.require_pushed_authorization_requests,
    )


def _told(client: ApiClient, secret: str | None) -> dict[str, object]:
    """A registered program, as the protocol describes it (RFC 7591 §3.2.1)."""
    method = "client_secret_basic" if client.auth_method == "secret" else client.auth_method
    said: dict[str, object] = {
        "client_id": str(client.id),
        "client_id_issued_at": int(client.created_at.timestamp()),
        "client_name": client.name,
        "scope": joined(client.scopes),
        "grant_types": list(client.grant_types),
        "response_types": ["code"] if wishes.BY_CODE in client.grant_types else [],
        "redirect_uris": list(client.redirect_uris),
        "token_endpoint_auth_method": method,
        "dpop_bound_access_tokens": client.needs_dpop,
        "require_pushed_authorization_requests": client.needs_par,
    }
    if secret is not None:
        said |= {"client_secret": secret, "client_secret_expires_at": 0}
    if client.jwks is not None:
        said["jwks"] = client.jwks
    if client.jwks_uri is not None:
        said["jwks_uri"] = client.jwks_uri
    return said


handlers: list[Any] = [register]
