"""What a SAML service posts to us and reads of us."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from app.identity.pages import AnyRequest, cookie_name
from app.identity.pages.door import PER_ADDRESS
from app.identity.pages.visitors import door_work
from app.kernel import clock, limits
from app.kernel.db import tenant_read
from app.kernel.errors import Refusal
from app.kernel.ids import parse_uuid
from app.kernel.web.realm import realm_of, tenant_of
from app.sso.errors import ConnectionUnknown
from app.sso.pages.door import COOKIE, SELF, acs_url, arrived, check_kind, said, told_at_door
from app.sso.policies import connection_to_use
from app.sso.rules import saml
from app.sso.rules.metadata import describe
from app.sso.service import attempts
from app.sso.service.hosts import entity_id, origins_of


class ResponseForm(msgspec.Struct):
    """What a service's page posts; where it would lead on is kept here, not believed from there."""

    saml_response: str = msgspec.field(name="SAMLResponse", default="")


@post("/sso/{connection_id:str}/acs", sync_to_thread=True, status_code=303)
def assertion(request: AnyRequest, connection_id: FromPath[str], data: URLEncodedBody[ResponseForm]) -> Response[Any]:
    """Take a SAML service's answer, once. It comes from another site and without cookies, so nobody is let in yet."""
    tenant = tenant_of(request)
    limits.hit(tenant, f"sign-in-from:{realm_of(request).client}", PER_ADDRESS)
    with tenant_read(tenant) as session:
        connection = connection_to_use(session, parse_uuid(connection_id), also_new=True)
    try:
        body = saml.response_of(data.saml_response)
        request_id = saml.request_answered(body)
        with tenant_read(tenant) as session:
            attempt = attempts.attempt_to_read(session, connection, request_id)
        check_kind(connection, "saml", attempt)
        here = saml.Here(entity_id(tenant, connection.id), acs_url(attempt.origin, connection.id))
        there = saml.There(connection.issuer, tuple(connection.certificates))
        accepted = saml.accepted(
            body, here, there, request_id=request_id, now=clock.now(), groups_claim=connection.groups_claim
        )
        with door_work(tenant) as session:
            attempts.answered_by_post(session, connection, request_id, accepted)
    except Refusal as refusal:
        return told_at_door(request, refusal)
    return Redirect(f"/sso/{connection.id}/finish?{urlencode({'state': request_id})}", status_code=303)


@get("/sso/{connection_id:str}/finish", sync_to_thread=True, opt=SELF)
def finish(request: AnyRequest, connection_id: FromPath[str]) -> Response[Any]:
    """Go on with an answer in the browser that asked."""
    tenant = tenant_of(request)
    try:
        with door_work(tenant) as session:
            connection = connection_to_use(session, parse_uuid(connection_id), also_new=True)
            attempt = attempts.attempt_of(session, connection, said(request, "state") or "")
            attempts.check_browser(attempt, request.cookies.get(cookie_name(COOKIE)) or "")
            attempt.use(clock.now())
        check_kind(connection, "saml", attempt)
    except Refusal as refusal:
        return told_at_door(request, refusal)
    return arrived(request, connection, attempt, lambda: attempts.kept_claims(attempt))


@get("/sso/{connection_id:str}/metadata", sync_to_thread=True)
def metadata(request: AnyRequest, connection_id: FromPath[str]) -> Response[bytes]:
    """Describe ourselves to a service; nothing of it is secret."""
    tenant = tenant_of(request)
    with tenant_read(tenant) as session:
        connection = connection_to_use(session, parse_uuid(connection_id), also_new=True)
    if connection.kind != "saml":
        raise ConnectionUnknown
    places = tuple(acs_url(origin, connection.id) for origin in origins_of(tenant))
    here = saml.Here(entity_id(tenant, connection.id), places[0])
    return Response(describe(here, places), media_type="application/samlmetadata+xml")


handlers: list[Any] = [assertion, finish, metadata]
