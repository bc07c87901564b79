"""What royalties tell the roster of each artist."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ScalarSelect, Subquery, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.identity.policies import Visitor
from app.ledger.models import LedgerAccount, LedgerBalance, Posting
from app.ledger.rules import Kind
from app.roster.models import Artist, Payee
from app.roster.policies import may_see_artist
from app.roster.queries.columns import fill
from app.royalties.models import Statement


@fill("balance")
def balance(visitor: Visitor, _today: date) -> Subquery:
    """What the ledger owes the payees behind an artist, in micros; the note names its currency, the label's first."""
    owed = _owed_by_party()
    own = (owed.c.currency == visitor.actor.tenant.currency).desc() if visitor.actor.tenant else owed.c.currency
    order = (own, owed.c.currency)
    query = (
        select(
            Artist.id.label("artist_id"),
            func.array_agg(aggregate_order_by(owed.c.micros, *order))[1].label("value"),
            func.string_agg(owed.c.currency, aggregate_order_by(literal(MORE), *order)).label("note"),
        )
        .join(owed, owed.c.party_id == Artist.party_id)
        .where(may_see_artist(visitor, "royalties.view"))
        .group_by(Artist.id)
    )
    return query.subquery("balances")


MORE = " + "
"""What stands between currencies of which only the first one's amount is shown."""


def _owed_by_party() -> Subquery:
    """By legal person and currency; an account knows whose it is from the first statement that was posted to it."""
    statement = func.coalesce(_first(Posting.credit_id), _first(Posting.debit_id))
    query = (
        select(Payee.party_id, LedgerAccount.currency, (-func.sum(LedgerBalance.posted_micros)).label("micros"))
        .join(LedgerBalance, LedgerBalance.account_id == LedgerAccount.id)
        .join(Statement, Statement.id == statement)
        .join(Payee, Payee.id == Statement.payee_id)
        .where(LedgerAccount.kind == Kind.PAYABLE.value)
        .group_by(Payee.party_id, LedgerAccount.currency)
    )
    return query.subquery("owed")


def _first(side: Any) -> ScalarSelect[Any]:
    """The statement of a posting on one side of an account."""
    told = select(Posting.subject_id).where(side == LedgerAccount.id, Posting.subject_type == "royalties")
    return told.where(Posting.subject_id.is_not(None)).limit(1).correlate(LedgerAccount).scalar_subquery()
