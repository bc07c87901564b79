"""What contracts tell a label of itself."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contracts.models import Contract
from app.contracts.queries.lists import OPEN
from app.identity.policies import Visitor, allows
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.lists.queries import figure
from app.lists.rules import Figure


@figure(order=40)
def unsigned(session: Session, visitor: Visitor, _tenant: Tenant, _today: date) -> Figure | None:
    """How many contracts are not signed yet, whoever it is that they wait for."""
    if not allows(visitor, "contracts.view"):
        return None
    count = session.scalar(select(func.count()).select_from(Contract).where(Contract.state.in_(OPEN))) or 0
    where = "/portal/contracts?open=yes"
    said = sentence("Look at them") if count else ""
    return Figure(title=sentence("Contracts not signed yet"), value=count, href=where, said=said, next_href=where)
