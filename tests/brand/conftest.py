"""Labels whose brand is bare before and after each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.kernel import cache, db
from app.kernel.tenant import Tenant


@pytest.fixture(autouse=True)
def _no_theme_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """A label is bare before a test, whatever ran on it earlier, and after it.

    Only the owner of its tables may take published versions away.
    """
    names = [name for name in ("label", "rival") if name in request.fixturenames]
    tenants = [request.getfixturevalue(name) for name in names]
    for tenant in tenants:
        forget_themes(tenant)
    yield
    for tenant in tenants:
        forget_themes(tenant)


def forget_themes(tenant: Tenant) -> None:
    """Take every theme of a label away, and what the cache holds of them."""
    with db.owner_work(tenant.cell) as owner:
        owner.execute(f'SET LOCAL search_path = "{tenant.id}"')
        owner.execute("ALTER TABLE theme_versions DISABLE TRIGGER keep_published")
        owner.execute("DELETE FROM theme_versions")
        owner.execute("DELETE FROM brand_assets")
        owner.execute("ALTER TABLE theme_versions ENABLE TRIGGER keep_published")
    cache.of(tenant).delete("brand.live")


def states(tenant: Tenant) -> dict[int, str]:
    """The label's versions and their states."""
    with db.tenant_read(tenant) as session:
        return {
            int(number): str(state)
            for number, state in session.execute(text("SELECT number, state FROM theme_versions"))
        }


def actions(tenant: Tenant) -> list[str]:
    """What was written down about themes and brands, oldest first."""
    query = text("SELECT action FROM activity WHERE action LIKE 'theme.%' OR action LIKE 'brand.%' ORDER BY seq")
    with db.tenant_read(tenant) as session:
        return [str(action) for action in session.scalars(query)]
