"""Accounts, their balances and their history."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, or_, select, true

from app.ledger.models import LedgerAccount, LedgerBalance, Posting
from app.ledger.rules import Kind


def balances(*, kind: Kind | None = None, subjects: Collection[UUID] | None = None) -> Select[LedgerAccount, int]:
    """Accounts with what their debits exceed their credits by, in micros, as (`LedgerAccount`, micros)."""
    query = select(LedgerAccount, LedgerBalance.posted_micros).join(
        LedgerBalance, LedgerBalance.account_id == LedgerAccount.id
    )
    if kind is not None:
        query = query.where(LedgerAccount.kind == kind)
    if subjects is not None:
        query = query.where(LedgerAccount.subject.in_(subjects))
    return query.order_by(LedgerAccount.currency, LedgerAccount.kind, LedgerAccount.subject, LedgerAccount.id)


def trial_balance() -> Select[str, str, int, int, int]:
    """Each currency's accounts by kind: (currency, kind, accounts, debit micros, credit micros)."""
    micros = LedgerBalance.posted_micros
    return (
        select(
            LedgerAccount.currency,
            LedgerAccount.kind,
            func.count(),
            func.coalesce(func.sum(micros).filter(micros > 0), 0),
            func.coalesce(-func.sum(micros).filter(micros < 0), 0),
        )
        .join(LedgerBalance, LedgerBalance.account_id == LedgerAccount.id)
        .group_by(LedgerAccount.currency, LedgerAccount.kind)
        .order_by(LedgerAccount.currency, LedgerAccount.kind)
    )


def history(account_id: UUID, *, after: tuple[int, int] | None = None) -> Select[Posting, int, int]:
    """An account's postings, oldest first, as (`Posting`, signed micros, running balance), debits above zero.

    `after` is the place (xid, seq) of the last posting already shown; the running balance counts from the beginning.
    """
    signed = case((Posting.debit_id == account_id, Posting.amount_micros), else_=-Posting.amount_micros)
    running = func.sum(signed).over(order_by=(Posting.xid, Posting.seq))
    touched = or_(Posting.debit_id == account_id, Posting.credit_id == account_id)
    whole = select(Posting.id, signed.label("signed"), running.label("running")).where(touched).subquery()
    return (
        select(Posting, whole.c.signed, whole.c.running)
        .join(whole, whole.c.id == Posting.id)
        .where(_after(after))
        .order_by(Posting.xid, Posting.seq)
    )


def _after(place: tuple[int, int] | None) -> ColumnElement[bool]:
    if place is None:
        return true()
    xid, seq = place
    return or_(Posting.xid > xid, (Posting.xid == xid) & (Posting.seq > seq))
