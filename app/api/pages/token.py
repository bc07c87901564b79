"""Where programs get tokens."""

from __future__ import annotations

from typing import Any

from litestar import Response, post
from litestar.params import RawBody

from app.api.errors import GrantTypeUnknown, OAuthRefused
from app.api.pages.machines import AS_OAUTH, AnyRequest, form_of, told
from app.api.service import issuing, keys, proving
from app.api.service.clients import BY_ITSELF
from app.kernel.db import tenant_work
from app.kernel.tenant import READ_ONLY
from app.kernel.web.realm import tenant_of


@post("/oauth/token", sync_to_thread=True, exception_handlers=AS_OAUTH, status_code=200)
def token(request: AnyRequest, body: RawBody) -> Response[bytes]:
    """Give tokens to a program for what it brings (RFC 6749 §3.2)."""
    tenant, form = tenant_of(request), form_of(request, body)
    grant_type = form.get("grant_type", "")
    if not grant_type:
        raise OAuthRefused
    proof = proving.proof_of(request.headers.get("authorization"), form)
    keys.signer_of(tenant)  # a key is read or made here, not while a transaction holds another connection
    with tenant_work(tenant, even=READ_ONLY) as session:
        client = proving.proved(session, proof)
        resource = issuing.check_resource(tenant, form.get("resource", "").split())
        if grant_type != BY_ITSELF:
            raise GrantTypeUnknown
        return told(issuing.for_itself(tenant, client, form.get("scope", ""), resource, None))


handlers: list[Any] = [token]
