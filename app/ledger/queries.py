"""Accounts, their balances and their history."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVarTuple
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Select, Uuid, cast, func, literal, select, tuple_, union_all
from sqlalchemy.orm import Session

from app.ledger.models import LedgerAccount, LedgerBalance, Posting
from app.ledger.rules import Kind

Ts = TypeVarTuple("Ts")


def balances(*, kind: Kind | None = None, subjects: Collection[UUID] | None = None) -> Select[LedgerAccount, int]:
    """Accounts with what their debits exceed their credits by, in micros, as (`LedgerAccount`, micros)."""
    query = _chosen(select(LedgerAccount, LedgerBalance.posted_micros), kind, subjects)
    return query.order_by(LedgerAccount.currency, LedgerAccount.kind, LedgerAccount.subject, LedgerAccount.id)


def held(*, kind: Kind | None = None, subjects: Collection[UUID] | None = None) -> Select[str, UUID | None, str, int]:
    """The same by value, in no order: (kind, subject, currency, micros)."""
    query = select(LedgerAccount.kind, LedgerAccount.subject, LedgerAccount.currency, LedgerBalance.posted_micros)
    return _chosen(query, kind, subjects)


def _chosen(query: Select[*Ts], kind: Kind | None, subjects: Collection[UUID] | None) -> Select[*Ts]:
    query = query.join(LedgerBalance, LedgerBalance.account_id == LedgerAccount.id)
    if kind is not None:
        query = query.where(LedgerAccount.kind == kind)
    if subjects is not None:  # one array: ten thousand places would take longer to prepare than to answer
        query = query.where(LedgerAccount.subject == func.any(literal(list(subjects), ARRAY(Uuid))))
    return query


def currencies(kind: Kind) -> Select[str]:
    """In which currencies there are accounts of a kind."""
    return select(LedgerAccount.currency).where(LedgerAccount.kind == kind).distinct().order_by(LedgerAccount.currency)


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


def accounts(kind: Kind, currency: str, *, before: tuple[int, UUID] | None = None) -> Select[LedgerAccount, int]:
    """The accounts of a kind in a currency with their debits less credits, the largest first.

    `before` is the place (size of the balance, id) of the last one already shown.
    """
    micros = func.abs(LedgerBalance.posted_micros)
    query = balances(kind=kind).where(LedgerAccount.currency == currency).order_by(None)
    if before is not None:
        query = query.where(tuple_(micros, LedgerAccount.id) < tuple_(*before))
    return query.order_by(micros.desc(), LedgerAccount.id.desc())


def history(account_id: UUID, *, before: tuple[int, int] | None = None) -> Select[Posting, LedgerAccount, int, int]:
    """An account's postings, newest first: (`Posting`, the other account, signed micros, balance after it).

    Debits are above zero. `before` is the place (xid, seq) of the last posting already shown; whatever was posted since
    that page was asked for, the balances of the next one are right.
    """
    place = (Posting.id, Posting.xid, Posting.seq)
    sides = union_all(
        select(*place, Posting.credit_id.label("other"), Posting.amount_micros.label("micros")).where(
            Posting.debit_id == account_id
        ),
        select(*place, Posting.debit_id, -Posting.amount_micros).where(Posting.credit_id == account_id),
    ).subquery()
    now = select(LedgerBalance.posted_micros).where(LedgerBalance.account_id == account_id).scalar_subquery()
    newer = func.sum(sides.c.micros).over(order_by=(sides.c.xid.desc(), sides.c.seq.desc()), rows=(None, -1))
    moved = select(sides, (now - func.coalesce(newer, 0)).label("then")).subquery()
    query = (
        select(Posting, LedgerAccount, moved.c.micros, cast(moved.c.then, BigInteger))
        .join(moved, moved.c.id == Posting.id)
        .join(LedgerAccount, LedgerAccount.id == moved.c.other)
    )
    if before is not None:
        query = query.where(tuple_(moved.c.xid, moved.c.seq) < tuple_(*before))
    return query.order_by(moved.c.xid.desc(), moved.c.seq.desc())


Namer = Callable[[Session, Collection[UUID]], dict[UUID, str]]

_namers: dict[Kind, Namer] = {}


def named(*kinds: Kind) -> Callable[[Namer], Namer]:
    """Register what the subjects of some kinds are called: whose they are is known only to the slices above."""

    def register(provide: Namer) -> Namer:
        _namers.update(dict.fromkeys(kinds, provide))
        return provide

    return register


def names(session: Session, rows: Collection[LedgerAccount]) -> dict[UUID, str]:
    """What accounts are called after their subjects, by account; those that nobody names are left out."""
    found: dict[UUID, str] = {}
    for kind, provide in _namers.items():
        mine = {row.id: row.subject for row in rows if row.kind == kind and row.subject is not None}
        called = provide(session, set(mine.values())) if mine else {}
        found |= {row_id: called[subject] for row_id, subject in mine.items() if subject in called}
    return found
