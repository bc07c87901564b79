"""What payouts tell a label of itself."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity.policies import Visitor, allows
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.ledger.models import LedgerAccount, LedgerBalance
from app.ledger.rules import Kind
from app.lists.queries import figure
from app.lists.rules import Figure


@figure(order=20, about="money")
def owed(session: Session, visitor: Visitor, tenant: Tenant, _today: date) -> Figure | None:
    """What the ledger owes payees under their contracts, in one currency: the label's if it owes any in it."""
    if not allows(visitor, "payouts.view"):
        return None
    query = (
        select(LedgerAccount.currency, -func.sum(LedgerBalance.posted_micros))
        .join(LedgerBalance, LedgerAccount.id == LedgerBalance.account_id)
        .where(LedgerAccount.kind == Kind.PAYABLE.value, LedgerBalance.posted_micros < 0)
        .group_by(LedgerAccount.currency)
        .order_by((LedgerAccount.currency == tenant.currency).desc(), LedgerAccount.currency)
        .limit(1)
    )
    currency, micros = next(iter(session.execute(query)), (tenant.currency, 0))
    prepares = allows(visitor, "payouts.prepare")
    return Figure(
        title=sentence("Owed to payees"),
        value=int(micros),
        currency=currency,
        href="/portal/payouts",
        said=sentence("Look at payout runs") if prepares else "",
        next_href="/portal/payouts/runs" if prepares else "",
    )
