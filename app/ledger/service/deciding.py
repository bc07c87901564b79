"""From which amount on a second person decides: the label's own choice, below what the platform allows at most."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.identity.policies import Visitor, require, require_owner, require_recent
from app.kernel import activity
from app.ledger.errors import LimitUnusable
from app.ledger.models import MoneyPolicy
from app.ledger.rules import ALONE_UP_TO_MICROS, MOST_ALONE_MICROS


def alone_up_to(session: Session) -> int:
    """The micros of the label's own currency that one person decides about; above it, somebody else agrees."""
    policy = session.get(MoneyPolicy, 1)
    return policy.alone_up_to_micros if policy else ALONE_UP_TO_MICROS


def change_policy(session: Session, visitor: Visitor, *, alone_up_to_micros: int) -> None:
    """Set from which amount on two people decide: lower at once, higher by an owner who has just proved to be one."""
    require(visitor, "label.settings")
    if not 0 <= alone_up_to_micros <= MOST_ALONE_MICROS:
        raise LimitUnusable(fields={"alone_up_to": LimitUnusable.message})
    policy = session.get(MoneyPolicy, 1, with_for_update=True) or MoneyPolicy.usual()
    before = policy.alone_up_to_micros
    if alone_up_to_micros > before:
        require_owner(visitor)
        require_recent(visitor)
    policy.alone_up_to_micros = alone_up_to_micros
    session.add(policy)
    session.flush()
    if alone_up_to_micros != before:
        was, becomes = {"alone_up_to_micros": before}, {"alone_up_to_micros": alone_up_to_micros}
        activity.record(session, visitor.actor, "money.policy_changed", before=was, after=becomes)
