"""Icons and cards of a label, drawn once per theme: kept in memory, in the cache, and the card as an object."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy.dialects.postgresql import insert

from app.brand import queries
from app.brand.models import BrandAsset
from app.brand.rules import paper, raster, vector
from app.brand.rules.paper import Brand
from app.brand.rules.raster import Picture
from app.brand.rules.vector import Drawing
from app.brand.service.assets import SVG, asset_bytes
from app.brand.service.live import LiveTheme, live_theme
from app.kernel import cache, clock, ids
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import NotFound
from app.kernel.files import StoredFile, put_object, read_object
from app.kernel.tenant import Tenant, TenantState
from app.kernel.web.languages import direction
from themes.engine.fonts import OWN, font_of

KEPT_SECONDS = 24 * 3600
CARD: Final = "card"
_LARGEST_CARD = 4_000_000


def drawn(tenant: Tenant, theme: LiveTheme, name: str) -> bytes:
    """The favicon ("favicon"), an icon by its name, or the card ("card") of this theme."""
    key = f"brand.drawn:{theme.sha}:{name}:{tenant.name}"
    make = _kept_card if name == CARD else _drawn_icon
    return cache.of(tenant).get_or_make(key, bytes, lambda: make(tenant, theme, name), seconds=KEPT_SECONDS)


def release_card(tenant: Tenant, theme: LiveTheme, title: str, by: str, cover: bytes | None, *, key: str) -> bytes:
    """The picture that other sites show for a release, in this theme; `key` names what the cover shows."""
    said = hashlib.blake2b(f"{title}\0{by}\0{key}\0{tenant.name}".encode(), digest_size=16).hexdigest()

    def make() -> bytes:
        on_dark = theme.flat["scheme"] == "dark" and ("on_dark" in theme.logos or "mono" in theme.logos)
        logo = ("on_dark" if "on_dark" in theme.logos else "mono") if on_dark else "wordmark"
        drawing = paper.release_png(brand_of(tenant, theme, logo=logo), title=title, by=by, cover=cover)
        return raster.lighter(drawing, cache.LARGEST_VALUE)

    return cache.of(tenant).get_or_make(f"brand.release:{theme.sha}:{said}", bytes, make, seconds=KEPT_SECONDS)


def statement_sample(tenant: Tenant, theme: LiveTheme, words: dict[str, Any], *, language: str) -> bytes:
    """A statement of one page in this theme, as PDF."""
    return paper.statement_pdf(brand_of(tenant, theme, language=language, logo="wordmark"), words=words)


class Sheet(NamedTuple):
    """What will stand on paper: texts for one of the templates, gathered while a transaction is open."""

    template: str
    texts: Mapping[str, Any]
    language: str


def draw_sheet(tenant: Tenant, sheet: Sheet) -> bytes:
    """A sheet as PDF in the label's brand; drawn while no transaction is open, which would end over a long one."""
    brand = brand_of(tenant, live_theme(tenant), language=sheet.language, logo="wordmark")
    return paper.sheet_pdf(brand, sheet.template, sheet.texts)


def contract_pdf(tenant: Tenant, theme: LiveTheme, words: dict[str, Any], *, language: str) -> bytes:
    """A contract in this theme, as PDF."""
    return paper.sheet_pdf(brand_of(tenant, theme, language=language, logo="wordmark"), "contract.typ", words)


def _drawn_icon(tenant: Tenant, theme: LiveTheme, name: str) -> bytes:
    brand = brand_of(tenant, theme, logo="mark", colour=theme.flat["light"]["on-accent"])
    if name == "favicon":
        return paper.favicon_svg(brand)
    if name not in paper.ICONS:
        raise NotFound
    return paper.icon_png(brand, name)


def _kept_card(tenant: Tenant, theme: LiveTheme, _name: str) -> bytes:
    """The card as it was kept, or drawn now and kept; a label that may not be changed is drawn for each time."""
    key = f"card:{theme.sha}:{tenant.name}"
    with tenant_read(tenant) as session:
        found = session.execute(queries.card(key)).one_or_none()
    if found is not None:
        return b"".join(read_object(tenant, found[1].sha256))
    on_dark = theme.flat["scheme"] == "dark" and ("on_dark" in theme.logos or "mono" in theme.logos)
    logo = ("on_dark" if "on_dark" in theme.logos else "mono") if on_dark else "wordmark"
    png = paper.card_png(brand_of(tenant, theme, logo=logo), host="", line=theme.legal_name)
    if tenant.state is TenantState.ACTIVE:
        _keep_card(tenant, key, png)
    return png


def _keep_card(tenant: Tenant, key: str, png: bytes) -> None:
    sha256, size = put_object(tenant, [png], most_bytes=_LARGEST_CARD)
    now = clock.now()
    stored = StoredFile(
        id=ids.new_id(), sha256=sha256, size=size, media_type="image/png", name="card.png", created_at=now
    )
    row = {"id": ids.new_id(), "kind": CARD, "file_id": stored.id, "facts": {}, "key": key, "created_at": now}
    with tenant_work(tenant) as session:
        session.add(stored)
        session.flush()
        kept = session.execute(insert(BrandAsset).values(row).on_conflict_do_nothing(index_elements=["key"]))
        if not kept.rowcount:  # type: ignore[attr-defined]  # another request kept the same card first
            session.delete(stored)


def brand_of(
    tenant: Tenant, theme: LiveTheme, *, logo: str, colour: str | None = None, language: str | None = None
) -> Brand:
    """What the templates need; the logo is drawn in one colour where it stands on the brand's."""
    language = language or tenant.languages[0]
    body, kind = _logo(tenant, theme, logo, colour)
    return Brand(
        flat=theme.flat,
        house=tenant.name,
        legal_name=theme.legal_name,
        logo=body,
        logo_kind="png" if kind == "png" else "svg",
        language=language,
        is_rtl=direction(language) == "rtl",
        faces=_own_faces(tenant, theme),
    )


def _own_faces(tenant: Tenant, theme: LiveTheme) -> dict[str, bytes]:
    own = {font_of(key).family: ids.parse_uuid(found[1]) for key in theme.fonts if (found := OWN.fullmatch(key))}
    return {family: asset_bytes(tenant, asset_id, fonts=True)[0] for family, asset_id in own.items()}


def _logo(tenant: Tenant, theme: LiveTheme, kind: str, colour: str | None) -> tuple[bytes | None, str]:
    address = theme.logos.get(kind)
    asset_id = ids.parse_uuid(address.rpartition("/")[2]) if address else None
    if asset_id is None:
        return None, "svg"
    body, media_type = asset_bytes(tenant, asset_id)
    is_svg = media_type == SVG
    if colour is None:
        return body, "svg" if is_svg else "png"
    if is_svg:
        return vector.in_one_colour(Drawing(body, 1, 1), colour).svg, "svg"
    return raster.in_one_colour(Picture(body, 1, 1), colour).png, "png"
