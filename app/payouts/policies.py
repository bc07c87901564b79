"""Doors to payouts: the label's people by their rights, payees' own people to their own money."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, false, select, true
from sqlalchemy.orm import Session

from app.identity.errors import OutOfScope, PermissionMissing
from app.identity.policies import Visitor, require, require_somewhere
from app.identity.rules.permissions import Permission
from app.kernel.files.belonging import belongs
from app.payouts.errors import DifferenceUnknown, HoldUnknown, PayoutRunUnknown, PayoutUnknown
from app.payouts.models import Payout, PayoutFile, PayoutHold, PayoutRun, RailDifference
from app.roster.errors import PayeeUnknown
from app.roster.models import Artist, Payee
from app.roster.policies import may_see_artist

_Row = TypeVar("_Row", Payout, PayoutRun, PayoutHold, RailDifference)


def sees_all_payouts(visitor: Visitor) -> bool:
    """Whether a visitor sees the payouts of the whole label."""
    return "payouts.view" in visitor.permissions and visitor.scope.is_whole


def _may_see_evidence(visitor: Visitor) -> ColumnElement[bool]:
    """What somebody shows against a payee opens for whoever sees the payouts of the whole label."""
    return true() if sees_all_payouts(visitor) else false()


belongs(PayoutFile.stored_id)  # a file for the bank is fetched where it was made
belongs(PayoutHold.evidence, _may_see_evidence)


def require_all(visitor: Visitor, permission: Permission) -> None:
    """Refuse who lacks a permission for all of the label's money."""
    require(visitor, permission)
    if not visitor.scope.is_whole:
        raise OutOfScope


def may_see_payee(visitor: Visitor, permission: Permission = "payouts.view") -> ColumnElement[bool]:
    """For which rows of `payees` a visitor has a permission: all, or those behind artists for whom they have it."""
    if permission in visitor.permissions and visitor.scope.is_whole:
        return true()
    behind = select(Artist.party_id).where(may_see_artist(visitor, permission), Artist.party_id.is_not(None))
    return Payee.party_id.in_(behind)


def may_see_payout(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `payouts` a visitor sees: those to payees whose money they may look at."""
    return Payout.payee_id.in_(select(Payee.id).where(may_see_payee(visitor)))


def may_see_run(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `payout_runs` a visitor sees: all or none."""
    return true() if sees_all_payouts(visitor) else false()


def payee_to_read(session: Session, visitor: Visitor, payee_id: UUID | None) -> Payee:
    """A payee whose money the visitor may look at."""
    require_somewhere(visitor, "payouts.view")
    found = session.scalar(select(Payee).where(Payee.id == payee_id, may_see_payee(visitor)))
    if found is None:
        raise PayeeUnknown
    return found


def may_ask_for(session: Session, visitor: Visitor, payee: Payee) -> bool:
    """Whether a visitor may ask for a payee's money and say where it goes: the payee's own, or who prepares payouts."""
    if visitor.acting is not None:
        return False
    if "payouts.prepare" in visitor.permissions and visitor.scope.is_whole:
        return True
    own = select(Payee.id).where(Payee.id == payee.id, may_see_payee(visitor, "payouts.ask"))
    return session.scalar(own) is not None


def payee_to_pay(session: Session, visitor: Visitor, payee_id: UUID | None) -> Payee:
    """A payee, for somebody who may ask for their money and say where it goes."""
    payee = payee_to_read(session, visitor, payee_id)
    if not may_ask_for(session, visitor, payee):
        raise PermissionMissing
    return payee


def own_payees(visitor: Visitor) -> ColumnElement[bool]:
    """Which rows of `payees` a visitor sees as their own: behind artists, never all of the label's."""
    keys = sorted((visitor.scope.artists or frozenset()) | frozenset(visitor.granted))
    theirs = Artist.key.in_(keys) & may_see_artist(visitor, "payouts.view")
    return Payee.party_id.in_(select(Artist.party_id).where(theirs, Artist.party_id.is_not(None)))


def payees_behind(session: Session, visitor: Visitor) -> list[Payee]:
    """The payees whose money a visitor sees as their own."""
    return list(session.scalars(select(Payee).where(own_payees(visitor)).order_by(Payee.name, Payee.id)))


def payout_to_read(session: Session, visitor: Visitor, payout_id: UUID | None) -> Payout:
    """A payout that the visitor may look at."""
    require_somewhere(visitor, "payouts.view")
    seen = select(Payee.id).where(may_see_payee(visitor))
    found = session.scalar(select(Payout).where(Payout.id == payout_id, Payout.payee_id.in_(seen)))
    if found is None:
        raise PayoutUnknown
    return found


def payout_to_stop(session: Session, visitor: Visitor, payout_id: UUID | None) -> Payout:
    """The same, locked, for whoever may ask for the payee's money."""
    payout = payout_to_read(session, visitor, payout_id)
    payee_to_pay(session, visitor, payout.payee_id)
    return _locked(session, Payout, payout.id, PayoutUnknown)


def payout_to_approve(session: Session, visitor: Visitor, payout_id: UUID | None) -> Payout:
    """The same, locked, for somebody who approves payouts."""
    payout = payout_to_read(session, visitor, payout_id)
    require_all(visitor, "payouts.approve")
    return _locked(session, Payout, payout.id, PayoutUnknown)


def run_to_read(session: Session, visitor: Visitor, run_id: UUID | None) -> PayoutRun:
    """A payout run that the visitor may look at: runs hold everybody's money."""
    require_all(visitor, "payouts.view")
    found = session.get(PayoutRun, run_id) if run_id else None
    if found is None:
        raise PayoutRunUnknown
    return found


def run_to_change(
    session: Session, visitor: Visitor, run_id: UUID | None, permission: Permission = "payouts.prepare"
) -> PayoutRun:
    """The same, locked, for somebody who prepares payouts, or approves them."""
    run = run_to_read(session, visitor, run_id)
    require(visitor, permission)
    return _locked(session, PayoutRun, run.id, PayoutRunUnknown)


def hold_to_change(session: Session, visitor: Visitor, hold_id: UUID | None) -> PayoutHold:
    """Something held back, locked, for somebody who prepares payouts."""
    require_all(visitor, "payouts.prepare")
    return _locked(session, PayoutHold, hold_id, HoldUnknown)


def difference_to_settle(session: Session, visitor: Visitor, difference_id: UUID | None) -> RailDifference:
    """An open difference with a rail, locked."""
    require_all(visitor, "payouts.prepare")
    found = _locked(session, RailDifference, difference_id, DifferenceUnknown)
    if found.resolved_at is not None:
        raise DifferenceUnknown
    return found


def _locked(session: Session, model: type[_Row], key: UUID | None, unknown: type[Exception]) -> _Row:
    found = session.get(model, key, with_for_update=True, populate_existing=True) if key else None
    if found is None:
        raise unknown
    return found
