"""The shop as a whole: what is out is offered, and orders are taken or not."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.orm import Session

from app.catalog.models import Release
from app.kernel import activity, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.kernel.tenant import Tenant
from app.storefront.models import Product, StoreSettings
from app.storefront.queries.products import unsold_releases
from app.storefront.rules.portal_refusals import NumberUnusable
from app.storefront.rules.products import NewProduct, NewVariant
from app.storefront.rules.usual import is_country, usual_price
from app.storefront.service import products

EUROS: Final = {"single": 2, "ep": 6, "album": 9, "compilation": 9, "dj_mix": 5}
"""What a download of a kind of release usually costs; the label changes it."""


def offer_releases(session: Session, tenant: Tenant, actor: Actor) -> list[Product]:
    """Put a download of each release that is out and has none on sale, at the usual price."""
    wishes = [_wish(tenant, release) for release in unsold_releases(session)]
    made = products.create_all(session, actor, tenant, wishes) if wishes else []
    for product in made:
        products.publish(session, actor, product)
    return made


LONGEST_PREFIX: Final = 8


def _wish(tenant: Tenant, release: Release) -> NewProduct:
    title = f"{release.title} ({release.version_title})" if release.version_title else release.title
    price = usual_price(EUROS[release.kind], tenant.currency)
    return NewProduct(
        kind="digital", title=title[:200], release_id=release.id, variants=[NewVariant(price_micros=price)]
    )


def check_origin(country: str) -> None:
    """Refuse to send from what is no country."""
    if not is_country(country):
        raise NumberUnusable("ships_from", country)


def set_details(
    session: Session, actor: Actor, settings: StoreSettings, *, details: dict[str, Any], version: int
) -> None:
    """Change where the shop sends from, what its orders are called, and for how long things are taken back."""
    if settings.version != version:
        raise Conflict
    check_origin(details["ships_from"])
    prefix = details["order_prefix"]
    if len(prefix) > LONGEST_PREFIX or not all(char.isascii() and (char.isalnum() or char in "-/#") for char in prefix):
        raise NumberUnusable("order_prefix", prefix)
    before = {name: getattr(settings, name) for name in details}
    for name, value in details.items():
        setattr(settings, name, value)
    settings.version, settings.changed_at = settings.version + 1, clock.now()
    session.flush()
    changed = [name for name in details if before[name] != details[name]]
    if changed:
        told: dict[str, Any] = {
            "before": {name: before[name] for name in changed},
            "after": {name: details[name] for name in changed},
        }
        activity.record(session, actor, "shop.changed", subject_type="store_settings", **told)
