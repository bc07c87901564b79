"""Opening a label: claim a spare, give it its name and hosts, let every slice lay its first rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel import activity, clock, crypto, ids
from app.kernel.actor import Actor
from app.kernel.db import become_label, current, platform_read, platform_work, table_of, tenant_work
from app.kernel.tenant import Tenant, TenantState
from app.settings import HOME_CELL
from tenants.provisioning.claiming import claim_spare
from tenants.provisioning.errors import CellUnknown, NoSpare, RequestKeyReused, SlugTaken
from tenants.provisioning.rules import check_slug, check_wish
from tenants.provisioning.schemas import OpenLabel
from tenants.provisioning.spares import build_spare
from tenants.registry.models import HostRow, TenantRow
from tenants.registry.queries import as_tenant

OpeningStep = Callable[[Session, Tenant, OpenLabel], None]

CLAIM_TRIES = 5

_steps: list[OpeningStep] = []

_FIRST_HOST = insert(table_of(HostRow))


def opening_step(step: OpeningStep) -> OpeningStep:
    """Register what a slice writes into every new label, in the opening's own transaction."""
    if step not in _steps:
        _steps.append(step)
    return step


def open_label(wish: OpenLabel, *, may_build: bool = True) -> Tenant:
    """Open a label, once per request key, and give it back live; nothing of it remains if anything fails.

    Without a spare a schema is built on the spot, which needs the owner's address; `NoSpare` where that may not be.
    """
    check_slug(wish.slug)
    check_wish(wish)
    if wish.cell not in current().settings.owner_urls:
        raise CellUnknown(cell=wish.cell)
    for _ in range(CLAIM_TRIES):
        try:
            tenant = _claim(wish)
        except IntegrityError as clash:
            tenant = _explain(wish, clash)
        if tenant is not None:
            return tenant if tenant.state is not TenantState.PROVISIONING else _finish(tenant, wish)
        if not may_build:
            raise NoSpare
        build_spare(wish.cell)
    raise CellUnknown(cell=wish.cell)


def _claim(wish: OpenLabel) -> Tenant | None:
    """Turn a spare into the label, or find the label that this request opened before; None without a spare."""
    in_one_transaction = wish.cell == HOME_CELL
    state = TenantState.ACTIVE if in_one_transaction else TenantState.PROVISIONING
    with platform_work() as session:
        tenant = claim_spare(session, wish, state)
        if tenant is None:
            return _opened_before(session, wish)
        session.execute(_FIRST_HOST, _first_host(tenant))
        crypto.create_key(session, tenant)
        if in_one_transaction:
            become_label(session, tenant)
            _lay_first_rows(session, tenant, wish)
        return tenant


def _finish(tenant: Tenant, wish: OpenLabel) -> Tenant:
    """Finish an opening in another cell; each part is harmless to repeat, so a crash between them is resumed."""
    with tenant_work(replace(tenant, state=TenantState.ACTIVE)) as session:
        if not activity.has(session, "label.opened"):
            _lay_first_rows(session, tenant, wish)
    with platform_work() as session:
        row = session.get_one(TenantRow, tenant.id, with_for_update=True)
        if row.state == TenantState.PROVISIONING:
            row.state = TenantState.ACTIVE
        session.flush()
        session.refresh(row)
        return as_tenant(row)


def _lay_first_rows(session: Session, tenant: Tenant, wish: OpenLabel) -> None:
    for step in _steps:
        step(session, tenant, wish)
    activity.record(session, Actor.system(tenant), "label.opened", after={"slug": wish.slug, "name": wish.name})


def _opened_before(session: Session, wish: OpenLabel) -> Tenant | None:
    row = session.scalar(select(TenantRow).where(TenantRow.request_key == wish.request_key))
    if row is None:
        return None
    if row.request_hash != wish.fingerprint():
        raise RequestKeyReused
    return as_tenant(row)


def _first_host(tenant: Tenant) -> dict[str, object]:
    """The host under our own domain needs no proof: whoever holds the slug holds it."""
    host = f"{tenant.slug}.{current().settings.base_domain}"
    now = clock.now()
    row = {"id": ids.new_id(), "tenant_id": tenant.id, "host": host, "state": "live"}
    return row | {"is_primary": True, "proven_at": now}


def _explain(wish: OpenLabel, clash: IntegrityError) -> Tenant:
    """Two asked at once: the same request meets its own label, another one learns that the name is taken."""
    with platform_read() as session:
        known = _opened_before(session, wish)
    if known is not None:
        return known
    if "uq_tenants_slug" in str(clash.orig) or "uq_hosts_owned" in str(clash.orig):
        raise SlugTaken(slug=wish.slug) from None
    raise clash
