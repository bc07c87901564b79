"""What earlier runs said of a period that is restated."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, case, cast, func, literal, select
from sqlalchemy.orm import Session

from app.royalties.models import WHOLE, Earning, LineShare, RoyaltyRun, Statement, StatementEntry

Key = tuple[UUID, UUID]
"""A contract and a payee."""


def told(session: Session, run: RoyaltyRun) -> dict[Key, dict[str, int]]:
    """The steps of each account, by kind, and what was `earned`."""
    whose = (Statement.contract_id, Statement.payee_id)
    steps: Any = select(*whose, StatementEntry.kind, _micros(StatementEntry.amount_micros)).join(
        StatementEntry, StatementEntry.statement_id == Statement.id
    )
    earned: Any = select(*whose, literal("earned"), _micros(Statement.earned_micros))
    found: dict[Key, dict[str, int]] = defaultdict(dict)
    for query in (steps.group_by(*whose, StatementEntry.kind), earned.group_by(*whose)):
        published = query.join(RoyaltyRun, RoyaltyRun.id == Statement.run_id).where(*_before(run))
        for contract, payee, kind, micros in session.execute(published):
            found[contract, payee][kind] = micros
    return found


def positive(session: Session, run: RoyaltyRun) -> dict[Key, dict[str, Decimal]]:
    """Each payee's part of sales without their returns, by channel, but for what was contested."""
    columns = (LineShare.contract_id, LineShare.payee_id, Earning.channel)
    held = func.coalesce(LineShare.held, case((LineShare.is_held, LineShare.share), else_=0))
    query = (
        select(*columns, func.sum(Earning.positive * (LineShare.share - held)))
        .join(Earning, (Earning.run_id == LineShare.run_id) & (Earning.contract_id == LineShare.contract_id))
        .join(RoyaltyRun, RoyaltyRun.id == LineShare.run_id)
        .where(*_before(run))
        .where(func.coalesce(Earning.sheet_id, WHOLE) == LineShare.sheet_id)
        .group_by(*columns)
    )
    found: dict[Key, dict[str, Decimal]] = defaultdict(dict)
    for contract, payee, channel, amount in session.execute(query):
        found[contract, payee][channel] = amount
    return found


def _before(run: RoyaltyRun) -> tuple[Any, Any]:
    return RoyaltyRun.state == "published", RoyaltyRun.period_id == run.period_id


def _micros(amount: Any) -> Any:
    return cast(func.sum(amount), BigInteger)
