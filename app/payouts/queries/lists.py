"""Lists of payouts, and what payees earned."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, Text, cast, func, or_, select, true
from sqlalchemy.orm import Session

from app.identity.policies import Visitor
from app.payouts.models import Payout, PayoutMethod, PayoutRun, PayoutRunLine
from app.payouts.policies import may_see_payee
from app.payouts.rules.states import STATES
from app.roster.models import Payee
from app.royalties.models import RoyaltyPeriod, RoyaltyRun, Statement


class Earned(NamedTuple):
    """What a payee earned in a period; `length` of the longest is 1,000."""

    starts_on: date
    ends_on: date
    currency: str
    micros: int
    length: int


def payouts_of(payee_id: UUID) -> Select[Payout]:
    """A payee's payouts, the newest first."""
    return select(Payout).where(Payout.payee_id == payee_id).order_by(Payout.asked_at.desc(), Payout.number.desc())


def payouts_seen(visitor: Visitor, *, state: str = "", wanted: str = "") -> Select[Payout, str, str]:
    """Payouts that a visitor may look at with the payee's name and the account, the newest first."""
    query = (
        select(Payout, Payee.name.label("payee"), PayoutMethod.masked.label("account"))
        .join(Payee, Payee.id == Payout.payee_id)
        .join(PayoutMethod, PayoutMethod.id == Payout.method_id)
        .where(may_see_payee(visitor))
        .order_by(Payout.asked_at.desc(), Payout.number.desc())
    )
    if state in STATES:
        query = query.where(Payout.state == state)
    if wanted:
        number = int(wanted) if wanted.isdecimal() and len(wanted) < 10 else -1
        query = query.where(or_(func.strpos(func.lower(Payee.name), wanted.lower()) > 0, Payout.number == number))
    return query


def counts(session: Session, visitor: Visitor) -> dict[str, int]:
    """How many payouts stand where."""
    query, seen = select(Payout.state, func.count()), may_see_payee(visitor)
    if seen is not true():
        query = query.join(Payee, Payee.id == Payout.payee_id).where(seen)
    return {state: count for state, count in session.execute(query.group_by(Payout.state))}  # noqa: C416


def earned_by_period(session: Session, payee: Payee, limit: int) -> list[Earned]:
    """What a payee was told in their own currency, period by period, the oldest first."""
    query = (
        select(RoyaltyPeriod.starts_on, RoyaltyPeriod.ends_on, func.sum(Statement.earned_micros))
        .join(RoyaltyRun, RoyaltyRun.id == Statement.run_id)
        .join(RoyaltyPeriod, RoyaltyPeriod.id == RoyaltyRun.period_id)
        .where(Statement.payee_id == payee.id, Statement.currency == payee.currency)
        .where(RoyaltyRun.state == "published", RoyaltyRun.is_trial.is_(False))
        .group_by(RoyaltyPeriod.starts_on, RoyaltyPeriod.ends_on)
        .order_by(RoyaltyPeriod.starts_on.desc())
        .limit(limit)
    )
    rows = [(starts, ends, int(micros)) for starts, ends, micros in session.execute(query)][::-1]
    longest = max((abs(micros) for _, _, micros in rows), default=0) or 1
    return [
        Earned(starts, ends, payee.currency, micros, abs(micros) * 1000 // longest) for starts, ends, micros in rows
    ]


def runs() -> Select[PayoutRun, int]:
    """Payout runs with how many lines each has, the newest first."""
    lines = select(func.count()).where(PayoutRunLine.run_id == PayoutRun.id).correlate(PayoutRun).scalar_subquery()
    return select(PayoutRun, lines.label("lines")).order_by(PayoutRun.number.desc())


def lines_of(run: PayoutRun, *, wanted: str = "", only: str = "") -> Select[PayoutRunLine, str, str, str]:
    """A run's lines with the payee's name, the account and the payout's state."""
    query = (
        select(
            PayoutRunLine,
            Payee.name.label("payee"),
            PayoutMethod.masked.label("account"),
            cast(Payout.state, Text).label("state"),
        )
        .join(Payee, Payee.id == PayoutRunLine.payee_id)
        .outerjoin(PayoutMethod, PayoutMethod.id == PayoutRunLine.method_id)
        .outerjoin(Payout, Payout.id == PayoutRunLine.payout_id)
        .where(PayoutRunLine.run_id == run.id)
        .order_by(PayoutRunLine.why_not.is_(None), PayoutRunLine.gross_micros.desc(), PayoutRunLine.number)
    )
    if wanted:
        query = query.where(func.strpos(func.lower(Payee.name), wanted.lower()) > 0)
    if only == "paid":
        query = query.where(PayoutRunLine.why_not.is_(None), PayoutRunLine.excluded_by.is_(None))
    if only == "left":
        query = query.where(or_(PayoutRunLine.why_not.is_not(None), PayoutRunLine.excluded_by.is_not(None)))
    return query
