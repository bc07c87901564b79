"""Claiming, proving, removing hosts, and telling the certificate issuer which ones may have one."""

from __future__ import annotations

import hmac
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.db import current, platform_read, platform_work, tenant_work
from app.kernel.tenant import LabelClosing, LabelMoving, LabelSuspended, Tenant, TenantState
from tenants.hosts.errors import (
    HostBelongs,
    HostMalformed,
    HostReserved,
    HostShowsAll,
    HostTaken,
    HostUnknown,
    ProofMissing,
    TooManyHosts,
)
from tenants.hosts.gateways.dns import TxtLookup, txt_records
from tenants.hosts.rules import is_ownable, normalise_host
from tenants.registry.models import HostRow
from tenants.registry.queries import Route

PROOF_RECORD = "_domain-proof"
QUARANTINE = timedelta(days=30)
CLAIM_LIFE = timedelta(days=14)
HOSTS_PER_LABEL = 50


class Directory(Protocol):
    """Whatever knows hosts from memory."""

    def by_host(self, host: str) -> Route | None:
        """The label of a normalised host."""


def hosts_of(tenant: Tenant) -> list[HostRow]:
    """Every host a label claims, owns or has let go, newest last."""
    with platform_read() as session:
        query = select(HostRow).where(HostRow.tenant_id == tenant.id).order_by(HostRow.created_at, HostRow.id)
        return list(session.scalars(query))


def record_of(host: str) -> str:
    """The DNS name whose TXT record proves the ownership of `host`."""
    return f"{PROOF_RECORD}.{host}"


def claim(tenant: Tenant, text: str, *, surface: str | None = None, by: Actor | None = None) -> HostRow:
    """Note that a label wants a host and give the proof it must publish; claiming again gives the same proof."""
    host = _ownable(text)
    with platform_work() as session:
        mine = _of_label(session, tenant, host)
        if mine is not None and mine.state != "quarantined":
            return mine
        _check_free(session, tenant, host)
        _check_count(session, tenant)
        row = mine or HostRow(id=ids.new_id(), tenant_id=tenant.id, host=host)
        row.state, row.surface, row.proof, row.created_at = "pending", surface, ids.new_token(), clock.now()
        row.quarantined_until = None
        session.add(row)
        session.flush()
    _tell(tenant, by, "host.claimed", host)
    return row


def prove(tenant: Tenant, text: str, *, lookup: TxtLookup = txt_records, by: Actor | None = None) -> HostRow:
    """Make a claimed host live if its TXT record says what it must; no database transaction is open while asking."""
    host = _ownable(text)
    with platform_read() as session:
        row = _required(session, tenant, host)
        if row.state == "live":
            return row
        proof = row.proof
    found = any(hmac.compare_digest(value.encode(), proof.encode()) for value in lookup(record_of(host)))
    with platform_work() as session:
        row = _required(session, tenant, host)
        row.checked_at = clock.now()
        if found:
            _go_live(session, row)
    if not found:
        raise ProofMissing(record=record_of(host), value=proof)
    _tell(tenant, by, "host.proven", host)
    return row


def remove(tenant: Tenant, text: str, *, by: Actor | None = None) -> None:
    """Take a host out of service at once; it rests before another label may have it."""
    host = normalise_host(text) or ""
    with platform_work() as session:
        row = _required(session, tenant, host)
        if row.state == "pending":
            session.delete(row)
        elif host.endswith(f".{current().settings.base_domain}"):
            raise HostBelongs(host=host)
        elif row.state == "live":
            row.state, row.is_primary, row.quarantined_until = "quarantined", False, clock.now() + QUARANTINE
    _tell(tenant, by, "host.removed", host)


def make_primary(tenant: Tenant, text: str, *, by: Actor | None = None) -> None:
    """Choose the host that mails and links of the label use."""
    host = normalise_host(text) or ""
    with platform_work() as session:
        row = _required(session, tenant, host)
        if row.state != "live":
            raise HostUnknown(host=host)
        for other in session.scalars(select(HostRow).where(HostRow.tenant_id == tenant.id).with_for_update()):
            other.is_primary = other.id == row.id
    _tell(tenant, by, "host.made_primary", host)


