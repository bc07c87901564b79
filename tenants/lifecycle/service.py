"""A label's states after opening; every change is one registry transaction and one line of the label's own activity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.db import become_label, current, platform_work, tenant_work
from app.kernel.errors import Invalid
from app.kernel.money import is_currency
from app.kernel.tenant import Tenant, TenantState
from app.settings import HOME_CELL
from tenants.billing.rules import check_flags, check_plan, check_share
from tenants.lifecycle.errors import WrongState
from tenants.provisioning.errors import SlugTaken
from tenants.provisioning.rules import NO_CURRENCY, check_details, check_slug
from tenants.registry.models import HostRow, TenantRow
from tenants.registry.queries import as_tenant, tenant_row

GRACE = timedelta(days=30)
HOST_QUARANTINE = timedelta(days=90)

Change = Callable[[TenantRow], None]


def suspend(name: str, *, by: Actor, reason: str) -> Tenant:
    """Make a label read-only: its store closes, its people may look, its payouts go on."""

    def change(row: TenantRow) -> None:
        row.state = TenantState.SUSPENDED

    return _change(name, (TenantState.ACTIVE,), change, by=by, action="label.suspended", after={"reason": reason})


def resume(name: str, *, by: Actor) -> Tenant:
    """Give a suspended label, or one that is closing and still in its grace, back to its people."""

    def change(row: TenantRow) -> None:
        row.state, row.erase_after = TenantState.ACTIVE, None

    return _change(name, (TenantState.SUSPENDED, TenantState.CLOSING), change, by=by, action="label.resumed", after={})


def close(name: str, *, by: Actor, grace: timedelta = GRACE) -> Tenant:
    """Begin a label's leaving: read-only and exportable until `grace` has passed, then it may be erased."""

    def change(row: TenantRow) -> None:
        row.state, row.erase_after = TenantState.CLOSING, clock.now() + grace

    after = {"erase_after": (clock.now() + grace).isoformat()}
    from_states = (TenantState.ACTIVE, TenantState.SUSPENDED)
    return _change(name, from_states, change, by=by, action="label.closing", after=after)


def rename(name: str, *, by: Actor, slug: str | None = None, display_name: str | None = None) -> Tenant:
    """Change a label's slug or name; its id, schema and role stay, and its old host rests before anyone may have it."""
    if slug is not None:
        check_slug(slug)
    try:
        with platform_work() as session:
            row = tenant_row(session, name, for_update=True)
            require_state(row, (TenantState.ACTIVE, TenantState.SUSPENDED))
            before = {"slug": row.slug, "name": row.name}
            if slug is not None and slug != row.slug:
                _move_first_host(session, row, slug)
                row.slug = slug
            row.name = display_name or row.name
            after = {"slug": row.slug, "name": row.name}
            session.flush()
            session.refresh(row)
            tenant = as_tenant(row)
            _tell(session, tenant, by, "label.renamed", before=before, after=after)
    except IntegrityError:
        raise SlugTaken(slug=slug) from None
    return tenant


def change_details(name_or_id: str, *, by: Actor, name: str, languages: tuple[str, ...], time_zone: str) -> Tenant:
    """Change what a label is called, the languages it speaks (the first leads) and the clock its days follow."""
    check_details(name=name, languages=languages, time_zone=time_zone)

    def change(row: TenantRow) -> None:
        row.name, row.languages, row.time_zone = " ".join(name.split()), list(languages), time_zone

    after = {"name": name, "languages": list(languages), "time_zone": time_zone}
    return _change(name_or_id, (TenantState.ACTIVE,), change, by=by, action="label.changed", after=after)


def set_currency(name: str, *, by: Actor, currency: str) -> Tenant:
    """Choose what a label counts its money in, before any money was counted."""
    if not is_currency(currency):
        raise Invalid(fields={"currency": NO_CURRENCY})

    def change(row: TenantRow) -> None:
        row.currency = currency

    return _change(name, (TenantState.ACTIVE,), change, by=by, action="label.changed", after={"currency": currency})


def set_plan(name: str, *, by: Actor, plan: str, flags: list[str]) -> Tenant:
    """Give a label another plan and other feature flags; its processes hear of it at once."""
    check_plan(plan)
    chosen = check_flags(flags)

    def change(row: TenantRow) -> None:
        row.plan, row.flags = plan, chosen

    states = (TenantState.ACTIVE, TenantState.SUSPENDED)
    return _change(name, states, change, by=by, action="label.plan_changed", after={"plan": plan, "flags": chosen})


def set_artist_share(name: str, *, by: Actor, share_ppm: int) -> Tenant:
    """Note what the artist side keeps of payouts by the contract between operator and label."""
    share_ppm = check_share(share_ppm)

    def change(row: TenantRow) -> None:
        row.artist_share_ppm = share_ppm

    states = (TenantState.ACTIVE, TenantState.SUSPENDED)
    after = {"artist_share_ppm": share_ppm}
    return _change(name, states, change, by=by, action="label.artist_share_changed", after=after)


def _move_first_host(session: Session, row: TenantRow, slug: str) -> None:
    base = current().settings.base_domain
    now = clock.now()
    session.execute(
        update(HostRow)
        .where(HostRow.tenant_id == row.id, HostRow.host == f"{row.slug}.{base}", HostRow.state == "live")
        .values(state="quarantined", is_primary=False, quarantined_until=now + HOST_QUARANTINE)
    )
    back = select(HostRow).where(HostRow.tenant_id == row.id, HostRow.host == f"{slug}.{base}")
    old = session.scalar(back)
    if old is not None:  # a label may always have its own former host back
        old.state, old.is_primary, old.quarantined_until = "live", True, None
        return
    host = HostRow(
        id=ids.new_id(), tenant_id=row.id, host=f"{slug}.{base}", state="live", is_primary=True, proven_at=now
    )
    session.add(host)


def _change(
    name: str,
    from_states: tuple[TenantState, ...],
    change: Change,
    *,
    by: Actor,
    action: str,
    after: dict[str, Any],
) -> Tenant:
    with platform_work() as session:
        row = tenant_row(session, name, for_update=True)
        require_state(row, from_states)
        before = {"state": row.state}
        change(row)
        session.flush()
        session.refresh(row)
        tenant = as_tenant(row)
        _tell(session, tenant, by, action, before=before, after={"state": tenant.state.value, **after})
        return tenant


def _tell(
    session: Session, tenant: Tenant, by: Actor, action: str, *, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Write the change into the label's own activity, which goes on while the label itself may not be changed.

    In the home cell it is one transaction with the registry's; elsewhere it is written first, because a change that is
    told and not done is found by asking again, and one that is done and not told is not found at all.
    """
    writable = replace(tenant, state=TenantState.ACTIVE)
    if tenant.cell == HOME_CELL:
        become_label(session, writable)
        activity.record(session, by, action, before=before, after=after)
    else:
        with tenant_work(writable) as own:
            activity.record(own, by, action, before=before, after=after)


def require_state(row: TenantRow, states: tuple[TenantState, ...]) -> None:
    """Refuse when the label is in none of `states`."""
    if row.state not in states:
        raise WrongState(row.slug or row.id, row.state, states)
