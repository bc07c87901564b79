"""A published run in the ledger: every statement's sum and steps, and the sales they come from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contracts.models import Contract, Recoupable
from app.contracts.rules.accounts import account_of
from app.contracts.service.recouping import cost_account
from app.kernel.actor import Actor
from app.kernel.money import parse_decimal, to_micros
from app.ledger import service as ledger
from app.ledger.rules import Account, Entry, Kind
from app.royalties.models import Earning, RoyaltyPeriod, RoyaltyRun, RunReport, SalesReport, Statement, StatementEntry

SOURCES: Final = UUID("6f2c7a52-6b1e-5d0c-9a57-1f3f9f1a5a10")
"""Under which a source's name gives the subject of its account."""

OWN_SHOP: Final = "shop"
"""The source of what the label's own shop sells."""

HELD: Final = {
    "reserve_held": Kind.RESERVE,
    "reserve_released": Kind.RESERVE,
    "deferred": Kind.DEFERRED,
    "deferred_released": Kind.DEFERRED,
    "contested": Kind.CONTESTED,
    "contested_released": Kind.CONTESTED,
    "apart": Kind.UNRECOUPED,
}
"""Steps that move money between what is payable and what is held for the same payee."""

CROSSED: Final = ("crossed_out", "crossed_in")


def post_run(session: Session, actor: Actor, run: RoyaltyRun) -> None:
    """Post everything a run says, once: posted again it is known."""
    period = session.get_one(RoyaltyPeriod, run.period_id)
    entries = [*_sales(session, run, period.ends_on), *_statements(session, run, period.ends_on)]
    ledger.post(session, actor, entries)


def _statements(session: Session, run: RoyaltyRun, on: date) -> Iterator[Entry]:
    for row in session.scalars(select(Statement).where(Statement.run_id == run.id)):
        account = account_of(row.contract_id, row.payee_id)
        payable = Account(Kind.PAYABLE, account, row.currency)
        expense = Account(Kind.ROYALTY_EXPENSE, None, row.currency)
        yield from _moved(f"statement:{row.id}:earned", expense, payable, row.earned_micros, on, "royalties", row.id)
    kinds = {cost: kind for cost, kind in session.execute(select(Recoupable.id, Recoupable.kind))}  # noqa: C416
    query = select(StatementEntry, Statement).join(Statement, Statement.id == StatementEntry.statement_id)
    for entry, row in session.execute(query.where(Statement.run_id == run.id)):
        payable = Account(Kind.PAYABLE, account_of(row.contract_id, row.payee_id), row.currency)
        against = _against(entry, row, kinds)
        key = f"statement:{row.id}:{entry.position}"
        yield from _moved(key, against, payable, entry.amount_micros, on, entry.kind, row.id)


def _against(entry: StatementEntry, row: Statement, kinds: dict[UUID, str]) -> Account:
    """The account from which a step's money comes to the payee's, or to which it goes."""
    if entry.kind in HELD:
        return Account(HELD[entry.kind], account_of(row.contract_id, row.payee_id), row.currency)
    if entry.kind == "charge" and entry.recoupable_id:
        return cost_account(kinds[entry.recoupable_id], row.contract_id, row.currency)
    if entry.kind in CROSSED:
        return Account(Kind.CLEARING, None, row.currency)
    kind = Kind.WITHHOLDING if entry.kind == "withholding" else Kind.ROYALTY_EXPENSE
    return Account(kind, None, row.currency)


def _sales(session: Session, run: RoyaltyRun, on: date) -> Iterator[Entry]:
    """What sources owe goes into suspense when it is reported, and becomes income once it is accounted for."""
    reports = session.scalars(
        select(SalesReport).join(RunReport, RunReport.report_id == SalesReport.id).where(RunReport.run_id == run.id)
    )
    for report in reports:
        source = uuid5(SOURCES, report.source or "")
        for currency, total in report.totals.items():
            owed, waiting = Account(Kind.RECEIVABLE, source, currency), Account(Kind.SUSPENSE, None, currency)
            micros = to_micros(parse_decimal(total))
            key = f"sales:{report.id}:{currency}"
            yield from _moved(key, owed, waiting, micros, on, "sales report", report.id)
    accounted = (
        select(Earning.currency, func.sum(Earning.net))
        .join(Contract, Contract.id == Earning.contract_id)
        .where(Earning.run_id == run.id, Contract.lane == "main")
        .group_by(Earning.currency)
        .order_by(Earning.currency)
    )
    for currency, net in session.execute(accounted):
        waiting, income = Account(Kind.SUSPENSE, None, currency), Account(Kind.INCOME, None, currency)
        yield from _moved(f"income:{run.id}:{currency}", waiting, income, to_micros(net), on, "sales", run.id)


def _moved(
    key: str, debit: Account, credit: Account, micros: int, on: date, reason: str, subject: UUID
) -> Iterator[Entry]:
    """A movement to the credit account, or from it where it is below zero; nothing moves for nothing."""
    if micros < 0:
        debit, credit = credit, debit
    if micros:
        yield Entry(key, debit, credit, abs(micros), on, reason, "royalties", subject)
