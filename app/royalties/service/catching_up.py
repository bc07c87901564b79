"""What became of the balances that a run rests on, between its calculation and its publishing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import Uuid, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.contracts.rules.accounts import account_of
from app.contracts.service.drafting import all_in_force
from app.ledger import service as ledger
from app.ledger.rules import Account, Kind
from app.royalties.errors import RunOutdated
from app.royalties.models import RoyaltyRun, Statement, StatementEntry
from app.royalties.rules.closing import payable_of
from app.royalties.service import apart


def refuse_outdated(session: Session, run: RoyaltyRun) -> None:
    """Refuse a run that rests on what another one changed since: sales, costs and balances would count twice."""
    later = select(RoyaltyRun.id).where(RoyaltyRun.state == "published", RoyaltyRun.published_at > run.created_at)
    if session.scalar(later.limit(1)):
        raise RunOutdated


def catch_up(session: Session, run: RoyaltyRun, on: date) -> bool:
    """Let statements begin and end with the balance that the books have now: what was paid out since is no more due.

    Refused where the statement's own steps rest on that balance. Whether anything moved is the answer.
    """
    moved = _moved(session, run, Statement.opening_micros)
    steps, versions = _steps(session, moved), all_in_force(session, {each.contract_id for each, _ in moved}, on)
    told = apart.kept(session)
    for statement, micros in moved:
        kept = _still_kept(statement, micros, told.get((statement.contract_id, statement.payee_id), 0))
        if not _stands(statement, micros, kept, steps.get(statement.id, {})):
            raise RunOutdated
        terms = versions[statement.contract_id].read()
        statement.closing_micros += micros - statement.opening_micros
        statement.opening_micros = micros
        statement.kept_micros = kept
        statement.payable_micros = payable_of(terms, statement.closing_micros)
    session.flush()
    return bool(moved)


def refuse_different(session: Session, run: RoyaltyRun) -> None:
    """Refuse what the books do not agree with, once it is posted: something moved in the meantime."""
    if _moved(session, run, Statement.closing_micros):
        raise RunOutdated


def _moved(session: Session, run: RoyaltyRun, told: object) -> list[tuple[Statement, int]]:
    """The statements whose balance is another one in the books, with that one."""
    rows = session.execute(select(Statement, told).where(Statement.run_id == run.id).order_by(Statement.id)).all()  # type: ignore[call-overload]
    accounts = [Account(Kind.PAYABLE, account_of(row.contract_id, row.payee_id), row.currency) for row, _ in rows]
    balances = ledger.balances(session, kind=Kind.PAYABLE, subjects=[each.subject for each in accounts if each.subject])
    found = ((row, micros, balances.get(account, 0)) for (row, micros), account in zip(rows, accounts, strict=True))
    return [(row, now) for row, micros, now in found if now != micros]


def _steps(session: Session, moved: Iterable[tuple[Statement, int]]) -> dict[UUID, dict[str, int]]:
    """What the steps that rest on a balance came to, by statement and kind."""
    kinds = ("crossed_out", "crossed_in", "apart", "withholding")
    query = select(StatementEntry.statement_id, StatementEntry.kind, func.sum(StatementEntry.amount_micros)).where(
        StatementEntry.statement_id == func.any(literal([each.id for each, _ in moved], ARRAY(Uuid))),
        StatementEntry.kind.in_(kinds),
    )
    found: dict[UUID, dict[str, int]] = {}
    for statement_id, kind, micros in session.execute(query.group_by(StatementEntry.statement_id, StatementEntry.kind)):
        found.setdefault(statement_id, {})[kind] = micros
    return found


def _still_kept(statement: Statement, now_micros: int, told_micros: int) -> int:
    """What of a statement is never used to earn costs back, less what of that left the balance it began with."""
    before = max(0, min(told_micros, statement.opening_micros))
    return max(0, statement.kept_micros - max(0, before - max(0, now_micros)))


def _stands(statement: Statement, now_micros: int, kept_micros: int, steps: Mapping[str, int]) -> bool:
    """Whether these steps of a statement are the same from another opening balance, and what it keeps is there."""
    closing = statement.closing_micros + now_micros - statement.opening_micros
    if kept_micros and closing < kept_micros:
        return False
    if not steps:
        return True
    return (
        steps.keys() == {"withholding"}
        and steps["withholding"] < 0
        and min(statement.opening_micros, now_micros, closing) >= 0
    )
