"""Endpoints for programs: questions pushed ahead, devices, tokens looked into and taken back, who the person is."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import RawBody

from app.api.errors import ClientRefused, ScopeMissing, TokenMissing, TokenRefused
from app.api.pages.machines import AS_OAUTH, AnyRequest, form_of, proved, refused, shown_key, told
from app.api.rules.scopes import OPENID
from app.api.rules.wishes import BY_CODE
from app.api.service import authorizing, devices, ending, introspecting, keys, proving
from app.api.service.callers import caller_of
from app.api.service.issuing import check_grant_type
from app.identity.service.notices import language_of
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import READ_ONLY
from app.kernel.web.realm import tenant_of
from app.kernel.web.refusals import handle


@post("/oauth/par", sync_to_thread=True, exception_handlers=AS_OAUTH, status_code=201)
def push(request: AnyRequest, body: RawBody) -> Response[bytes]:
    """Keep a question for consent that its program sends ahead (RFC 9126)."""
    tenant, form = tenant_of(request), form_of(request, body)
    client_id = proved(request, form).client.id
    key = shown_key(request)
    with tenant_work(tenant, even=READ_ONLY) as session:
        client = proving.fresh(session, client_id)
        check_grant_type(client, BY_CODE)
        redirect_uri = authorizing.redirect_of(client, form.get("redirect_uri"))
        asked = authorizing.checked(tenant, client, form, redirect_uri, jkt=key)
        token = authorizing.keep(session, client, asked, is_pushed=True)
    life = int(authorizing.PUSHED_LIFE.total_seconds())
    return told({"request_uri": authorizing.PUSHED + token, "expires_in": life}, status=201)


@post("/oauth/device_authorization", sync_to_thread=True, exception_handlers=AS_OAUTH, status_code=200)
def begin_device(request: AnyRequest, body: RawBody) -> Response[bytes]:
    """Let a device wait for somebody who allows it (RFC 8628 §3.1)."""
    tenant, form = tenant_of(request), form_of(request, body)
    client_id = proved(request, form).client.id
    with tenant_work(tenant, even=READ_ONLY) as session:
        return told(devices.begin(session, tenant, proving.fresh(session, client_id), form))


@post("/oauth/introspect", sync_to_thread=True, exception_handlers=AS_OAUTH, status_code=200)
def introspect(request: AnyRequest, body: RawBody) -> Response[bytes]:
    """Say what a token is, to the program that it was made out to (RFC 7662)."""
    tenant, form = tenant_of(request), form_of(request, body)
    client = proved(request, form)
    if client.is_public:
        raise ClientRefused  # whoever only names itself may not try tokens out
    keys.key_set(tenant)
    with tenant_read(tenant) as session:
        return told(introspecting.introspected(session, tenant, client.client, form.get("token", "")))


@post("/oauth/revoke", sync_to_thread=True, exception_handlers=AS_OAUTH, status_code=200)
def revoke(request: AnyRequest, body: RawBody) -> Response[bytes]:
    """Take a token back; an unknown one is taken back already (RFC 7009 §2.2)."""
    tenant, form = tenant_of(request), form_of(request, body)
    client_id = proved(request, form).client.id
    keys.key_set(tenant)
    with tenant_work(tenant, even=READ_ONLY) as session:
        ending.revoke_token(session, tenant, proving.fresh(session, client_id), form.get("token", ""))
    return told(None)


def _userinfo(request: AnyRequest) -> Response[bytes]:
    caller, tenant = caller_of(request, OPENID), tenant_of(request)
    if caller.member_id is None:
        raise ScopeMissing(OPENID)
    member = caller.visitor.member
    said: dict[str, object] = {"sub": str(member.id)}
    if "profile" in caller.scopes:
        said |= {"name": member.name, "locale": language_of(tenant, member.language)}
    if "email" in caller.scopes:
        said |= {"email": member.email}
    return told(said)


AS_RESOURCE: dict[Any, Any] = {TokenMissing: handle, TokenRefused: handle, ScopeMissing: handle, Exception: refused}


@get("/oauth/userinfo", sync_to_thread=True, exception_handlers=AS_RESOURCE)
def userinfo(request: AnyRequest) -> Response[bytes]:
    """Say who the person is for whom a program acts (OpenID Connect Core §5.3)."""
    return _userinfo(request)


@post("/oauth/userinfo", sync_to_thread=True, exception_handlers=AS_RESOURCE, status_code=200)
def userinfo_posted(request: AnyRequest) -> Response[bytes]:
    """The same, asked with POST."""
    return _userinfo(request)


handlers: list[Any] = [push, begin_device, introspect, revoke, userinfo, userinfo_posted]
