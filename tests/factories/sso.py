"""Sign-in services of a label, set up without a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar.testing import TestClient
from sqlalchemy import delete

from app.identity.models import Member, MemberSession, SecurityPolicy
from app.identity.policies import Visitor, visitor_for
from app.identity.service.sessions import actor_of
from app.kernel import clock, ids
from app.kernel.db import tenant_work
from app.kernel.tenant import Tenant
from app.sso.models import Connection, Domain, RoleRule
from app.sso.rules.metadata import read_service
from app.sso.service import connections, tokens
from app.sso.service.connections import OidcFacts
from tests.factories.members import a_member
from tests.sso.office import Office
from tests.sso.provider import CLIENT_ID, CLIENT_SECRET, Provider


def a_visitor(tenant: Tenant, role: str = "owner", member: Member | None = None) -> Visitor:
    """Somebody who has just proved who they are."""
    member = member or a_member(tenant, role=role)
    held = MemberSession(id=ids.new_id(), proved_at=clock.now())
    return visitor_for(actor_of(tenant, member), member, held)


def a_connection(
    tenant: Tenant,
    service: Provider | bytes,
    *,
    by: Visitor | None = None,
    domains: tuple[str, ...] = ("label.example",),
    is_live: bool = True,
    roles: dict[str, str] | None = None,
    **facts: Any,
) -> Connection:
    """A connection to a provider, or to a SAML service by its description; with proved domains and groups' roles."""
    visitor = by or a_visitor(tenant)
    with tenant_work(tenant) as session:
        session.execute(delete(Domain).where(Domain.domain.in_(domains)))
        if isinstance(service, bytes):
            made = connections.add_saml(session, visitor, "Office", read_service(service), metadata_url="")
        else:
            told = OidcFacts(service.issuer, CLIENT_ID, CLIENT_SECRET)
            made = connections.add_oidc(session, tenant, visitor, "Office", told)
        for name, value in facts.items():
            setattr(made, name, value)
        made.live_at = clock.now() if is_live else None
        for domain in domains:
            session.add(
                Domain(
                    id=ids.new_id(),
                    connection_id=made.id,
                    domain=domain,
                    proof="proof",
                    created_at=clock.now(),
                    proven_at=clock.now(),
                )
            )
        for place, (group, role) in enumerate((roles or {}).items()):
            rule = {"connection_id": made.id, "place": place, "group_name": group, "role": role}
            session.add(RoleRule(id=ids.new_id(), imprints=[], artists=[], **rule))
    return made


def no_connections(tenant: Tenant) -> None:
    """A label without sign-in services."""
    with tenant_work(tenant) as session:
        session.execute(delete(Connection))
        session.execute(delete(SecurityPolicy))


def directory_of(client_of: Callable[[str], TestClient[Any]], tenant: Tenant) -> TestClient[Any]:
    """A directory's connection to the label's host, with a token of its own: no cookies, no origin."""
    with tenant_work(tenant) as session:
        held = next(iter(connections.connections(session)), None)
    made = held or a_connection(tenant, Office().metadata, domains=(), is_live=False)
    with tenant_work(tenant) as session:
        for row in tokens.tokens_of(session, made):
            session.delete(row)
        token = tokens.make(session, a_visitor(tenant), made)
    opened = client_of(f"{tenant.slug}.localhost")
    opened.headers.pop("origin", None)
    opened.headers["authorization"] = f"Bearer {token}"
    return opened
