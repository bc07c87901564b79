"""Out of what the costs of a contract come back for which another one waits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.contracts.rules.terms import Terms
from app.kernel.money import exact
from app.royalties.models import Earning, RoyaltyRun, Statement, StatementEntry

Retroactive = Mapping[UUID, Mapping[UUID | None, Decimal]]


def read(
    session: Session, run: RoyaltyRun, terms: Mapping[UUID, Terms], retroactive: Retroactive
) -> dict[UUID, Decimal]:
    """What contracts earned since they began and with a run; where costs come first, what they received."""
    triggers = {contract: each.trigger for contract, each in terms.items() if each.trigger}
    wanted = set(triggers) | {trigger.contract for trigger in triggers.values()}
    if not wanted:
        return {}
    receipts: Any = func.sum(Earning.base * Earning.factor * Earning.fx)
    query = (
        select(Earning.contract_id, func.sum(Earning.amount), receipts)
        .join(RoyaltyRun, RoyaltyRun.id == Earning.run_id)
        .where((RoyaltyRun.state == "published") | (RoyaltyRun.id == run.id), Earning.contract_id.in_(wanted))
        .group_by(Earning.contract_id)
    )
    first = {contract for contract in wanted if contract in terms and terms[contract].recoups == "all_receipts"}
    found: dict[UUID, Decimal] = defaultdict(Decimal)
    with exact():
        for contract, earned, received in session.execute(query):
            found[contract] = received if contract in first else earned
        for contract, higher in _higher(session, run, wanted - first).items():
            found[contract] += higher
        for contract in wanted - first:
            found[contract] += sum(retroactive.get(contract, {}).values(), Decimal(0))
    return found


def _higher(session: Session, run: RoyaltyRun, contracts: Collection[UUID]) -> dict[UUID, Decimal]:
    """What higher rates added for earlier periods, as it was last told of in each period but a run's own."""
    whole = StatementEntry.facts["whole"].astext
    order = (Statement.contract_id, RoyaltyRun.period_id)
    query = (
        select(Statement.contract_id, RoyaltyRun.period_id, whole)
        .join(StatementEntry, StatementEntry.statement_id == Statement.id)
        .join(RoyaltyRun, RoyaltyRun.id == Statement.run_id)
        .where(Statement.contract_id.in_(contracts), RoyaltyRun.state == "published")
        .where(RoyaltyRun.period_id != run.period_id, StatementEntry.kind == "retroactive", whole.is_not(None))
        .order_by(*order, RoyaltyRun.serial.desc())
        .ext(distinct_on(*order))
    )
    found: dict[UUID, Decimal] = defaultdict(Decimal)
    with exact():
        for contract, _, said in session.execute(query):
            found[contract] += Decimal(said)
    return found
