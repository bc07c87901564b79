"""The label's own web addresses: claim, DNS record with a live check, primary, removal."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.identity.pages import visitor_of
from app.identity.policies import Visitor, require
from app.kernel.db import current
from app.kernel.errors import Invalid, Refusal
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.cells import Cell, edit
from app.kernel.web.languages import say
from app.kernel.web.pages import page, told_refusal
from app.kernel.web.realm import realm_of, tenant_of
from tenants import billing
from tenants.hosts import service
from tenants.hosts.errors import HostUnknown
from tenants.registry.models import HostRow

HOSTS = "/portal/settings/hosts"
SURFACE_SENTENCES = {
    "": "Everything",
    "storefront": "The shop alone",
    "portal": "The portal alone",
    "artist": "The artists' app alone",
}


class HostForm(msgspec.Struct, forbid_unknown_fields=True):
    """A host, and the only surface it is to serve."""

    host: str
    surface: str = ""


class SurfaceForm(msgspec.Struct, forbid_unknown_fields=True):
    """What a host is to show, and which version of that its editor saw."""

    surface: str
    match: str = ""


def surface_cell(row: HostRow, language: str) -> Cell:
    """What a host shows, as it is edited on its card."""
    choices = tuple((key, say(name, language)) for key, name in SURFACE_SENTENCES.items())
    action, label, value = f"{HOSTS}/{row.id}/surface", sentence("What it shows"), row.surface or ""
    return Cell(id=f"surface-{row.id}", label=label, action=action, field="surface", value=value, choices=choices)


def _allowed(request: Request[Any, Any, Any]) -> tuple[Visitor, Tenant]:
    visitor = visitor_of(request)
    require(visitor, "hosts.edit")
    return visitor, tenant_of(request)


@get("/portal/settings/hosts", sync_to_thread=True)
def list_hosts(request: Request[Any, Any, Any]) -> Response[str]:
    """Show every host with its state and, where it waits, the record that proves it."""
    _, tenant = _allowed(request)
    return _page(request, tenant)


def _page(
    request: Request[Any, Any, Any], tenant: Tenant, *, status: int = 200, problem: str = "", typed: str = ""
) -> Response[str]:
    language = realm_of(request).language
    rows = [(row, service.record_of(row.host), surface_cell(row, language)) for row in service.hosts_of(tenant)]
    shown = {
        "surfaces": SURFACE_SENTENCES,
        "here": HOSTS,
        "rows": rows,
        "problem": problem,
        "typed": typed,
        "base_domain": current().settings.base_domain,
    }
    return page("portal/hosts.html", realm_of(request), status=status, **shown)


@post("/portal/settings/hosts", sync_to_thread=True)
def claim(request: Request[Any, Any, Any], data: URLEncodedBody[HostForm]) -> Response[Any]:
    """Claim a host."""
    visitor, tenant = _allowed(request)
    billing.require(tenant, "own_hosts")
    try:
        service.claim(tenant, data.host, surface=_surface(data.surface), by=visitor.actor)
    except Refusal as refusal:
        problem = told_refusal(realm_of(request), refusal)
        return _page(request, tenant, status=422, problem=problem, typed=data.host[:253])
    return flash.done(HOSTS, tenant, sentence("Now publish the record that is shown."))


@post("/portal/settings/hosts/check", sync_to_thread=True)
def check(request: Request[Any, Any, Any], data: URLEncodedBody[HostForm]) -> Response[Any]:
    """Look for the record, and put the host into service if it is there."""
    visitor, tenant = _allowed(request)
    try:
        service.prove(tenant, data.host, by=visitor.actor)
    except Refusal as refusal:
        return _page(request, tenant, status=422, problem=told_refusal(realm_of(request), refusal))
    return flash.done(HOSTS, tenant, sentence("The address is live."))


@post("/portal/settings/hosts/primary", sync_to_thread=True)
def make_primary(request: Request[Any, Any, Any], data: URLEncodedBody[HostForm]) -> Redirect:
    """Let mails and links name this host."""
    visitor, tenant = _allowed(request)
    service.make_primary(tenant, data.host, by=visitor.actor)
    return flash.done(HOSTS, tenant, sentence("Mails and links name this address from now on."))


@post("/portal/settings/hosts/{host_id:str}/surface", sync_to_thread=True)
def bind(request: Request[Any, Any, Any], host_id: FromPath[str], data: URLEncodedBody[SurfaceForm]) -> Response[Any]:
    """Let a host show everything, or one surface alone."""
    visitor, tenant = _allowed(request)
    billing.require(tenant, "own_hosts")

    def read(_: Session) -> Cell:
        found = next((row for row in service.hosts_of(tenant) if str(row.id) == host_id), None)
        if found is None:
            raise HostUnknown(host="")
        return surface_cell(found, realm_of(request).language)

    def change(_: Session) -> None:
        service.set_surface(tenant, UUID(host_id), _surface(data.surface), by=visitor.actor)

    part = edit(request, read, change, typed=data.surface, match=data.match)
    return part or flash.done(HOSTS, tenant, sentence("Saved."))


def _surface(text: str) -> str | None:
    if text not in SURFACE_SENTENCES:
        raise Invalid
    return text or None


@post("/portal/settings/hosts/removal", sync_to_thread=True)
def remove(request: Request[Any, Any, Any], data: URLEncodedBody[HostForm]) -> Redirect:
    """Take a host out of service."""
    visitor, tenant = _allowed(request)
    service.remove(tenant, data.host, by=visitor.actor)
    return flash.done(HOSTS, tenant, sentence("The address was removed."))


handlers = [list_hosts, claim, check, make_primary, bind, remove]
