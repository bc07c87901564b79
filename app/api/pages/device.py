"""Where a person types the code that a device shows, and allows the device or not."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import URLEncodedBody

from app.api.errors import CodeUnknown
from app.api.rules.devices import shown, typed
from app.api.rules.scopes import sentences_of
from app.api.service import devices
from app.identity.pages import AnyRequest, visitor_of
from app.identity.policies import Visitor
from app.kernel import limits
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import READ_ONLY
from app.kernel.web.pages import page, told, told_refusal
from app.kernel.web.realm import realm_of, tenant_of

PAGE = devices.PAGE
TRIES = "10/10minutes"
"""A person types a few codes; who guesses has a chance of one in a thousand million with all of these."""

IN_PERSON: dict[str, Any] = {"in_person": True}


class CodeForm(msgspec.Struct, forbid_unknown_fields=True):
    """A code as it was typed."""

    user_code: str


class DecisionForm(msgspec.Struct, forbid_unknown_fields=True):
    """What a person decides about the device that shows a code."""

    user_code: str
    decision: str


def _entry(request: AnyRequest, *, code: str = "", problem: str | None = None, status: int = 200) -> Response[str]:
    return page("api/device.html", realm_of(request), status=status, code=code, problem=problem, done=None)


@get(PAGE, sync_to_thread=True, opt=IN_PERSON)
def device_page(request: AnyRequest) -> Response[str]:
    """Ask for the code; one that came with the address still has to be compared and sent by the person."""
    visitor_of(request)
    code = typed(request.query_params.get("user_code", ""))
    return _entry(request, code=shown(code) if code else "")


@post(PAGE, sync_to_thread=True, opt=IN_PERSON, status_code=200)
def enter_code(request: AnyRequest, data: URLEncodedBody[CodeForm]) -> Response[Any]:
    """Show who waits with this code, and for what."""
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    limits.hit(tenant, f"device:{visitor.member.id}", TRIES)
    try:
        with tenant_read(tenant) as session:
            held, client = devices.waiting(session, data.user_code)
    except CodeUnknown as refusal:
        return _entry(request, code=data.user_code[:20], problem=told_refusal(realm, refusal), status=404)
    return page(
        "api/consent.html",
        realm,
        program=client.name,
        person=visitor.member,
        sentences=[told(realm, text) for text in sentences_of(held.scopes)],
        imprints=client.imprints,
        artists=client.artists,
        leads_to=None,
        action=f"{PAGE}/decision",
        user_code=shown(held.user_code),
    )


@post(f"{PAGE}/decision", sync_to_thread=True, opt=IN_PERSON, status_code=200)
def decide(request: AnyRequest, data: URLEncodedBody[DecisionForm]) -> Response[Any]:
    """Let the device act in the person's name, or not."""
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    limits.hit(tenant, f"device:{visitor.member.id}", TRIES)
    try:
        done = _decided(request, visitor, data)
    except CodeUnknown as refusal:
        return _entry(request, problem=told_refusal(realm, refusal), status=404)
    return page("api/device.html", realm, code="", problem=None, done=done)


def _decided(request: AnyRequest, visitor: Visitor, data: DecisionForm) -> dict[str, Any]:
    is_allowed = data.decision == "allow"
    with tenant_work(tenant_of(request), even=READ_ONLY) as session:
        client = devices.decide(session, visitor, data.user_code, allowed=is_allowed)
    return {"program": client.name, "allowed": is_allowed}


handlers: list[Any] = [device_page, enter_code, decide]
