"""Lists of tax: payees with their forms, the versions of a form, cases and lists of screening."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, case, func, or_, select

from app.identity.policies import Visitor
from app.kernel.sentences import sentence
from app.roster.models import Party, Payee
from app.roster.queries.search import as_searched
from app.roster.service.parties import tie
from app.tax.models import SanctionsCase, SanctionsList, TaxForm
from app.tax.policies import may_see_payee


def payees(visitor: Visitor, wanted: str = "") -> Select[Payee, Party, TaxForm]:
    """Payees that a visitor sees, each with the legal person and the form that counts."""
    query = (
        select(Payee, Party, TaxForm)
        .join(Party, Party.id == Payee.party_id)
        .outerjoin(TaxForm, (TaxForm.party_id == Party.id) & TaxForm.superseded_at.is_(None))
        .where(may_see_payee(visitor))
        .order_by(Payee.name, Payee.currency, Payee.id)
    )
    if wanted:
        like = as_searched(wanted)
        query = query.where(or_(*(func.strpos(as_searched(c), like) > 0 for c in (Payee.name, Party.legal_name))))
    return query


def forms(party_id: UUID) -> Select[TaxForm]:
    """Every version that a legal person signed, the newest first."""
    return select(TaxForm).where(TaxForm.party_id == party_id).order_by(TaxForm.number.desc())


def cases() -> Select[SanctionsCase]:
    """Cases of screening: those to be decided first, then the newest."""
    is_open = case((SanctionsCase.state == "open", 0), else_=1)
    return select(SanctionsCase).order_by(is_open, SanctionsCase.opened_at.desc(), SanctionsCase.id)


def _signed(party_id: UUID) -> Select[int]:
    return select(func.count()).where(TaxForm.party_id == party_id)


tie(sentence("Tax forms"), _signed)


def lists() -> Select[SanctionsList]:
    """The lists in use, by name."""
    return select(SanctionsList).where(SanctionsList.retired_at.is_(None)).order_by(SanctionsList.name)
