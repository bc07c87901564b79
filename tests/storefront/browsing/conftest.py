"""One open shop and a rival's for all tests of a module: what they hold is only read, unless a test says otherwise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest

from app.catalog.models import Release
from app.kernel import activity, clock
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.roster.models import Artist
from app.storefront.rules.slugs import slug
from tests.factories.catalog import a_release
from tests.factories.labels import a_label
from tests.factories.shop import a_text, a_thing, an_open_shop

HOSTILE = '</script><script>alert("x")</script><img src=x onerror=alert(1)>'
DAY = clock.now().date()


@dataclass
class Shop:
    """A shop with something of everything in it."""

    tenant: Tenant
    release: UUID
    early: UUID
    near: UUID
    hostile: UUID

    @property
    def host(self) -> str:
        return f"{self.tenant.slug}.localhost"

    def path(self, release: UUID, title: str, language: str = "en") -> str:
        return f"/{language}/releases/{slug(title, release)}"


def a_shop() -> Shop:
    """An open shop: an album with prices, one that is early, one for France alone, and one that means harm."""
    tenant = a_label(languages=("de", "en", "ar"))
    an_open_shop(tenant)
    out = (DAY - timedelta(days=40)).isoformat()
    release = a_release(tenant, "Night Line", release_date=out, genre="Jazz")
    early = a_release(tenant, "Tomorrow", release_date=(DAY + timedelta(days=9)).isoformat())
    near = a_release(tenant, "Chez nous", release_date=out)
    hostile = a_release(tenant, f"Harm {HOSTILE}", release_date=out, artists=[f"Mallory {HOSTILE}"])
    a_thing(tenant, release_id=release, title="Download", titles={"de": "Herunterladen"}, price=9_000_000)
    a_thing(tenant, release_id=release, kind="physical", title=f"Vinyl {HOSTILE}", price=24_000_000)
    a_thing(
        tenant,
        kind="physical",
        title="Shirt",
        titles={"de": "Hemd"},
        slug="shirt",
        descriptions={"en": f"<p>Soft.</p>{HOSTILE}"},
    )
    a_text(
        tenant,
        "post",
        "hello",
        {"en": "Hello", "de": "Hallo"},
        {"en": f"<p>First.</p>{HOSTILE}", "de": "<p>Erster.</p>"},
    )
    a_text(tenant, "legal", "imprint", {"en": "Imprint"}, {"en": "<p>Us.</p>"})
    with tenant_work(tenant) as session:
        artist = session.query(Artist).filter_by(name="Ada & the Rest").one()
        session.get_one(Release, near).territories = ["FR"]
        artist.biographies = {"en": f"Plays. {HOSTILE}", "de": "Spielt."}
        activity.record(session, Actor.system(tenant), "artist.changed", subject_type="artist", subject_id=artist.id)
    return Shop(tenant, release, early, near, hostile)


def currency_of(page: str) -> str:
    """The currency that a page says it shows prices in."""
    return re.search(r'· <bdi dir="ltr">([A-Z]{3})</bdi></span></button>', page)[1]


_shops: dict[str, Shop] = {}


@pytest.fixture
def shop(connected, request) -> Shop:
    """The module's own shop."""
    name = request.module.__name__
    if name not in _shops:
        _shops[name] = a_shop()
    return _shops[name]


@pytest.fixture
def fan(client_of, shop):
    """Somebody who looks around, by a browser."""
    client = client_of(shop.host)
    client.headers["accept"] = "text/html"
    client.headers["accept-language"] = "en-DE"
    return client
