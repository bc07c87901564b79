"""What of payees' balances does not pay costs back: mechanicals, and what is never used for that."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.royalties.models import RoyaltyRun, Statement, StatementEntry

Key = tuple[UUID, UUID]
"""A contract and a payee."""


def kept(session: Session) -> dict[Key, int]:
    """What of balances was never to be used to earn costs back when payees were told last."""
    order = (Statement.contract_id, Statement.payee_id)
    query = _told(select(*order, Statement.kept_micros)).order_by(*order, RoyaltyRun.published_at.desc())
    rows = session.execute(query.ext(distinct_on(*order)))
    return {(contract, payee): micros for contract, payee, micros in rows if micros}


def songs(session: Session) -> dict[Key, list[tuple[int, int, int]]]:
    """What statements of accounts with mechanicals began with, what of these came, and with what they ended."""
    of_period: Any = cast(func.sum(func.coalesce(StatementEntry.amount_micros, 0)), BigInteger)
    of_songs = (StatementEntry.statement_id == Statement.id) & (StatementEntry.kind == "mechanicals")
    query = (
        _told(
            select(
                Statement.contract_id, Statement.payee_id, Statement.opening_micros, of_period, Statement.closing_micros
            )
        )
        .join(StatementEntry, of_songs, isouter=True)
        .where(Statement.contract_id.in_(select(Statement.contract_id).join(StatementEntry, of_songs)))
        .group_by(Statement.id, RoyaltyRun.published_at)
        .order_by(RoyaltyRun.published_at)
    )
    found: dict[Key, list[tuple[int, int, int]]] = defaultdict(list)
    for contract, payee, *told in session.execute(query):
        found[contract, payee].append((told[0], told[1], told[2]))
    return found


def _told(query: Any) -> Any:
    """Only what was published."""
    return query.join(RoyaltyRun, RoyaltyRun.id == Statement.run_id).where(RoyaltyRun.state == "published")
