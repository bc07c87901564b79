"""What earlier periods left behind for a contract's settlement: balances, reserves, guarantees, costs still open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Integer, Text, and_, cast, func, select
from sqlalchemy.orm import Session, aliased

from app.contracts.models import Contract, Recoupable
from app.contracts.rules.accounts import account_of
from app.contracts.rules.terms import Terms
from app.kernel.money import WHOLE_PPM, exact, to_micros
from app.ledger import service as ledger
from app.ledger.rules import Kind
from app.royalties.models import Earning, RoyaltyPeriod, RoyaltyRun, Statement, StatementEntry
from app.royalties.rules.settling import Charge, Hold, Past

Key = tuple[UUID, UUID]
"""A contract and a payee."""


@dataclass(frozen=True)
class History:
    """Everything before a period, by contract."""

    period: RoyaltyPeriod
    openings: Mapping[Key, int]
    sums: Mapping[Key, Mapping[str, int]]
    """Of entries in published statements, by kind."""

    holds: Mapping[Key, Sequence[Hold]]
    charges: Mapping[UUID, Sequence[Charge]]
    costs: Mapping[UUID, int]
    recovered: Mapping[UUID, int]
    earned: Mapping[UUID, Decimal]
    """By contract, since it began, with this run."""

    statements: Mapping[Key, Sequence[tuple[date, int]]] = field(default_factory=dict)
    """The ends of earlier periods with what was earned in each."""

    def concerns(self, contract: Contract, terms: Terms) -> bool:
        """Whether a contract has something to be told even without sales."""
        return contract.id in self._waiting or _span(contract, terms, self.period) is not None

    @cached_property
    def _waiting(self) -> set[UUID]:
        return {key[0] for key in (*self.openings, *self.holds)} | set(self.charges)

    def case(self, contract: Contract, terms: Terms) -> dict[str, Any]:
        """What a settlement rests on besides the earnings."""
        payees = {share.payee for share in terms.shares} | {key[1] for key in self.sums if key[0] == contract.id}
        span = _span(contract, terms, self.period)
        return {
            "charges": self.charges.get(contract.id, ()),
            "unrecovered_micros": self.costs.get(contract.id, 0) - self.recovered.get(contract.id, 0),
            "is_triggered": self._is_triggered(contract.id, terms),
            "ends_guarantee": span is not None,
            "past": {payee: self._past((contract.id, payee), span) for payee in payees},
        }

    def _is_triggered(self, contract: UUID, terms: Terms) -> bool:
        """Whether the contract that another one waits for has earned its costs back, less the waiting one's or not."""
        trigger = terms.trigger
        if trigger is None:
            return True
        with exact():
            earned = self.earned.get(trigger.contract, Decimal(0))
            if trigger.at == "net":
                earned -= self.earned.get(contract, Decimal(0))
        return to_micros(earned) >= self.costs.get(trigger.contract, 0)

    def _past(self, key: Key, span: date | None) -> Past:
        sums = self.sums.get(key, {})
        told = self.statements.get(key, ())
        return Past(
            opening_micros=self.openings.get(key, 0),
            holds=self.holds.get(key, ()),
            deferred_micros=-sums.get("deferred", 0) - sums.get("deferred_released", 0),
            contested_micros=-sums.get("contested", 0) - sums.get("contested_released", 0),
            guaranteed_micros=sums.get("guarantee", 0) + sums.get("guarantee_recouped", 0),
            earned_micros=sum(micros for ended, micros in told if span is None or ended > span),
        )


def _span(contract: Contract, terms: Terms, period: RoyaltyPeriod) -> date | None:
    """After which day the span of a guarantee began that ends with this period; nothing if none ends."""
    if terms.guarantee is None:
        return None
    if terms.guarantee.per == "period":
        return period.starts_on - timedelta(days=1)
    if terms.guarantee.per == "life":
        return date.min if contract.ends_on and contract.ends_on <= period.ends_on else None
    starts = contract.starts_on
    for year in range(period.starts_on.year, period.ends_on.year + 2):
        last = _anniversary(starts, year) - timedelta(days=1)
        if period.starts_on <= last <= period.ends_on and last >= starts:
            return _anniversary(starts, year - 1) - timedelta(days=1)
    return None


def _anniversary(day: date, year: int) -> date:
    return day.replace(year=year, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=year)


def read(session: Session, run: RoyaltyRun, period: RoyaltyPeriod, terms: Mapping[UUID, Terms]) -> History:
    """What was before a run's period."""
    keys = _keys(session, terms)
    return History(
        period=period,
        openings=_openings(session, keys, terms),
        sums=_sums(session),
        holds=_holds(session),
        charges=_charges(session, period.ends_on),
        costs=_costs(session, period.ends_on),
        recovered=_recovered(session),
        earned=_earned(session, run),
        statements=_statements(session),
    )


def _keys(session: Session, terms: Mapping[UUID, Terms]) -> set[Key]:
    known = {(contract, share.payee) for contract, each in terms.items() for share in each.shares}
    rows = session.execute(_told(select(Statement.contract_id, Statement.payee_id).distinct()))
    return known | {(contract, payee) for contract, payee in rows}


def _openings(session: Session, keys: Collection[Key], terms: Mapping[UUID, Terms]) -> dict[Key, int]:
    subjects = {account_of(*key): key for key in keys if key[0] in terms}
    found = ledger.balances(session, kind=Kind.PAYABLE, subjects=subjects)
    held: dict[Key, int] = {}
    for account, micros in found.items():
        key = subjects[account.subject] if account.subject else None
        if key and micros and account.currency == terms[key[0]].currency:
            held[key] = micros
    return held


