"""A copy of the label to try things in: asked for, found, made anew, removed, and its clock moved on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import URLEncodedBody
from litestar.response import Redirect

from app.identity.pages import visitor_of
from app.identity.service.notices import base_address
from app.kernel import clock
from app.kernel.errors import Invalid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from tenants.archive import sandboxing

SANDBOX = "/portal/settings/sandbox"
SEE: dict[str, Any] = {"permission": "label.export"}
DO: dict[str, Any] = {"permission": "label.export", "recent": True, "in_person": True}
DAYS = (1, 7, 30, 90, 365)


class ClockForm(msgspec.Struct, forbid_unknown_fields=True):
    """By how many days time is to run ahead."""

    days: str


@get(SANDBOX, sync_to_thread=True, opt=SEE)
def show(request: Request[Any, Any, Any]) -> Response[str]:
    """Tell whether there is a sandbox, where it is, and what time it has; in one, let its clock be moved."""
    visitor_of(request)
    tenant = tenant_of(request)
    standing = sandboxing.Standing() if tenant.is_sandbox else sandboxing.standing(tenant)
    shown: dict[str, Any] = {
        "here": SANDBOX,
        "standing": standing,
        "address": base_address(standing.tenant) if standing.tenant else "",
        "now": clock.now(),
        "days": DAYS,
        "is_ahead": tenant.limits.clock_ahead_seconds > 0,
    }
    return page("portal/sandbox.html", realm_of(request), **shown)


@post(SANDBOX, sync_to_thread=True, opt=DO)
def ask(request: Request[Any, Any, Any]) -> Redirect:
    """Have a copy of the label made to try things in."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    sandboxing.ask(tenant, by=visitor.actor)
    return flash.done(SANDBOX, tenant, sentence("The sandbox is being made."))


@post(f"{SANDBOX}/renewal", sync_to_thread=True, opt=DO)
def make_anew(request: Request[Any, Any, Any]) -> Redirect:
    """Have the sandbox erased and another made of what the label is now."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    sandboxing.make_anew(tenant, by=visitor.actor)
    return flash.done(SANDBOX, tenant, sentence("The sandbox is being made anew, at an address of its own."))


@post(f"{SANDBOX}/removal", sync_to_thread=True, opt=DO)
def remove(request: Request[Any, Any, Any]) -> Redirect:
    """Have the sandbox erased."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    sandboxing.remove(tenant, by=visitor.actor)
    return flash.done(SANDBOX, tenant, sentence("The sandbox is closed and is being erased."))


@post(f"{SANDBOX}/clock", sync_to_thread=True, opt=DO)
def move_clock(request: Request[Any, Any, Any], data: URLEncodedBody[ClockForm]) -> Redirect:
    """Let the sandbox's time run ahead."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    if data.days not in map(str, DAYS):
        raise Invalid
    sandboxing.move_clock(tenant, timedelta(days=int(data.days)), actor=visitor.actor)
    return flash.done(SANDBOX, tenant, sentence("Time has moved on. Sign in again if you are asked to."))


handlers = [show, ask, make_anew, remove, move_clock]
