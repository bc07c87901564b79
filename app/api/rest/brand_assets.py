"""What a look is made with besides its inputs: logos and fonts; and what other tools take from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from msgspec import Meta
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.api.rest.brand import SECTION
from app.api.rest.conventions import Answer, Call, Part, Resource, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.numbered import Query, asked
from app.api.rest.conventions.schemas import Id, Moment
from app.brand import policies, queries, service
from app.brand.errors import FontRefused, LogoRefused, LogoTooLarge
from app.brand.models import AssetKind, BrandAsset
from app.brand.rules import raster, typeface
from app.brand.service.samples import sample
from app.identity.policies import Visitor
from app.kernel.db import tenant_read
from app.kernel.files.rules import content_disposition
from app.kernel.ids import parse_uuid
from app.kernel.web.pages import told
from app.kernel.web.strict import QueryUnusable
from tenants import billing
from themes.engine import resolve

PDF: Final = "application/pdf"
PICTURES: Final = ("image/svg+xml", "image/png", "image/jpeg", "image/webp")
FACES: Final = ("font/woff2", "font/woff", "font/ttf", "font/otf", "application/octet-stream")
KINDS: Final[dict[str, AssetKind]] = {"wordmark": "wordmark", "mark": "mark", "on_dark": "on_dark", "mono": "mono"}
LOGO: Final[Query] = {
    "kind": {"type": "string", "enum": list(KINDS), "description": "Which logo it is; it must be said."},
    "version_id": {
        "type": "string",
        "format": "uuid",
        "maxLength": 36,
        "description": "The look on whose surfaces it is measured; else the one that is live.",
    },
}
FONT: Final[Query] = {
    "licence": {
        "type": "string",
        "enum": ["yes"],
        "description": "That the label may use the font on its pages; it must be said.",
    }
}


class BrandAssetView(View):
    """A logo or a font as it was cleaned and measured; it never changes, and looks name it by its id."""

    id: Id
    kind: Literal["wordmark", "mark", "on_dark", "mono", "font"]
    facts: dict[str, Any]
    address: Annotated[str, Meta(examples=["/theme/logos/01936f0e-7d2b-7c41-9a55-0c8f5ad8e1b2"])]
    created_by: Id | None
    created_at: Moment


class LogoTaken(View):
    """A logo that was taken, and one in a single colour where the first could not be seen on dark pages."""

    logo: BrandAssetView
    proposed: BrandAssetView | None


class ThemeTokens(View):
    """The design tokens of a look, as the Design Tokens format has them."""

    tokens: dict[str, Any]


def _seen(visitor: Visitor) -> ColumnElement[bool]:
    policies.check_may_view(visitor)
    return BrandAsset.kind != "card"


def _addresses(session: Session, _visitor: Visitor, asset_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    return {asset.id: _address(asset) for asset in session.scalars(queries.assets_named(asset_ids))}


def _address(asset: BrandAsset) -> str:
    return f"/theme/fonts/{asset.id}.woff2" if asset.kind == "font" else f"/theme/logos/{asset.id}"


ASSETS = Resource(
    name="brand_assets",
    view=BrandAssetView,
    model=BrandAsset,
    visible=_seen,
    parts={"address": Part(_addresses, "")},
    filters={"kind": by.choice(BrandAsset.kind, (*KINDS, "font"), "Logos of one kind, or fonts.")},
    usual_sort="-id",
    version=None,
)


@SECTION.listing("/brand-assets", ASSETS, scope="brand:read")
def list_brand_assets(call: Call, session: Session) -> Answer:
    """List logos and fonts. The newest first; each is shown at its address on the label's hosts."""
    return ASSETS.page(call, session)


@SECTION.apart("/brand-assets/logos", scope="brand:write", raw=PICTURES, gives=LogoTaken, query=LOGO)
def add_logo(call: Call, body: bytes) -> Answer:
    """Add a logo. As it is, up to 2 MB; it is drawn anew, and shown where a look names it."""
    policies.check_may_edit(call.visitor)
    said = asked(call, LOGO)
    if "kind" not in said:
        raise QueryUnusable(name="kind")
    with tenant_read(call.tenant) as session:
        known = parse_uuid(said["version_id"]) if "version_id" in said else None
        measured = policies.version_to_read(session, known).flat if "version_id" in said else None
    if not body:
        raise LogoRefused
    if len(body) > raster.LARGEST:
        raise LogoTooLarge
    flat = service.live_theme(call.tenant).flat if measured is None else measured
    kept = service.add_logo(call.actor, KINDS[said["kind"]], body, flat=flat)
    proposed = _asset(kept.proposed) if kept.proposed else None
    return Answer({"logo": _asset(kept.logo), "proposed": proposed}, 201)


@SECTION.apart("/brand-assets/fonts", scope="brand:write", raw=FACES, gives=BrandAssetView, query=FONT)
def add_font(call: Call, body: bytes) -> Answer:
    """Add a font. As it is, up to 4 MB; somebody must have said that the label may use it on its pages."""
    policies.check_may_edit(call.visitor)
    billing.require(call.tenant, "own_fonts")
    has_licence = asked(call, FONT).get("licence") == "yes"
    if not body or len(body) > typeface.LARGEST:
        raise FontRefused
    return Answer(_asset(service.add_font(call.actor, body, has_licence=has_licence)), 201)


def _asset(asset: BrandAsset) -> dict[str, Any]:
    kept = {name: getattr(asset, name) for name in BrandAssetView.__struct_fields__ if name != "address"}
    return kept | {"address": _address(asset)}


@SECTION.get("/themes/{version_id}/tokens", scope="brand:read", gives=ThemeTokens)
def read_theme_tokens(call: Call, session: Session) -> Answer:
    """Read the design tokens of a look. For whoever designs outside."""
    asked(call, {})
    policies.check_may_view(call.visitor)
    version = policies.version_to_read(session, call.id("version_id"))
    return Answer({"tokens": resolve(version.said).tokens})


@SECTION.document("/themes/{version_id}/sample-statement", scope="brand:read", media_type=PDF)
def fetch_sample_statement(call: Call) -> Answer:
    """Fetch a statement as a look prints it. With numbers that are nobody's."""
    asked(call, {})
    policies.check_may_view(call.visitor)
    with tenant_read(call.tenant) as session:
        version = policies.version_to_read(session, call.id("version_id"))
    body = sample(call.tenant, version, partial(told, call.realm), language=call.realm.language)
    name = f"{call.tenant.slug}-sample-{version.number}.pdf"
    headers = {"content-disposition": content_disposition(name, PDF, attachment=True)}
    return Answer(body, headers=headers, media_type=PDF)
