"""Where the parts are put together: what every process connects before it does anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from app import settings as settings_module
from app.kernel import db, observe
from app.settings import Settings
from tenants.registry.memory import Registry

SLICES = (
    "app.kernel.activity.tasks",
    "app.kernel.mail",
    "app.kernel.files",
    "app.identity.opening",
    "app.identity.tasks",
    "app.brand.models",
    "app.brand.service.mails",
    "app.brand.tasks",
    "app.ledger.models",
    "app.ledger.activity",
    "app.ledger.tasks",
    "app.lists.models",
    "app.lists.activity",
    "app.sso.models",
    "app.sso.activity",
    "app.sso.tasks",
    "app.roster.service.grants",
    "app.roster.models",
    "app.roster.activity",
    "app.roster.tasks",
    "app.catalog.activity",
    "app.catalog.models",
    "app.catalog.tasks",
    "app.contracts.models",
    "app.contracts.activity",
    "app.contracts.tasks",
    "app.royalties.models",
    "app.royalties.activity",
    "app.royalties.service.naming",
    "app.royalties.tasks",
    "app.fans.models",
    "app.fans.activity",
    "app.fans.tasks",
    "app.storefront.models",
    "app.storefront.activity",
    "app.storefront.service.naming",
    "app.storefront.tasks",
    "app.storefront.service.personal",
    "app.payouts.models",
    "app.payouts.activity",
    "app.payouts.queries.taxed",
    "app.payouts.tasks",
    "app.tax.models",
    "app.tax.activity",
    "app.tax.queries",
    "app.tax.tasks",
    "app.streaming.models",
    "app.streaming.activity",
    "app.streaming.tasks",
    "app.uploads.tasks",
    "app.uploads.activity",
    "app.portal.activity",
    "app.api.models",
    "app.api.activity",
    "app.api.tasks",
    "tenants.tasks",
    "app.main.sandboxes",
    "admin.models",
    "admin.console.models",
    "admin.tasks",
)
"""Modules whose import registers what a slice brings: models, opening steps, tasks, schedules."""


@cache
def settings() -> Settings:
    """The settings of this process, read and checked once."""
    return settings_module.load()


def load_slices() -> None:
    """Import every slice's registrations."""
    from importlib import import_module

    for name in SLICES:
        import_module(name)


@contextmanager
def connected(process: str, chosen: Settings | None = None) -> Iterator[Settings]:
    """Configure logs and databases for one process and let them go at the end."""
    chosen = chosen or settings()
    observe.configure(chosen, process=process)
    load_slices()
    connect(chosen, process)
    try:
        yield chosen
    finally:
        db.close()


def connect(chosen: Settings, process: str, **options: Any) -> None:
    """Connect this process's databases; a forked child calls it again for connections of its own."""
    from tenants.fleet import is_served

    db.connect(
        chosen,
        process,
        is_served=is_served,
        on_engine=lambda engine: observe.watch_engine(engine, slow_ms=chosen.slow_query_ms),
        **options,
    )


def started_registry() -> Registry:
    """A registry that is loaded and follows its changes."""
    registry = Registry()
    registry.start()
    return registry
