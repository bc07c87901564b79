"""Where programs get tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Response, post
from litestar.params import RawBody
from sqlalchemy.orm import Session

from app.api.errors import GrantRefused, GrantTypeUnknown, OAuthRefused
from app.api.pages.machines import AS_OAUTH, AnyRequest, form_of, proved, shown_key, told
from app.api.rules.wishes import BY_CODE, BY_DEVICE, BY_ITSELF, BY_REFRESH
from app.api.service import exchanging, issuing, keys, proving
from app.api.service.exchanging import Answer, Exchange
from app.kernel.db import tenant_work
from app.kernel.tenant import READ_ONLY
from app.kernel.web.realm import tenant_of


def _by_itself(session: Session, exchange: Exchange) -> Answer:  # noqa: ARG001 every exchange has one
    form = exchange.form
    resource = issuing.check_resource(exchange.tenant, form.get("resource", "").split())
    return issuing.for_itself(exchange.tenant, exchange.client, form.get("scope", ""), resource, exchange.jkt)


EXCHANGES: dict[str, Callable[[Session, Exchange], Answer | None]] = {
    BY_ITSELF: _by_itself,
    BY_CODE: exchanging.code,
    BY_REFRESH: exchanging.refresh,
    BY_DEVICE: exchanging.device,
}


@post("/oauth/token", sync_to_thread=True, exception_handlers=AS_OAUTH, status_code=200)
def token(request: AnyRequest, body: RawBody) -> Response[bytes]:
    """Give tokens to a program for what it brings (RFC 6749 §3.2)."""
    tenant, form = tenant_of(request), form_of(request, body)
    kind = form.get("grant_type", "")
    if kind not in EXCHANGES:
        raise GrantTypeUnknown if kind else OAuthRefused
    client, key = proved(request, form), shown_key(request)
    if client.client.needs_dpop and key is None:
        raise OAuthRefused.told("invalid_dpop_proof")
    keys.signer_of(tenant)  # a key is read or made here, not while a transaction holds another connection
    with tenant_work(tenant, even=READ_ONLY) as session:
        exchange = Exchange(tenant, proving.fresh(session, client.client.id), form, key)
        given = EXCHANGES[kind](session, exchange)
    if given is None:
        raise GrantRefused
    return told(given, status=400 if "error" in given else 200)


handlers: list[Any] = [token]
