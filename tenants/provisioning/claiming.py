"""Making a spare schema somebody's label: one statement, so that fifty openings at once wait for nothing."""

from __future__ import annotations

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.db import table_of
from app.kernel.tenant import Tenant, TenantState
from migrations.compiled import label_head
from tenants.provisioning.schemas import OpenLabel
from tenants.registry.models import TenantRow
from tenants.registry.queries import as_tenant

_tenants = table_of(TenantRow)
_spare, _known = _tenants.alias("spare"), _tenants.alias("known")

_A_SPARE = (
    select(_spare.c.id)
    .where(
        _spare.c.state == TenantState.SPARE,
        _spare.c.cell == bindparam("in_cell"),
        _spare.c.schema_revision == bindparam("at_head"),
        ~exists().where(_known.c.request_key == bindparam("this_request")),
    )
    .order_by(_spare.c.id)
    .limit(1)
    .with_for_update(skip_locked=True, of=_spare)
)
_CLAIM = (
    update(_tenants)
    .where(_tenants.c.id == _A_SPARE.scalar_subquery())
    .values(state=bindparam("as_state"))
    .returning(_tenants)
)


def claim_spare(session: Session, wish: OpenLabel, state: TenantState) -> Tenant | None:
    """Turn a spare of the wished cell into the label; None without one, or if this request has its label."""
    where = {"in_cell": wish.cell, "at_head": label_head(), "this_request": wish.request_key, "as_state": state}
    row = session.execute(_CLAIM, where | _values(wish)).one_or_none()
    return as_tenant(row) if row is not None else None


def _values(wish: OpenLabel) -> dict[str, object]:
    return {
        "slug": wish.slug,
        "name": wish.name,
        "plan": wish.plan,
        "sandbox_of": wish.sandbox_of,
        "time_zone": wish.time_zone,
        "currency": wish.currency,
        "languages": list(wish.languages),
        "request_key": wish.request_key,
        "request_hash": wish.fingerprint(),
        "limits": _limits(wish),
        "opened_at": clock.now(),
    }


def _limits(wish: OpenLabel) -> dict[str, int]:
    if wish.limits is None:
        return {}
    return {name: getattr(wish.limits, name) for name in wish.limits.__slots__}
