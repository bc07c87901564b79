"""Mail domains of the label: claimed, proved by a record in DNS, and from then on a sign-in service's."""

from __future__ import annotations

import hmac
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.kernel import activity, clock, ids
from app.kernel.tenant import Tenant
from app.sso.errors import DomainNotProved, DomainTaken, DomainUnusable, TooMany
from app.sso.models import Connection, Domain
from app.sso.service.connections import follow_domains
from app.sso.service.directory import let_in_waiting
from tenants.hosts.gateways.dns import TxtLookup, txt_records
from tenants.hosts.rules import is_ownable, normalise_host

PROOF_RECORD = "_sign-in-proof"
MOST_DOMAINS = 50


def domains_of(session: Session, connection: Connection) -> list[Domain]:
    """A connection's domains, oldest first."""
    query = select(Domain).where(Domain.connection_id == connection.id)
    return list(session.scalars(query.order_by(Domain.created_at, Domain.id)))


def record_of(domain: str) -> str:
    """The name of the TXT record that proves a domain."""
    return f"{PROOF_RECORD}.{domain}"


def claim(session: Session, visitor: Visitor, connection: Connection, text: str) -> Domain:
    """Note that a domain's addresses shall belong to a connection, and say what proves it."""
    typed = text.strip().removeprefix("@")
    name = normalise_host(typed)
    if name is None or not is_ownable(name) or ":" in typed:
        raise DomainUnusable(domain=text[:100])
    if (session.scalar(select(func.count()).select_from(Domain)) or 0) >= MOST_DOMAINS:
        raise TooMany(most=MOST_DOMAINS)
    if session.scalar(select(Domain.id).where(Domain.domain == name)) is not None:
        raise DomainTaken
    row = Domain(
        id=ids.new_id(), connection_id=connection.id, domain=name, proof=ids.new_token(), created_at=clock.now()
    )
    session.add(row)
    session.flush()
    _tell(session, visitor, "sso.domain_claimed", row)
    return row


def look_up(name: str, proof: str, *, lookup: TxtLookup = txt_records) -> bool:
    """Whether the record of a domain says what proves it; no transaction is open while DNS is asked."""
    return any(hmac.compare_digest(value.encode(), proof.encode()) for value in lookup(record_of(name)))


def settle(
    session: Session, tenant: Tenant, visitor: Visitor, connection: Connection, row: Domain, *, is_found: bool
) -> None:
    """Note what DNS said; with its domain proved, whoever the directory told of waits no longer."""
    row.checked_at = clock.now()
    if is_found and row.proven_at is None:
        row.proven_at = clock.now()
        session.flush()
        follow_domains(session)
        _tell(session, visitor, "sso.domain_proved", row)
        let_in_waiting(session, tenant, connection)


def not_proved(name: str, proof: str) -> DomainNotProved:
    """What to say where the record is not there."""
    return DomainNotProved(record=record_of(name), value=proof)


def remove(session: Session, visitor: Visitor, row: Domain) -> None:
    """Let a domain go; who came in by it stays linked."""
    session.delete(row)
    session.flush()
    follow_domains(session)
    _tell(session, visitor, "sso.domain_removed", row)


def connection_for(session: Session, domain: str) -> UUID | None:
    """The connection in use to which a domain's addresses belong."""
    query = select(Connection.id).join(Domain, Domain.connection_id == Connection.id)
    return session.scalar(
        query.where(Domain.domain == domain, Domain.proven_at.is_not(None), Connection.live_at.is_not(None))
    )


def _tell(session: Session, visitor: Visitor, action: str, row: Domain) -> None:
    about = {"domain": row.domain}
    activity.record(session, visitor.actor, action, subject_type="sso_domain", subject_id=row.id, after=about)
