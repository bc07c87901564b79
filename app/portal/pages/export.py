"""Everything the label has, in one file: asked for, made by a worker, taken through a link that ends."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Stream

from app.identity.pages import visitor_of
from app.kernel import ids
from app.kernel.files.rules import content_disposition
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from tenants.archive import keeping

EXPORT = "/portal/settings/export"
SEE: dict[str, Any] = {"permission": "label.export"}
TAKE: dict[str, Any] = {"permission": "label.export", "recent": True, "in_person": True}
TAR = "application/x-tar"


@get(EXPORT, sync_to_thread=True, opt=SEE)
def export_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Tell what an export of everything holds, and how far the one that was asked for has come."""
    visitor_of(request)
    export, has_failed = keeping.newest(tenant_of(request)) or (None, False)
    return page("portal/export.html", realm_of(request), here=EXPORT, export=export, has_failed=has_failed)


@post(EXPORT, sync_to_thread=True, opt=TAKE)
def ask(request: Request[Any, Any, Any]) -> Redirect:
    """Have everything exported."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    keeping.ask(tenant, by=visitor.actor)
    return flash.done(EXPORT, tenant, sentence("The export is being made."))


@post(f"{EXPORT}/{{export_id:str}}/link", sync_to_thread=True, opt=TAKE)
def take(request: Request[Any, Any, Any], export_id: FromPath[str]) -> Redirect:
    """Lead to the file through a link that is good for ten minutes, for this member alone."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    token = keeping.link(tenant, ids.parse_uuid(export_id), by=visitor.actor)
    return Redirect(f"{EXPORT}/file/{token}", status_code=303)


@get(f"{EXPORT}/file/{{token:str}}", sync_to_thread=True, opt=SEE | {"in_person": True})
def download(request: Request[Any, Any, Any], token: FromPath[str]) -> Stream:
    """Send the file; it imports into an empty label."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    export, content = keeping.opened(tenant, token, by=visitor.actor)
    name = f"{tenant.slug}-{export.asked_at:%Y%m%d}.tar"
    headers = {
        "content-disposition": content_disposition(name, TAR, attachment=True),
        "content-length": str(export.size),
        "cache-control": "no-store",
    }
    return Stream(content, media_type=TAR, headers=headers)


handlers = [export_page, ask, take, download]
