"""A fan for each scene, who follows its artist."""

from __future__ import annotations

from sqlalchemy import select

from app.fans.models import Fan
from app.fans.service import entry, following
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.roster.models import Artist

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
