"""Short words for what ledger tests do again and again."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.kernel import db
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from app.ledger import service
from app.ledger.rules import Account, Conversion, Entry, Kind, posting_id
from app.ledger.service import Posted
from tests.factories.ledger import balance

DAY = date(2026, 3, 31)
NOBODY = UUID(int=0)


def account(kind: str, subject: int | None = None, currency: str = "EUR") -> Account:
    return Account(Kind(kind), None if subject is None else UUID(int=subject), currency)


INCOME, OWED, PAYEE = account("income"), account("receivable", 1), account("payable", 7)
ROYALTIES = account("royalty_expense")


def entry(key: str, micros: int, *, debit: Account = OWED, credit: Account = INCOME, **details: Any) -> Entry:
    return Entry(**({"key": key, "debit": debit, "credit": credit, "amount_micros": micros, "on": DAY,
                     "reason": "Sale"} | details))  # fmt: skip


def post(tenant: Tenant, *entries: Entry) -> Posted:
    with db.tenant_work(tenant) as session:
        return service.post(session, Actor.system(tenant), entries)


def convert(tenant: Tenant, *conversions: Conversion) -> Posted:
    with db.tenant_work(tenant) as session:
        return service.convert(session, Actor.system(tenant), conversions)


def reverse(tenant: Tenant, *keys: str, **details: Any) -> Posted:
    told = {"on": DAY, "reason": "Taken back"} | details
    with db.tenant_work(tenant) as session:
        return service.reverse(session, Actor.system(tenant), [posting_id(key) for key in keys], **told)


def holds(tenant: Tenant, which: Account) -> int:
    with db.tenant_read(tenant) as session:
        return balance(session, which)


def all_balances(tenant: Tenant) -> dict[Account, int]:
    with db.tenant_read(tenant) as session:
        return service.balances(session)


def count(tenant: Tenant, table: str = "postings") -> int:
    with db.tenant_read(tenant) as session:
        return session.scalar(text(f"SELECT count(*) FROM {table}")) or 0


def assert_balanced(tenant: Tenant) -> None:
    """Every currency's debits equal its credits, and every balance is the sum of its postings."""
    with db.tenant_read(tenant) as session:
        for lines in service.trial_balance(session).values():
            assert sum(line.debit_micros - line.credit_micros for line in lines) == 0
        summed = session.execute(
            text(
                "SELECT account_id, sum(micros)::bigint FROM (SELECT debit_id, amount_micros FROM postings UNION ALL "
                "SELECT credit_id, -amount_micros FROM postings) moved (account_id, micros) GROUP BY 1 ORDER BY 1"
            )
        ).all()
        kept = session.execute(text("SELECT account_id, posted_micros FROM ledger_balances ORDER BY 1")).all()
    assert kept == summed
