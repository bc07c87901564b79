"""Logos and fonts, as forms send them."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg
from litestar.response import Redirect

from app.brand import policies, queries, service
from app.brand.errors import FontRefused, LogoRefused, LogoTooLarge
from app.brand.models import AssetKind
from app.brand.pages.frame import HERE, editor, to_draft, to_overview
from app.brand.rules import raster, typeface
from app.brand.service.assets import Kept
from app.kernel import ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Invalid
from app.kernel.tenant import Tenant
from app.kernel.web.realm import tenant_of
from tenants import billing

Parts = Annotated[dict[str, Any], BodyKwarg(media_type=RequestEncodingType.MULTI_PART)]


def _only(parts: dict[str, Any], *known: str) -> None:
    if not parts.keys() <= set(known):
        raise Invalid(fields=dict.fromkeys(sorted(parts.keys() - set(known))[:5], "There is no such field here."))


def _body(parts: dict[str, Any], most: int) -> bytes:
    """The file in a form; one byte more than allowed is enough to know that it is too long."""
    upload = parts.get("file")
    if not isinstance(upload, UploadFile):
        return b""
    return upload.file.read(most + 1)


@post(f"{HERE}/logos", sync_to_thread=True)
def add_logo(request: Request[Any, Any, Any], data: Parts) -> Redirect:
    """Take a logo in, and put it into the draft it was sent for."""
    visitor, tenant = editor(request), tenant_of(request)
    _only(data, "file", "kind", "draft")
    kind = str(data.get("kind", ""))
    body = _body(data, raster.LARGEST)
    if kind not in queries.LOGOS or not body:
        raise LogoRefused
    if len(body) > raster.LARGEST:
        raise LogoTooLarge
    draft_id = ids.parse_uuid(str(data["draft"])) if data.get("draft") else None
    if draft_id is None:
        service.add_logo(visitor.actor, _kind(kind), body, flat=service.live_theme(tenant).flat)
        return to_overview()
    with tenant_read(tenant) as session:
        flat = policies.version_to_read(session, draft_id).flat
    kept = service.add_logo(visitor.actor, _kind(kind), body, flat=flat)
    _use(tenant, visitor.actor, draft_id, kept)
    return to_draft(draft_id)


def _kind(kind: str) -> AssetKind:
    found: dict[str, AssetKind] = {"wordmark": "wordmark", "mark": "mark", "on_dark": "on_dark", "mono": "mono"}
    return found[kind]


def _use(tenant: Tenant, actor: Actor, draft_id: Any, kept: Kept) -> None:
    """Name the new logo in the draft; what is proposed for dark pages too, where the draft has nothing there yet."""
    with tenant_work(tenant) as session:
        logo = policies.version_to_read(session, draft_id).inputs["logo"]
        said = {kept.logo.kind: str(kept.logo.id)}
        if kept.proposed is not None and not logo["on_dark"]:
            said["mono"] = str(kept.proposed.id)
        service.change_draft(session, actor, draft_id, {"logo": said})


@post(f"{HERE}/fonts", sync_to_thread=True)
def add_font(request: Request[Any, Any, Any], data: Parts) -> Redirect:
    """Take a font in that the label may use."""
    visitor = editor(request)
    billing.require(tenant_of(request), "own_fonts")
    _only(data, "file", "licence", "draft")
    body = _body(data, typeface.LARGEST)
    if not body or len(body) > typeface.LARGEST:
        raise FontRefused
    service.add_font(visitor.actor, body, has_licence=data.get("licence") == "yes")
    draft_id = ids.parse_uuid(str(data["draft"])) if data.get("draft") else None
    return to_draft(draft_id) if draft_id else to_overview()


handlers = [add_logo, add_font]
