"""Doors to sign-in services, and how much each of them may bring about."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.errors import BeyondOwn
from app.identity.models import Member
from app.identity.policies import Visitor, permissions_of, require, require_recent
from app.identity.service.places import Place
from app.kernel.errors import NotFound
from app.sso.errors import (
    ConnectionUnknown,
    DomainUnknown,
    NotVouched,
    RuleUnknown,
    TokenUnknown,
)
from app.sso.models import Connection, DirectoryGroup, DirectoryToken, DirectoryUser, Domain, RoleRule

Held = TypeVar("Held", Domain, RoleRule, DirectoryToken, DirectoryUser, DirectoryGroup)


def require_setter(visitor: Visitor) -> None:
    """Refuse whoever may not set how people sign in, or sees a part of the label alone."""
    require(visitor, "security.edit")
    if not visitor.scope.is_whole:
        raise BeyondOwn


def connection_to_read(session: Session, visitor: Visitor, connection_id: UUID | None) -> Connection:
    """A connection as those see it who set how people sign in."""
    require_setter(visitor)
    found = session.get(Connection, connection_id) if connection_id else None
    if found is None:
        raise ConnectionUnknown
    return found


def connection_to_change(session: Session, visitor: Visitor, connection_id: UUID | None) -> Connection:
    """A connection to change, by somebody who has just proved who they are."""
    connection_to_read(session, visitor, connection_id)
    require_recent(visitor)
    return session.get_one(Connection, connection_id, with_for_update={"of": Connection}, populate_existing=True)


def connection_to_use(session: Session, connection_id: UUID | None, *, also_new: bool = False) -> Connection:
    """A connection by which anybody may come in; one that is not in use yet only where it is being tried."""
    found = session.get(Connection, connection_id) if connection_id else None
    if found is None or not (found.is_live or also_new):
        raise ConnectionUnknown
    return found


def of_connection(
    session: Session,
    connection: Connection,
    kind: type[Held],
    row_id: UUID | None,
    unknown: type[NotFound],
    *,
    locked: bool = True,
) -> Held:
    """A row that belongs to a connection; another's is not found."""
    found = session.get(kind, row_id, with_for_update={"of": kind} if locked else None) if row_id else None
    if found is None or found.connection_id != connection.id:
        raise unknown
    return found


def domain_to_change(session: Session, connection: Connection, domain_id: UUID | None) -> Domain:
    """One of a connection's domains."""
    return of_connection(session, connection, Domain, domain_id, DomainUnknown)


def rule_to_change(session: Session, connection: Connection, rule_id: UUID | None) -> RoleRule:
    """One of a connection's rules."""
    return of_connection(session, connection, RoleRule, rule_id, RuleUnknown)


def token_to_end(session: Session, connection: Connection, token_id: UUID | None) -> DirectoryToken:
    """One of a connection's tokens for a directory."""
    return of_connection(session, connection, DirectoryToken, token_id, TokenUnknown)


def check_vouched(connection: Connection, member: Member) -> None:
    """Refuse to let a service speak for a member who may do more than whoever said that it is to be trusted."""
    is_within = permissions_of(member) <= connection.may
    if not is_within or (member.role == "owner" and not connection.vouches_for_owners):
        raise NotVouched


def check_may_place(connection: Connection, place: Place) -> None:
    """Refuse to let a service hand out a role beyond the same bound."""
    if not place.permissions <= connection.may or (place.role == "owner" and not connection.vouches_for_owners):
        raise NotVouched


def require_as_much(visitor: Visitor, connection: Connection) -> None:
    """Refuse what would let somebody bring about by a service what they may not do themselves."""
    is_owner = visitor.member.role == "owner" and visitor.acting is None
    if not connection.may <= visitor.permissions or (connection.vouches_for_owners and not is_owner):
        raise BeyondOwn


def proved_domains(session: Session, connection_id: UUID | None = None) -> dict[str, UUID]:
    """The mail domains that are proved, each with its connection."""
    query = select(Domain.domain, Domain.connection_id).where(Domain.proven_at.is_not(None))
    if connection_id is not None:
        query = query.where(Domain.connection_id == connection_id)
    return {row.domain: row.connection_id for row in session.execute(query)}
