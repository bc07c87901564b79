"""What is withheld from many payees at once, and who of them is held by a case."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from app.roster.models import Party, Payee
from app.tax.models import SanctionsCase, TaxForm
from app.tax.rules.withholding import Withholding, rate_for, regime_of
from app.tax.service.payer import payer_of
from app.tax.service.screening import due_payees


class Held(NamedTuple):
    """What of a signed form decides."""

    kind: str
    country: str
    claims_treaty: bool
    chapter4: str
    is_backup: bool
    valid_until: date | None


def withholding(session: Session, payee_ids: Collection[UUID], on: date) -> dict[UUID, Withholding]:
    """What is withheld from what each of these payees is paid on a day, in two queries however many they are.

    The form that counts is the newest one that was signed by then; a payee nobody knows is not in the answer.
    """
    payer = payer_of(session)
    regime = regime_of(payer.country)
    newer, deciding = aliased(TaxForm), [getattr(TaxForm, name) for name in Held._fields]
    counts = and_(
        TaxForm.party_id == Party.id,
        TaxForm.signed_on <= on,
        ~exists().where(
            newer.party_id == TaxForm.party_id, newer.signed_on <= on, newer.number > TaxForm.number
        ),
    )  # fmt: skip
    query = (
        select(Payee.id, Party.kind, Party.country, *deciding)
        .join(Party, Party.id == Payee.party_id)
        .outerjoin(TaxForm, counts)
        .where(among(payee_ids))
    )
    rated = {}
    for payee_id, kind, country, *form in session.execute(query):
        rated[payee_id] = rate_for(
            regime,
            Held(*form) if form[0] is not None else None,
            on,
            payer_country=payer.country,
            is_us=country == "US",
            is_company=kind == "company",
        )
    return rated


def blocked(session: Session, payee_ids: Collection[UUID]) -> set[UUID]:
    """Whom nothing may be paid: those with an open or confirmed case, and those who were not screened yet."""
    cases = select(SanctionsCase.party_id).where(SanctionsCase.state.in_(("open", "confirmed")))
    held = or_(Payee.party_id.in_(cases), Payee.id.in_(due_payees()))
    return set(session.scalars(select(Payee.id).where(among(payee_ids), held)))


def among(payee_ids: Collection[UUID]) -> ColumnElement[bool]:
    """Payees by their ids, sent as one array: ten thousand places would take longer to prepare than to answer."""
    return Payee.id == func.any(literal(list(payee_ids), ARRAY(Uuid)))
