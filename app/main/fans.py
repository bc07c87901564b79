"""A fan for each scene, who follows its artist and has redeemed a card."""

from __future__ import annotations

from sqlalchemy import select

from app.fans.models import Fan
from app.fans.service import entry, following
from app.kernel import clock, ids
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.roster.models import Artist
from app.storefront.models import DownloadCode, Product
from app.storefront.service import library

CARD = "DEMA-CARD-2345"

NAMES = {"bluehour": ("Jonas Weiß", "DE"), "kite": ("Maya Brooks", "US"), "noor": ("هدى منصور", "AE")}


def make_fans(tenant: Tenant, *, artist: str, password: str) -> None:
    """Make the scene's fan where there is none, with a confirmed address."""
    name, country = NAMES[tenant.slug]
    with tenant_work(tenant) as session:
        email = f"fan@{tenant.slug}.test"
        if session.scalar(select(Fan.id).where(Fan.email == email)) is not None:
            return
        fan = entry.add_fan(
            session, tenant, email=email, name=name, language=tenant.languages[0], country=country, password=password
        )
        followed = session.scalar(select(Artist.id).where(Artist.name == artist))
        if followed is not None:
            following.follow(session, tenant, fan, followed)


def make_library(tenant: Tenant) -> None:
    """Have the scene's fan redeem a card for the first music of the shop."""
    with tenant_work(tenant) as session:
        is_out = Product.ships_on.is_(None) | (Product.ships_on <= clock.day_in(tenant.time_zone))
        music = (Product.state == "live") & (Product.kind == "digital") & Product.release_id.is_not(None)
        first = (Product.release_id, Product.id)
        product = session.scalars(select(Product).where(music, is_out).order_by(*first).limit(1)).first()
        fan = session.scalar(select(Fan).where(Fan.email == f"fan@{tenant.slug}.test"))
        if product is None or fan is None or session.scalar(select(DownloadCode.id).where(DownloadCode.code == CARD)):
            return
        session.add(DownloadCode(id=ids.new_id(), product_id=product.id, batch="Demo", code=CARD, made_at=clock.now()))
        session.flush()
        library.redeem(session, tenant, fan, CARD)
