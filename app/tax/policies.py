"""Doors to tax: the label's own people see all payees, an artist's people their own, and nobody signs for others."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, false, select, true
from sqlalchemy.orm import Session

from app.identity.errors import OutOfScope, PermissionMissing, SamePerson
from app.identity.models import Member
from app.identity.policies import Visitor, allows_somewhere, granted_for, hands_of, require
from app.identity.rules import token_hash
from app.identity.rules.permissions import Permission
from app.kernel import clock
from app.kernel.activity.models import Activity
from app.roster.models import Artist, Payee
from app.roster.policies import may_see_artist
from app.tax.errors import CaseUnknown, FormUnknown, InvitationOver, PayeeHidden
from app.tax.models import SanctionsCase, TaxForm, TaxInvitation

OWN_ROLES = ("artist", "artist_manager")
ENTERED = ("party.added", "party.changed", "payee.added")
"""Whoever did one of these to a legal person does not decide a case about it as well."""


def require_all(visitor: Visitor, permission: Permission) -> None:
    """Refuse who lacks a permission for all of the label's money."""
    require(visitor, permission)
    if not visitor.scope.is_whole:
        raise OutOfScope


def sees_all(visitor: Visitor) -> bool:
    """Whether a visitor sees the tax matters of all payees."""
    return "payouts.view" in visitor.permissions and visitor.scope.is_whole


def may_prepare(visitor: Visitor) -> bool:
    """Whether a visitor prepares payouts for the whole label, and so sees full tax numbers where they are needed."""
    return sees_all(visitor) and "payouts.prepare" in visitor.permissions and visitor.acting is None


def own_payees(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `payees` are a visitor's own: of an artist that is theirs, or who let them see their money."""
    if visitor.acting is not None:
        return false()
    theirs = set(granted_for(visitor, "royalties.view"))
    if visitor.member.role in OWN_ROLES and "royalties.view" in visitor.permissions:
        theirs |= set(visitor.member.artists)
    behind = select(Artist.party_id).where(Artist.key.in_(sorted(theirs)), Artist.party_id.is_not(None))
    return Payee.party_id.in_(behind)


def may_see_payee(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `payees` a visitor knows of: all, or those behind artists whose money they see."""
    if sees_all(visitor):
        return true()
    behind = select(Artist.party_id).where(may_see_artist(visitor, "royalties.view"), Artist.party_id.is_not(None))
    return Payee.party_id.in_(behind)


def require_some(visitor: Visitor) -> None:
    """Refuse whoever sees nobody's money."""
    if not (sees_all(visitor) or allows_somewhere(visitor, "royalties.view")):
        raise PermissionMissing


def payee_to_read(session: Session, visitor: Visitor, payee_id: UUID | None) -> Payee:
    """A payee whose tax matters the visitor may look at."""
    require_some(visitor)
    found = session.scalar(select(Payee).where(Payee.id == payee_id, may_see_payee(visitor)))
    if found is None:
        raise PayeeHidden
    return found


def is_own(session: Session, visitor: Visitor, payee: Payee) -> bool:
    """Whether a payee is the visitor's own."""
    return session.scalar(select(Payee.id).where(Payee.id == payee.id, own_payees(visitor))) is not None


def payee_to_fill(session: Session, visitor: Visitor, payee_id: UUID | None) -> Payee:
    """A payee for whom the visitor fills in and signs forms: their own, whatever else they may do at the label."""
    payee = payee_to_read(session, visitor, payee_id)
    if not is_own(session, visitor, payee):
        raise PermissionMissing
    return payee


def payee_to_ask(session: Session, visitor: Visitor, payee_id: UUID | None) -> Payee:
    """A payee whom somebody who prepares payouts asks for a form."""
    payee = payee_to_read(session, visitor, payee_id)
    if not may_prepare(visitor):
        raise PermissionMissing
    return payee


def invitation_to_use(session: Session, token: str, *, lock: bool = False) -> tuple[TaxInvitation, Payee]:
    """Who a link was sent to, while it leads anywhere; with `lock`, nobody signs by it meanwhile."""
    query = select(TaxInvitation).where(TaxInvitation.token_hash == link_hash(token))
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None or not found.is_open(clock.now()):
        raise InvitationOver
    return found, session.get_one(Payee, found.payee_id)


def link_hash(token: str) -> str:
    """What is kept of a link's secret."""
    return token_hash(f"tax:{token}")


def form_to_read(session: Session, visitor: Visitor, payee_id: UUID | None, form_id: UUID | None) -> TaxForm:
    """A form that a payee signed."""
    payee = payee_to_read(session, visitor, payee_id)
    found = session.scalar(select(TaxForm).where(TaxForm.id == form_id, TaxForm.party_id == payee.party_id))
    if found is None:
        raise FormUnknown
    return found


def sees_numbers(session: Session, visitor: Visitor, payee_id: UUID | None) -> bool:
    """Whether a visitor sees a payee's full tax number on paper: their own, or because they answer for payouts."""
    return may_prepare(visitor) or is_own(session, visitor, payee_to_read(session, visitor, payee_id))


def case_to_read(session: Session, visitor: Visitor, case_id: UUID | None) -> SanctionsCase:
    """A case of screening, for whoever sees all payees."""
    require_all(visitor, "payouts.view")
    found = session.get(SanctionsCase, case_id) if case_id else None
    if found is None:
        raise CaseUnknown
    return found


def case_to_decide(session: Session, visitor: Visitor, case_id: UUID | None) -> SanctionsCase:
    """The same, locked, for somebody who approves payouts and had no hand in entering the payee."""
    case = case_to_read(session, visitor, case_id)
    require_all(visitor, "payouts.approve")
    session.refresh(case, with_for_update=True)
    if case.party_id is not None and has_entered(session, visitor.member, case.party_id):
        raise SamePerson
    return case


def has_entered(session: Session, member: Member, party_id: UUID) -> bool:
    """Tell whether a member had a hand in entering or changing a payee: their own, or a program's that is theirs."""
    return not hands_of(session, {member.id}).isdisjoint(entered_by(session, party_id))


def entered_by(session: Session, party_id: UUID) -> set[UUID]:
    """The members who entered a legal person or payee, or changed them."""
    query = (
        select(Activity.actor_id)
        .where(Activity.subject_type == "party", Activity.subject_id == party_id, Activity.action.in_(ENTERED))
        .where(Activity.actor_kind.in_(("member", "client")), Activity.actor_id.is_not(None))
    )
    return {each for each in session.scalars(query.distinct()) if each is not None}
