"""Labels for tests: the two in the room, and as many more as a test opens."""

from __future__ import annotations

from itertools import count
from typing import Any

from app.kernel import db
from app.kernel.tenant import Tenant
from app.main import composition
from app.settings import Settings
from tenants.provisioning.bootstrap import prepare_cells
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.service import open_label
from tenants.registry.queries import tenant_named
from tests.factories import recycling

_numbers = count(1)


def make_template(settings: Settings) -> None:
    """Fill a new database with the shared tables and the two labels every test finds."""
    prepare_cells(settings)
    with composition.connected("test", settings):
        open_label(a_wish("canary", name="Canary Records", time_zone="Europe/Berlin"))
        open_label(a_wish("rival", name="Rival Records", time_zone="America/New_York"))


def a_wish(slug: str | None = None, **details: Any) -> OpenLabel:
    """A whole wish for a label; name only what matters."""
    slug = slug or f"label-{next(_numbers)}"
    defaults = {"name": slug.title(), "owner_email": f"owner@{slug}.test", "request_key": f"test:{slug}"}
    return OpenLabel(slug=slug, **(defaults | details))


def a_label(**details: Any) -> Tenant:
    """A label of the test's own, freshly opened."""
    recycling.make_a_spare()
    tenant = open_label(a_wish(**details))
    if "slug" not in details:  # one with a name is found by it again
        recycling.was_made(tenant)
    return tenant


def the_label(slug: str) -> Tenant:
    """One of the two labels in the room."""
    with db.platform_read() as session:
        return tenant_named(session, slug)