def _told(query: Any) -> Any:
    """Only what was published."""
    return query.join(RoyaltyRun, RoyaltyRun.id == Statement.run_id).where(RoyaltyRun.state == "published")


def _sums(session: Session) -> dict[Key, dict[str, int]]:
    query = select(
        Statement.contract_id, Statement.payee_id, StatementEntry.kind, _micros(StatementEntry.amount_micros)
    )
    query = query.join(StatementEntry, StatementEntry.statement_id == Statement.id)
    found: dict[Key, dict[str, int]] = defaultdict(dict)
    rows = session.execute(_told(query).group_by(Statement.contract_id, Statement.payee_id, StatementEntry.kind))
    for contract, payee, kind, micros in rows:
        found[contract, payee][kind] = micros
    return found


def _holds(session: Session) -> dict[Key, list[Hold]]:
    """Reserves that are not let go of entirely, the oldest first; a hold is as old as periods were published since."""
    released = aliased(StatementEntry)
    let_go = (
        select(func.coalesce(_micros(released.amount_micros), 0))
        .where(released.kind == "reserve_released", released.facts["of"].astext == cast(Statement.id, Text))
        .correlate(Statement)
        .scalar_subquery()
    )
    later = aliased(RoyaltyPeriod)
    ended = aliased(RoyaltyRun)
    age = (
        select(func.count(later.id.distinct()))
        .join(ended, and_(ended.period_id == later.id, ended.state == "published"))
        .where(later.ends_on > RoyaltyPeriod.ends_on)
        .correlate(RoyaltyPeriod)
        .scalar_subquery()
    )
    query = (
        _told(
            select(
                Statement.contract_id, Statement.payee_id, Statement.id, cast(age, Integer) + 1,
                -StatementEntry.amount_micros, let_go,
            ).join(StatementEntry, StatementEntry.statement_id == Statement.id)
        )
        .join(RoyaltyPeriod, RoyaltyPeriod.id == RoyaltyRun.period_id)
        .where(StatementEntry.kind == "reserve_held")
        .order_by(RoyaltyPeriod.ends_on)
    )  # fmt: skip
    found: dict[Key, list[Hold]] = defaultdict(list)
    for contract, payee, *hold in session.execute(query):
        if hold[2] != hold[3]:
            found[contract, payee].append(Hold(*hold))
    return found


def _charges(session: Session, until: date) -> dict[UUID, list[Charge]]:
    """What was approved and no published statement charged yet, in the order in which it is recouped."""
    charged = _told(
        select(StatementEntry.recoupable_id)
        .join(Statement, Statement.id == StatementEntry.statement_id)
        .where(StatementEntry.recoupable_id.is_not(None))
    )
    query = select(Recoupable).where(
        Recoupable.state == "approved", Recoupable.incurred_on <= until, Recoupable.id.not_in(charged)
    )
    found: dict[UUID, list[Charge]] = defaultdict(list)
    for cost in session.scalars(query.order_by(Recoupable.position, Recoupable.incurred_on, Recoupable.id)):
        micros = cost.amount_micros * cost.recoupable_ppm // WHOLE_PPM
        found[cost.contract_id].append(Charge(cost.id, cost.name, cost.kind, micros))
    return found


def _costs(session: Session, until: date) -> dict[UUID, int]:
    recoupable = Recoupable.amount_micros * Recoupable.recoupable_ppm / WHOLE_PPM
    query = select(Recoupable.contract_id, _micros(func.floor(recoupable))).group_by(Recoupable.contract_id)
    rows = session.execute(query.where(Recoupable.state == "approved", Recoupable.incurred_on <= until))
    return {contract: micros for contract, micros in rows}  # noqa: C416 rows are not pairs to mypy


def _recovered(session: Session) -> dict[UUID, int]:
    """What came back out of all receipts; each payee's statement says the same of its contract."""
    each = _told(
        select(
            Statement.run_id, Statement.contract_id, cast(StatementEntry.facts["recovered_micros"].astext, BigInteger)
        )
        .join(StatementEntry, StatementEntry.statement_id == Statement.id)
        .where(StatementEntry.kind == "costs_first")
        .distinct()
    )
    found: dict[UUID, int] = defaultdict(int)
    for _, contract, micros in session.execute(each):
        found[contract] += micros
    return found


def _earned(session: Session, run: RoyaltyRun) -> dict[UUID, Decimal]:
    query = (
        select(Earning.contract_id, func.sum(Earning.amount))
        .join(RoyaltyRun, RoyaltyRun.id == Earning.run_id)
        .where((RoyaltyRun.state == "published") | (RoyaltyRun.id == run.id))
        .group_by(Earning.contract_id)
    )
    return {contract: amount for contract, amount in session.execute(query)}  # noqa: C416 as above


def _statements(session: Session) -> dict[Key, list[tuple[date, int]]]:
    query = _told(select(Statement.contract_id, Statement.payee_id, RoyaltyPeriod.ends_on, Statement.earned_micros))
    found: dict[Key, list[tuple[date, int]]] = defaultdict(list)
    for contract, payee, ends_on, micros in session.execute(
        query.join(RoyaltyPeriod, RoyaltyPeriod.id == RoyaltyRun.period_id)
    ):
        found[contract, payee].append((ends_on, micros))
    return found


def _micros(amount: Any) -> ColumnElement[int]:
    return cast(func.sum(amount), BigInteger)
