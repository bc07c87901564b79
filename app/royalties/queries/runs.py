"""Periods with their runs, a run's statements, and what one statement is made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Row, Select, bindparam, cast, func, select
from sqlalchemy.orm import Session, aliased

from app.contracts.models import Contract
from app.identity.policies import Visitor
from app.kernel.collation import as_sorted
from app.lists.rules import Asked
from app.roster.models import Payee
from app.roster.queries.search import as_searched
from app.royalties.models import (
    ExchangeRate,
    QuestionNote,
    RoyaltyPeriod,
    RoyaltyRun,
    Statement,
    StatementEntry,
    StatementQuestion,
)
from app.royalties.policies import may_see_statement

_PREVIOUS: Final[Any] = bindparam("previous", expanding=True)
_told: Any = aliased(Statement)
_before = (
    select(_told.contract_id, _told.payee_id, cast(func.sum(_told.earned_micros), BigInteger).label("earned_micros"))
    .where(_told.run_id.in_(_PREVIOUS))
    .group_by(_told.contract_id, _told.payee_id)
    .subquery()
)
_CHANGE: Final = Statement.earned_micros - func.coalesce(_before.c.earned_micros, 0)
SORTS: Final[dict[str, Any]] = {
    "payee": as_sorted(Payee.name),
    "contract": Contract.number,
    "opening": Statement.opening_micros,
    "earned": Statement.earned_micros,
    "change": _CHANGE,
    "closing": Statement.closing_micros,
    "payable": Statement.payable_micros,
}


def periods() -> Select[RoyaltyPeriod]:
    """Every period, the last first."""
    return select(RoyaltyPeriod).order_by(RoyaltyPeriod.starts_on.desc())


def runs_of(session: Session, period_ids: Iterable[UUID]) -> dict[UUID, list[RoyaltyRun]]:
    """The runs of some periods: what counts first, then trials, then what was thrown away; each the newest first."""
    order = (RoyaltyRun.state == "discarded", RoyaltyRun.is_trial, RoyaltyRun.number.desc())
    found: dict[UUID, list[RoyaltyRun]] = {}
    for run in session.scalars(select(RoyaltyRun).where(RoyaltyRun.period_id.in_(period_ids)).order_by(*order)):
        found.setdefault(run.period_id, []).append(run)
    return found


def statements_of_run(run_id: UUID, previous: Collection[UUID], asked: Asked) -> Select[Statement, str, str, str, int]:
    """A run's statements with payee, contract, and what the same payee earned in the runs before: `before_micros`."""
    same = (_before.c.contract_id == Statement.contract_id) & (_before.c.payee_id == Statement.payee_id)
    query = (
        select(
            Statement,
            Payee.name.label("payee"),
            Contract.title.label("contract"),
            Contract.number.label("contract_number"),
            _before.c.earned_micros.label("before_micros"),
        )
        .join(Payee, Payee.id == Statement.payee_id)
        .join(Contract, Contract.id == Statement.contract_id)
        .outerjoin(_before, same)
        .where(Statement.run_id == run_id, *_named(asked.get("q")))
        .params(previous=list(previous))
    )
    key, backwards = asked.sort.lstrip("-"), asked.sort.startswith("-")
    return query.order_by(SORTS[key].desc() if backwards else SORTS[key].asc(), SORTS["payee"], Statement.id)


def _named(wanted: str) -> list[ColumnElement[bool]]:
    if not wanted:
        return []
    said = func.concat_ws(" ", Payee.name, Contract.number, Contract.title)
    return [func.strpos(as_searched(said), as_searched(wanted)) > 0]


def told_to(visitor: Visitor) -> Select[Statement, str, str, RoyaltyPeriod]:
    """The published statements that a visitor sees, the newest first, with payee, contract and period."""
    return (
        select(Statement, Payee.name.label("payee"), Contract.title.label("contract"), RoyaltyPeriod)
        .join(Payee, Payee.id == Statement.payee_id)
        .join(Contract, Contract.id == Statement.contract_id)
        .join(RoyaltyRun, RoyaltyRun.id == Statement.run_id)
        .join(RoyaltyPeriod, RoyaltyPeriod.id == RoyaltyRun.period_id)
        .where(may_see_statement(visitor), RoyaltyRun.state == "published")
        .order_by(RoyaltyPeriod.ends_on.desc(), Payee.name, Statement.id)
    )


def around(session: Session, statement: Statement) -> Row[RoyaltyRun, RoyaltyPeriod, Contract, Payee]:
    """What a statement is of: run, period, contract, payee."""
    query = (
        select(RoyaltyRun, RoyaltyPeriod, Contract, Payee)
        .join(RoyaltyPeriod, RoyaltyPeriod.id == RoyaltyRun.period_id)
        .join(Contract, Contract.id == statement.contract_id)
        .join(Payee, Payee.id == statement.payee_id)
        .where(RoyaltyRun.id == statement.run_id)
    )
    return session.execute(query).one()


def entries(session: Session, statement: Statement) -> list[StatementEntry]:
    """The steps from a statement's opening to its closing balance."""
    query = select(StatementEntry).where(StatementEntry.statement_id == statement.id)
    return list(session.scalars(query.order_by(StatementEntry.position)))


def periods_of(session: Session, statement_ids: Iterable[UUID]) -> dict[str, RoyaltyPeriod]:
    """Which period each of these statements is of, by the statement's id as text."""
    query = (
        select(Statement.id, RoyaltyPeriod)
        .join(RoyaltyRun, RoyaltyRun.id == Statement.run_id)
        .join(RoyaltyPeriod, RoyaltyPeriod.id == RoyaltyRun.period_id)
        .where(Statement.id.in_(statement_ids))
    )
    return {str(statement_id): period for statement_id, period in session.execute(query)}


def questions(session: Session, statement: Statement) -> dict[int, StatementQuestion]:
    """What is asked of a statement, by the number of the line."""
    query = select(StatementQuestion).where(StatementQuestion.statement_id == statement.id)
    return {question.number: question for question in session.scalars(query)}


def open_questions(session: Session, run_id: UUID) -> dict[UUID, int]:
    """How many questions wait for an answer, by statement of a run."""
    query = (
        select(StatementQuestion.statement_id, func.count())
        .join(Statement, Statement.id == StatementQuestion.statement_id)
        .where(Statement.run_id == run_id, StatementQuestion.state == "open")
        .group_by(StatementQuestion.statement_id)
    )
    return {key: value for key, value in session.execute(query)}  # noqa: C416 rows are not pairs to mypy


def notes(session: Session, question: StatementQuestion) -> list[QuestionNote]:
    """What was said in a thread, from the beginning."""
    query = select(QuestionNote).where(QuestionNote.question_id == question.id)
    return list(session.scalars(query.order_by(QuestionNote.position)))


def exchange_rates() -> Select[ExchangeRate]:
    """Every exchange rate, the newest first."""
    return select(ExchangeRate).order_by(ExchangeRate.on.desc(), ExchangeRate.base, ExchangeRate.quote)
