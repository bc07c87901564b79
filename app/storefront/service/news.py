"""Word to those who follow: on the day on which music comes out that the shop sells, one mail to each of them."""

from __future__ import annotations

from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.catalog.models import Release, ReleaseArtist
from app.fans.models import Fan
from app.fans.service import following, letters
from app.kernel import clock, jobs
from app.kernel.tenant import Tenant
from app.storefront.models import Product
from app.storefront.rules.slugs import slug
from app.streaming.rules.rights import Offer, is_sold_in

AT_ONCE: Final = 500
"""Mails that one transaction asks for; the next one goes on behind them."""


def tell_of_today(session: Session, tenant: Tenant) -> None:
    """Have followers told of what comes out today, once however often it is asked."""
    today = clock.now().astimezone(ZoneInfo(tenant.time_zone)).date().isoformat()
    is_sold = exists().where(Product.release_id == Release.id, Product.state == "live")
    for release_id in session.scalars(select(Release.id).where(Release.release_date == today, is_sold)):
        jobs.ask(session, "storefront.tell_followers", {"release": str(release_id)}, key=f"news:{release_id}:")


def tell_followers(session: Session, tenant: Tenant, release_id: UUID, *, after: UUID | None) -> None:
    """Write to the next followers of a release's artists and of the label, where it is sold."""
    release = session.get(Release, release_id)
    if release is None:
        return
    artists = session.scalars(select(ReleaseArtist.artist_id).where(ReleaseArtist.release_id == release_id)).all()
    found = following.followers(session, artists, after=after, limit=AT_ONCE)
    offer = Offer(release.territories, release.excluded_territories, release.release_date, None)
    for follower in found:
        if follower.fan.country is None or is_sold_in(offer, follower.fan.country):
            _write(session, tenant, follower.fan, follower.what, release)
    if len(found) == AT_ONCE:
        last = str(found[-1].fan.id)
        args = {"release": str(release_id), "after": last}
        jobs.ask(session, "storefront.tell_followers", args, key=f"news:{release_id}:{last}")


def _write(session: Session, tenant: Tenant, fan: Fan, what: str, release: Release) -> None:
    end = letters.leave_link(tenant, fan.id, what)
    link = f"{letters.store_address(tenant)}/{fan.language}/releases/{slug(release.title, release.id)}"
    places = {"name": release.artist_line or tenant.name, "title": release.title, "link": link, "end": end}
    key = f"news:{release.id}:{fan.id}"
    letters.send(session, tenant, fan.email or "", "news", fan.language, places, key=key, unsubscribe=end)
