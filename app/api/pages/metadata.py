"""What programs read before they ask: endpoints, abilities, keys."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get

from app.api.pages.machines import AnyRequest
from app.api.rules.proofs import ALGORITHMS
from app.api.rules.scopes import ALL_SCOPES
from app.api.rules.wishes import GRANT_TYPES
from app.api.service import keys
from app.api.service.places import issuer_of, resource_of
from app.kernel.tenant import Tenant
from app.kernel.web.languages import LANGUAGES
from app.kernel.web.realm import tenant_of
from app.kernel.web.surfaces import on

KEPT = {"cache-control": "public, max-age=300"}
CLAIMS = ("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "name", "locale", "email")
SECRETS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]


def described(tenant: Tenant) -> dict[str, object]:
    """The label as an authorization server (RFC 8414) and OpenID provider (OpenID Connect Discovery)."""
    issuer = issuer_of(tenant)
    endpoints = {
        f"{name}_endpoint": f"{issuer}/oauth/{path}"
        for name, path in {
            "authorization": "authorize",
            "token": "token",
            "userinfo": "userinfo",
            "registration": "register",
            "revocation": "revoke",
            "introspection": "introspect",
            "device_authorization": "device_authorization",
            "pushed_authorization_request": "par",
        }.items()
    }
    proving = {"token": [*SECRETS, "none"], "revocation": [*SECRETS, "none"], "introspection": SECRETS}
    methods = {f"{name}_endpoint_auth_methods_supported": known for name, known in proving.items()}
    algorithms = {f"{name}_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS) for name in proving}
    return {
        "issuer": issuer,
        **endpoints,
        **methods,
        **algorithms,
        "jwks_uri": f"{issuer}/oauth/jwks",
        "scopes_supported": list(ALL_SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANT_TYPES),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "claims_supported": list(CLAIMS),
        "prompt_values_supported": ["none", "login", "consent"],
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "claims_parameter_supported": False,
        "ui_locales_supported": [name for name in tenant.languages if name in LANGUAGES],
        "protected_resources": [resource_of(tenant)],
    }


def _told(document: dict[str, object], kind: str = "application/json") -> Response[bytes]:
    return Response(msgspec.json.encode(document), media_type=kind, headers=KEPT)


@on(get, ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"])
def metadata(request: AnyRequest) -> Response[bytes]:
    """Describe the label as an authorization server."""
    return _told(described(tenant_of(request)))


@get("/.well-known/oauth-protected-resource/api/v1", sync_to_thread=True)
def resource(request: AnyRequest) -> Response[bytes]:
    """Describe the label's API as a resource (RFC 9728)."""
    tenant = tenant_of(request)
    return _told(
        {
            "resource": resource_of(tenant),
            "authorization_servers": [issuer_of(tenant)],
            "scopes_supported": list(ALL_SCOPES),
            "bearer_methods_supported": ["header"],
            "dpop_signing_alg_values_supported": list(ALGORITHMS),
        }
    )


@get("/oauth/jwks", sync_to_thread=True)
def jwks(request: AnyRequest) -> Response[bytes]:
    """Publish the keys that the label signs with (RFC 7517 §5)."""
    tenant = tenant_of(request)
    keys.signer_of(tenant)
    return _told({"keys": list(keys.key_set(tenant).public)}, "application/jwk-set+json")


handlers: list[Any] = [*metadata, resource, jwks]
