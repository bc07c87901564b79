"""A year's figures for tax offices: people and forms gathered, previewed with numbers in part, given out whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.kernel import activity
from app.kernel.actor import Actor
from app.kernel.tenant import Tenant
from app.roster.models import Party
from app.tax.errors import YearUnknown
from app.tax.models import TaxForm
from app.tax.rules import filing, years
from app.tax.rules.years import Person, YearEnd
from app.tax.schemas import Payment
from app.tax.service.filling import answers_of, today_of
from app.tax.service.payer import payer_of, tin_of

Payments = Callable[[Session, int], Iterable[Payment]]
"""Gives what was paid in a year."""

FIRST_YEAR: Final = 2018
_payments: list[Payments] = []


def paid(provide: Payments) -> Payments:
    """Register who knows what was paid: payouts lie above and are not asked by name."""
    _payments[:] = [provide]
    return provide


def payments_of(session: Session, year: int) -> list[Payment]:
    """What was paid in a year; nothing as long as nobody knows."""
    return list(_payments[0](session, year)) if _payments else []


def check_year(tenant: Tenant, year: int) -> int:
    """A year that something can have been paid in."""
    if not FIRST_YEAR <= year <= today_of(tenant).year:
        raise YearUnknown
    return year


def year_end(session: Session, year: int, payments: Iterable[Payment], *, is_whole: bool = False) -> YearEnd:
    """The figures of a year out of these payments; with `is_whole`, with what forms say in full."""
    known = list(payments)
    people = _people(session, {each.party_id for each in known}, date(year, 12, 31), is_whole=is_whole)
    return years.year_end(year, known, people, is_us_payer=payer_of(session).country == "US")


def _people(session: Session, party_ids: set[UUID], on: date, *, is_whole: bool) -> dict[UUID, Person]:
    """The legal persons with the newest form signed by the year's end, or else the first that came later."""
    tenant: Tenant = session.info["tenant"]
    order = (TaxForm.party_id, TaxForm.signed_on > on, func.abs(TaxForm.signed_on - on), TaxForm.number.desc())
    newest = select(TaxForm).ext(distinct_on(TaxForm.party_id)).order_by(*order)
    forms = {form.party_id: form for form in session.scalars(newest.where(TaxForm.party_id == _any(party_ids)))}
    people = {}
    for party in session.scalars(select(Party).where(Party.id == _any(party_ids))):
        form = forms.get(party.id)
        people[party.id] = _person(party, form, answers_of(tenant, form) if form and is_whole else {})
    return people


def _any(party_ids: set[UUID]) -> object:
    return func.any(literal(sorted(party_ids), ARRAY(Uuid)))


def _person(party: Party, form: TaxForm | None, answers: dict[str, str]) -> Person:
    country = form.country if form else party.country or ""
    return Person(
        party_id=party.id,
        name=party.legal_name,
        is_company=party.kind == "company",
        country=country,
        is_us=form.kind == "w9" if form else country == "US",
        tin_mask=form.tin_mask if form else "",
        claims_treaty=bool(form and form.claims_treaty),
        chapter4=form.chapter4 if form else "",
        answers=answers,
    )


def table(
    session: Session, actor: Actor, year: int, layout: str, payments: Iterable[Payment]
) -> tuple[list[str], list[list[object]]]:
    """A file for a tax office, with full numbers, and a note of who took it."""
    tenant: Tenant = session.info["tenant"]
    found, payer = year_end(session, year, payments, is_whole=True), payer_of(session)
    own = {name: getattr(payer, name) for name in ("name", "street", "city", "region", "postcode", "phone")}
    own |= {"country": payer.country or "", "tin": tin_of(tenant, payer)}
    rows = list(filing.rows(layout, found, own))
    after = {"year": year, "layout": layout, "rows": len(rows)}
    activity.record(session, actor, "tax_year.exported", subject_type="tax_year", after=after)
    return list(filing.LAYOUTS[layout]), rows
