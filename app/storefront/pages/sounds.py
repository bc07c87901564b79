"""What a release sounds like: its queue for the player, asked for when somebody presses play, never kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Response
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.catalog.models import Release
from app.kernel import clock
from app.kernel.db import tenant_read
from app.kernel.money import format_money
from app.kernel.web.realm import realm_of
from app.storefront.models import Product
from app.storefront.pages import music
from app.storefront.pages.pictures import picture
from app.storefront.pages.release import Found, release_named
from app.storefront.pages.routes import shop_get
from app.storefront.pages.shopper import NOT_KEPT, AnyRequest, Shopper, shopper_of
from app.storefront.rules import waves
from app.storefront.service.offers import Offer, alone, offers
from app.streaming import service as streaming
from app.streaming.rules.rights import Kind, has_come

LASTS = timedelta(hours=3)


@shop_get("/releases/{name:str}/sounds")
def sounds(request: AnyRequest, name: FromPath[str]) -> Response[Any]:
    """Tell a player what there is to hear of a release, in this country and today."""
    shopper = shopper_of(request)
    with tenant_read(shopper.tenant) as session:
        found = release_named(session, shopper, name)
        granted = _granted(session, shopper, found)
        theirs = Product.recording_id.in_(granted)
        sold = alone(offers(session, shopper.tenant, shopper.market, music.today(shopper), theirs)) if granted else {}
    locale = realm_of(request).locale
    return Response(_queue(shopper, found, granted, sold, locale), headers=NOT_KEPT | {"x-robots-tag": "noindex"})


def listening(shopper: Shopper, release: Release) -> Kind:
    """What the label lets everybody hear; of what is not out yet never more than a preview."""
    is_out = has_come(release.release_date, music.today(shopper))
    return "full" if is_out and shopper.shop.facts.get("listening") == "full" else "preview"


def _granted(session: Session, shopper: Shopper, found: Found) -> dict[UUID, str]:
    kind = listening(shopper, found.row.Release)
    wanted = [UUID(track["id"]) for track in found.tracks if track["heard"]]
    if not wanted:
        return {}
    made = streaming.has_renditions(session, wanted, kind)
    there = {one for one in wanted if one in made or kind == "full"}
    until = clock.now() + LASTS
    return streaming.grants(session, shopper.tenant, there, kind=kind, country=shopper.country, until=until)


def _queue(
    shopper: Shopper, found: Found, granted: dict[UUID, str], sold: dict[str, Offer], locale: str
) -> list[dict[str, Any]]:
    release = found.row.Release
    whole = listening(shopper, release) == "full"
    cover = picture(release.artwork, most=320)
    page = f"{shopper.root}/releases/{found.slug}"
    return [
        {
            "id": track["id"],
            "title": music.titled(track["title"], track["titles"], shopper),
            "artist": track["artists"],
            "page": f"{page}#t{place}",
            "cover": cover.src if cover else "",
            "hls": streaming.stream_url(granted[UUID(track["id"])]),
            "src": f"/stream/{granted[UUID(track['id'])]}",
            "seconds": round((track["ms"] or 0) / 1000) if whole else 0,
            "bars": list(waves.bars(track["waveform"])) if whole else [],
            "buy": _buy(None if track["only"] else sold.get(track["id"]), locale),
        }
        for place, track in enumerate(found.tracks, 1)
        if UUID(track["id"]) in granted
    ]


def _buy(offer: Offer | None, locale: str) -> dict[str, str] | None:
    """What is put into the basket for this track alone, and what it costs here."""
    if offer is None or not offer.is_there:
        return None
    return {"variant": str(offer.variant.id), "price": format_money(offer.micros, offer.currency, locale)}


handlers = [sounds]
