"""Logos and fonts as they come in: cleaned, measured, kept; what came in is not kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.brand import activity
from app.brand.errors import AssetUnknown, FontLicenceMissing
from app.brand.models import AssetKind, BrandAsset
from app.brand.policies import asset_to_read
from app.brand.rules import paper, raster, typeface, vector
from app.brand.rules.raster import READABLE, Picture, Tones
from app.brand.rules.vector import Drawing
from app.kernel import clock, files, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant

SVG, PNG, WOFF2 = "image/svg+xml", "image/png", "font/woff2"


@dataclass(frozen=True, slots=True)
class Kept:
    """A logo that was taken, and the version for dark pages that is proposed where the first cannot be seen there."""

    logo: BrandAsset
    proposed: BrandAsset | None


def add_logo(actor: Actor, kind: AssetKind, raw: bytes, *, flat: Mapping[str, Any]) -> Kept:
    """Take a logo in: an SVG is rebuilt, a picture written anew, both are measured on this theme's surfaces."""
    made = vector.sanitise(raw) if _is_svg(raw) else raster.clean(raw)
    light, dark = flat["light"]["surface"], flat["dark"]["surface"]
    tones = raster.tones(_pixels(made), light=light, dark=dark)
    logo = _keep_logo(actor, kind, made, tones)
    proposed = None
    if kind in ("wordmark", "mark") and tones.on_dark is not None and tones.on_dark < READABLE:
        mono = _in_one_colour(made, flat["dark"]["text"])
        proposed = _keep_logo(actor, "mono", mono, raster.tones(_pixels(mono), light=light, dark=dark))
    return Kept(logo, proposed)


def add_font(actor: Actor, raw: bytes, *, has_licence: bool) -> BrandAsset:
    """Take a font in, written anew as WOFF2, when somebody has said that the label may use it."""
    if not has_licence:
        raise FontLicenceMissing(fields={"licence": FontLicenceMissing.message})
    face = typeface.clean(raw)
    paper.check_face(face.woff2)
    facts = {"family": face.family, "glyphs": face.glyphs, "licence_confirmed_by": actor.name}
    return _keep(actor, "font", face.woff2, WOFF2, facts, action="brand.font_added")


def asset_bytes(tenant: Tenant, asset_id: UUID | None, *, fonts: bool = False) -> tuple[bytes, str]:
    """A logo's or a font's bytes and media type; what is of the other kind is not found here."""
    with tenant_read(tenant) as session:
        asset = asset_to_read(session, asset_id)
        if (asset.kind == "font") is not fonts:
            raise AssetUnknown
        stored = session.get_one(files.StoredFile, asset.file_id)
    return b"".join(files.read_object(tenant, stored.sha256)), stored.media_type


def _is_svg(raw: bytes) -> bool:
    head = raw[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<?xml", b"<svg", b"<!"))


def _pixels(made: Drawing | Picture) -> bytes:
    return paper.picture_png(made) if isinstance(made, Drawing) else made.png


def _in_one_colour(made: Drawing | Picture, colour: str) -> Drawing | Picture:
    if isinstance(made, Drawing):
        return vector.in_one_colour(made, colour)
    return raster.in_one_colour(made, colour)


def _keep_logo(actor: Actor, kind: AssetKind, made: Drawing | Picture, tones: Tones) -> BrandAsset:
    facts = {
        "width": round(made.width, 2),
        "height": round(made.height, 2),
        "on_light": _rounded(tones.on_light),
        "on_dark": _rounded(tones.on_dark),
    }
    body, media_type = (made.svg, SVG) if isinstance(made, Drawing) else (made.png, PNG)
    return _keep(actor, kind, body, media_type, facts, action="brand.logo_added")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _keep(
    actor: Actor, kind: AssetKind, body: bytes, media_type: str, facts: dict[str, Any], *, action: str
) -> BrandAsset:
    suffix = {SVG: "svg", PNG: "png", WOFF2: "woff2"}[media_type]
    stored = files.store_stream(actor, [body], name=f"{kind}.{suffix}", media_type=media_type)
    asset = BrandAsset(
        id=ids.new_id(), kind=kind, file_id=stored.id, facts=facts, created_by=actor.id, created_at=clock.now()
    )
    if actor.tenant is None:
        raise AssetUnknown
    with tenant_work(actor.tenant) as session:
        session.add(asset)
        session.flush()
        activity.about_asset(session, actor, action, asset)
    return asset