def set_surface(tenant: Tenant, host_id: UUID, surface: str | None, *, by: Actor | None = None) -> None:
    """Bind a host of the label to one surface, or to none, so that it shows everything."""
    with platform_work() as session:
        row = session.get(HostRow, host_id)
        if row is None or row.tenant_id != tenant.id or row.state == "quarantined":
            raise HostUnknown(host="")
        if surface is not None and (row.is_primary or row.host.endswith(f".{current().settings.base_domain}")):
            raise HostShowsAll(host=row.host)
        before, row.surface, host = row.surface, surface, row.host
    _tell(tenant, by, "host.bound", host, before={"surface": before}, surface=surface)


def _tell(
    tenant: Tenant, by: Actor | None, action: str, host: str, before: dict[str, Any] | None = None, **after: Any
) -> None:
    """Write a change into the label's own activity; a label that may not be written to keeps its past as it is."""
    with suppress(LabelSuspended, LabelClosing, LabelMoving):
        with tenant_work(tenant) as session:
            activity.record(session, by or Actor.system(tenant), action, before=before, after={"host": host, **after})


def tidy() -> int:
    """Forget claims that nobody proved and free hosts whose rest is over; give back how many."""
    now = clock.now()
    with platform_work() as session:
        stale = (HostRow.state == "pending") & (HostRow.created_at < now - CLAIM_LIFE)
        rested = (HostRow.state == "quarantined") & (HostRow.quarantined_until < now)
        return len(session.execute(delete(HostRow).where(stale | rested).returning(HostRow.id)).all())


def may_have_certificate(directory: Directory, text: str, *, admin_host: str) -> bool:
    """Answer the certificate issuer from memory: only proven hosts of active labels, and the operator's own."""
    host = normalise_host(text)
    if host is None:
        return False
    route = directory.by_host(host)
    return host == admin_host or (route is not None and route.tenant.state is TenantState.ACTIVE)


def _ownable(text: str) -> str:
    host = normalise_host(text.strip())
    if host is None or not is_ownable(host):
        raise HostMalformed(host=text[:100])
    base = current().settings.base_domain
    if host == base or host.endswith(f".{base}"):
        raise HostReserved(host=host)
    return host


def _of_label(session: Session, tenant: Tenant, host: str) -> HostRow | None:
    query = select(HostRow).where(HostRow.tenant_id == tenant.id, HostRow.host == host)
    return session.scalar(query.with_for_update())


def _required(session: Session, tenant: Tenant, host: str) -> HostRow:
    row = session.scalar(select(HostRow).where(HostRow.tenant_id == tenant.id, HostRow.host == host))
    if row is None:
        raise HostUnknown(host=host[:253])
    return row


def _check_free(session: Session, tenant: Tenant, host: str) -> None:
    """A host that another label owns is taken; one whose rest is over is freed here and now."""
    owner = session.scalar(
        select(HostRow).where(
            HostRow.host == host, HostRow.tenant_id != tenant.id, HostRow.state.in_(("live", "quarantined"))
        )
    )
    if owner is None:
        return
    if not _has_rested(owner, clock.now()):
        raise HostTaken(host=host)
    session.delete(owner)
    session.flush()


def _has_rested(row: HostRow, now: datetime) -> bool:
    return row.state == "quarantined" and row.quarantined_until is not None and row.quarantined_until < now


def _check_count(session: Session, tenant: Tenant) -> None:
    held = session.scalar(select(func.count()).where(HostRow.tenant_id == tenant.id))
    if (held or 0) >= HOSTS_PER_LABEL:
        raise TooManyHosts(most=HOSTS_PER_LABEL)


def _go_live(session: Session, row: HostRow) -> None:
    host = row.host
    row.state, row.proven_at = "live", clock.now()
    try:
        session.flush()
    except IntegrityError:
        raise HostTaken(host=host) from None
