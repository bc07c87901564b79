"""Doors to legal persons and to whom they are as payees: contracts name the one, payouts the other."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from app.identity.errors import OutOfScope, PermissionMissing
from app.identity.policies import Visitor, allows_somewhere, require
from app.identity.rules.permissions import Permission
from app.roster.errors import ArtistUnknown, PartyUnknown, PayeeUnknown
from app.roster.models import Artist, Party, Payee
from app.roster.policies import may_see_artist


def may_see_party(visitor: Visitor, permission: Permission = "contracts.view") -> ColumnElement[bool]:
    """For which rows of `parties` a visitor has a permission: all, or those behind artists for whom they have it."""
    if permission in visitor.permissions and visitor.scope.is_whole:
        return true()
    behind = select(Artist.party_id).where(may_see_artist(visitor, permission), Artist.party_id.is_not(None))
    return Party.id.in_(behind)


def party_to_read(session: Session, visitor: Visitor, party_id: UUID | None) -> Party:
    """A legal person that the visitor may know of."""
    if not allows_somewhere(visitor, "contracts.view"):
        raise PermissionMissing
    found = session.scalar(select(Party).where(Party.id == party_id, may_see_party(visitor)))
    if found is None:
        raise PartyUnknown
    return found


def may_do_with(session: Session, visitor: Visitor, party: Party, permission: Permission) -> bool:
    """Whether a visitor has a permission for one legal person."""
    return session.scalar(select(Party.id).where(Party.id == party.id, may_see_party(visitor, permission))) is not None


def party_to_change(
    session: Session, visitor: Visitor, party_id: UUID | None, permission: Permission = "contracts.edit"
) -> Party:
    """The same, locked, for somebody who writes contracts, or for what another permission is needed."""
    party = party_to_read(session, visitor, party_id)
    if not may_do_with(session, visitor, party, permission):
        raise PermissionMissing
    session.refresh(party, with_for_update=True)
    return party


def require_new_party(visitor: Visitor) -> None:
    """Refuse whoever may not add legal persons: whoever is narrowed would not see the new one."""
    require(visitor, "contracts.edit")
    if not visitor.scope.is_whole:
        raise OutOfScope


def payee_to_change(session: Session, visitor: Visitor, party_id: UUID | None, payee_id: UUID | None) -> Payee:
    """A payee of a legal person, locked, for somebody who prepares payouts."""
    party = party_to_change(session, visitor, party_id, "payouts.prepare")
    query = select(Payee).where(Payee.id == payee_id, Payee.party_id == party.id)
    found = session.scalar(query.with_for_update())
    if found is None:
        raise PayeeUnknown
    return found


def artist_to_tie(session: Session, visitor: Visitor, key: str) -> Artist:
    """An artist of this key, locked, for somebody who says who is behind them."""
    query = select(Artist).where(Artist.key == key.strip(), may_see_artist(visitor, "contracts.edit"))
    found = session.scalar(query.with_for_update())
    if found is None:
        raise ArtistUnknown
    return found
