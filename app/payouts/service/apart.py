"""Who decided what a payee gets, or where it goes, does not also approve that it is paid."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import DateTime, Select, cast, func, literal, or_, select, union
from sqlalchemy.orm import Session

from app.contracts.models import SplitShare, SplitSheet
from app.identity.policies import hands_of
from app.kernel.activity import Activity
from app.kernel.actor import Actor
from app.payouts.errors import EditedByYou
from app.payouts.models import Payout
from app.roster.models import Payee
from app.royalties.models import Statement

ACCOUNTS: Final = ("payout_method.added", "payout_method.removed", "payout_method.shared")
DEALS: Final = ("contract.drafted", "contract.changed", "contract.amended", "contract.activated", "cost.approved")
SPLITS: Final = ("split.proposed", "split.confirmed", "split.contested")
RATES: Final = ("rate.kept",)
NAMED: Final = 3
"""How many payees a refusal names."""


def require_apart(session: Session, actor: Actor, payees: Collection[UUID]) -> None:
    """Refuse who changed what these payees get, or where it goes, since somebody else last let them be paid."""
    if actor.id is None:
        return
    edited = edited_by(session, actor.id, payees)
    if edited:
        names = session.scalars(select(Payee.name).where(Payee.id.in_(edited)).order_by(Payee.name).limit(NAMED))
        raise EditedByYou(payees=", ".join(names))


def edited_by(session: Session, member: UUID, payees: Collection[UUID]) -> set[UUID]:
    """The payees of whom a member changed what they get, or where it goes, and nobody else let them be paid since.

    What was paid without anybody's approval shows nothing; what arrived later was looked at when it was approved.
    What a program did whose secret they have, they did.
    """
    hands = hands_of(session, {member})
    since = (
        select(Payout.payee_id, func.max(Payout.approved_at).label("at"))
        .where(Payout.payee_id.in_(payees), Payout.paid_at.is_not(None), Payout.approved_by.not_in(hands))
        .group_by(Payout.payee_id)
        .subquery()
    )
    touched = union(_accounts(hands), _deals(hands), _splits(hands), _rates(hands)).subquery()
    never = cast(literal("-infinity"), DateTime(timezone=True))
    query = (
        select(touched.c.payee)
        .outerjoin(since, since.c.payee_id == touched.c.payee)
        .where(touched.c.payee.in_(payees), touched.c.at > func.coalesce(since.c.at, never))
        .distinct()
    )
    return set(session.scalars(query))


def _did(hands: set[UUID], actions: Collection[str]) -> Select[Activity]:
    return select(Activity).where(
        or_(Activity.actor_id.in_(hands), Activity.on_behalf_of.in_(hands)), Activity.action.in_(actions)
    )


def _accounts(hands: set[UUID]) -> Select[UUID, object]:
    did = _did(hands, ACCOUNTS).subquery()
    return select(did.c.subject_id.label("payee"), did.c.at.label("at"))


def _deals(hands: set[UUID]) -> Select[UUID, object]:
    did = _did(hands, DEALS).subquery()
    told = select(Statement.payee_id, Statement.contract_id).distinct().subquery()
    return select(told.c.payee_id.label("payee"), did.c.at.label("at")).join(
        did, did.c.subject_id == told.c.contract_id
    )


def _splits(hands: set[UUID]) -> Select[UUID, object]:
    did = _did(hands, SPLITS).subquery()
    return (
        select(SplitShare.payee_id.label("payee"), did.c.at.label("at"))
        .join(SplitSheet, SplitSheet.id == SplitShare.sheet_id)
        .join(did, did.c.subject_id == SplitSheet.recording_id)
    )


def _rates(hands: set[UUID]) -> Select[UUID, object]:
    """An exchange rate is everybody's who is told something worked out with it."""
    did = _did(hands, RATES).subquery()
    told = select(Statement.payee_id).distinct().subquery()
    return select(told.c.payee_id.label("payee"), did.c.at.label("at")).join(did, literal(value=True))
