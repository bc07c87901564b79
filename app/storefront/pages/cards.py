"""The pictures that other sites show for a release."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.brand.service import live_theme, release_card
from app.kernel.db import tenant_read
from app.kernel.errors import NotFound
from app.kernel.files import StoredFile, read_object
from app.kernel.tenant import Tenant
from app.kernel.web.realm import tenant_of
from app.storefront.pages import music
from app.storefront.pages.release import release_named
from app.storefront.pages.shopper import AnyRequest, shopper_in
from app.storefront.service.shop import shop_of

FOR_A_WHILE = {"cache-control": "public, max-age=3600", "cross-origin-resource-policy": "cross-origin"}
SHOWN_AT = "640"


@get("/og/releases/{name:str}", sync_to_thread=True)
def card(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Draw a release's card in the label's brand; once for each look and cover."""
    if not name.endswith(".png"):
        raise NotFound
    tenant = tenant_of(request)
    shopper = shopper_in(request, shop_of(tenant).languages(tenant)[0])
    with tenant_read(tenant) as session:
        release = release_named(session, shopper, name.removesuffix(".png")).row.Release
        cover = _cover(session, tenant, release.artwork)
    title = music.title_of(release, shopper)
    drawing = release_card(
        tenant, live_theme(tenant), title, release.artist_line, cover, key=str(release.artwork_id if cover else "")
    )
    return Response(drawing, media_type="image/png", headers=FOR_A_WHILE)


def _cover(session: Session, tenant: Tenant, artwork: dict[str, Any] | None) -> bytes | None:
    copies = (artwork or {}).get("thumbnails") or {}
    file_id = copies.get(SHOWN_AT, {}).get("webp")
    stored = session.get(StoredFile, UUID(file_id)) if file_id else None
    return b"".join(read_object(tenant, stored.sha256)) if stored else None


handlers = [card]
