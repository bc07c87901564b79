"""Tax: what is withheld from payees and why, where their forms stand, a year's figures, and cases of screening."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from msgspec import Meta
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Part, Resource, Section, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.numbered import asked
from app.api.rest.conventions.schemas import Count, Day, Id, Moment, Ppm
from app.api.rest.money_parts import Currency, Micros
from app.identity.policies import Visitor
from app.kernel.collation import as_sorted
from app.kernel.web.pages import told
from app.roster.models import Payee
from app.roster.queries.search import as_searched
from app.tax.errors import YearUnknown
from app.tax.models import SanctionsCase, SanctionsList, TaxForm
from app.tax.policies import case_to_decide, case_to_read, may_see_payee, payee_to_read, require_all
from app.tax.service import screening, withholding, years
from app.tax.service.filling import today_of
from app.tax.service.telling import Teller, state_of

SECTION = Section(
    "Tax",
    "What is withheld and why. Numbers are shown in part, forms are signed by people in the portal, and the files for "
    "tax offices, which hold everybody's full numbers, are taken there.",
)
CaseState = Literal["open", "cleared", "confirmed"]


class TaxFormView(View):
    """The form of a payee that counts, or counted last."""

    id: Id
    number: Count
    kind: Literal["w9", "w8ben", "w8bene"]
    state: Literal["valid", "ending", "ended", "superseded"]
    country: Annotated[str, Meta(examples=["DE"])]
    claims_treaty: bool
    tin_mask: str
    signed_on: Day
    valid_until: Day | None


class WithheldView(View):
    """How much is withheld now, and why."""

    ppm: Ppm
    why: Annotated[str, Meta(examples=["W-9 is there: nothing is withheld."])]


class TaxedPayeeView(View):
    """A payee with their form and what is withheld from them now."""

    id: Id
    party_id: Id
    name: str
    currency: Currency
    withheld: WithheldView
    form: TaxFormView | None


class YearLine(View):
    """What stands on a form of a year, or on none and why; numbers in part."""

    form: Literal["1099", "1042s", "dac7", "none"]
    party_id: Id
    name: str
    country: str
    tin_mask: str
    currency: Currency
    gross_micros: Micros
    withheld_micros: Micros
    why: str | None


class YearView(View):
    """A year's figures for tax offices."""

    year: Count
    is_over: bool
    lines: list[YearLine]


class CaseView(View):
    """A payee who is called like somebody on a list of sanctioned persons: nothing leaves until a person has looked."""

    id: Id
    party_id: Id | None
    name: str
    listed_name: str
    list_name: str
    score_ppm: Ppm
    facts: dict[str, str]
    state: CaseState
    opened_at: Moment
    decided_by: Id | None
    decided_at: Moment | None
    reason: str | None


class ListInUse(View):
    """A list of sanctioned persons that payees are compared with."""

    id: Id
    name: Annotated[str, Meta(examples=["European Union"])]
    names: Count
    created_at: Moment


class CaseDecision(Body, frozen=True):
    """Whether a payee is the person on the list, and why."""

    state: Literal["cleared", "confirmed"]
    reason: Annotated[str, Meta(min_length=1, max_length=1_000, examples=["Born in another year; passport seen."])]


def _forms(session: Session, visitor: Visitor, payee_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    query = (
        select(Payee.id, TaxForm)
        .join(TaxForm, (TaxForm.party_id == Payee.party_id) & TaxForm.superseded_at.is_(None))
        .where(Payee.id.in_(payee_ids))
    )
    tenant = visitor.actor.tenant
    today = today_of(tenant) if tenant else None
    kept = ("id", "number", "kind", "country", "claims_treaty", "tin_mask", "signed_on", "valid_until")
    found = {}
    for payee, form in session.execute(query):
        found[payee] = {name: getattr(form, name) for name in kept} | {"state": state_of(form, today) if today else ""}
    return found


def _rates(session: Session, visitor: Visitor, payee_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    tenant = visitor.actor.tenant
    return dict(withholding(session, list(payee_ids), today_of(tenant))) if tenant else {}


TAXED = Resource(
    name="taxed_payees",
    view=TaxedPayeeView,
    model=Payee,
    visible=may_see_payee,
    parts={"form": Part(_forms), "withheld": Part(_rates)},
    filters={
        "q": by.named(as_searched(Payee.name), "Part of a name, as people type it."),
        "currency": by.text(Payee.currency, "Payees in this currency.", "EUR"),
    },
    sorts={"name": as_sorted(Payee.name)},
    version=None,
)


def _told(call: Call, answer: Answer) -> Answer:
    """Rates and their reasons in the reader's language."""
    teller = Teller(call.realm.language, partial(told, call.realm))
    for row in answer.body.get("items", [answer.body]):
        if "withheld" in row:
            row["withheld"] = {"ppm": row["withheld"].rate_ppm, "why": teller.why(row["withheld"])}
    return answer


@SECTION.listing("/tax/payees", TAXED, scope="payouts:read")
def list_taxed_payees(call: Call, session: Session) -> Answer:
    """List payees with their tax forms. And what is withheld from each, with the reason."""
    return _told(call, TAXED.page(call, session))


@SECTION.get("/tax/payees/{payee_id}", scope="payouts:read", resource=TAXED)
def read_taxed_payee(call: Call, session: Session) -> Answer:
    """Read a payee's tax form. And what is withheld from them, with the reason."""
    payee = payee_to_read(session, call.visitor, call.id("payee_id"))
    return _told(call, TAXED.one(call, session, payee.id))


@SECTION.get("/tax/years/{year}", scope="payouts:read", gives=YearView)
def read_tax_year(call: Call, session: Session) -> Answer:
    """Read a year's figures. What each form would say, and what stands on none; numbers in part."""
    asked(call, {})
    require_all(call.visitor, "payouts.view")
    said = call.word("year")
    if not (said.isascii() and said.isdecimal() and len(said) == 4):
        raise YearUnknown
    year = years.check_year(call.tenant, int(said))
    found = years.year_end(session, year, years.payments_of(session, year))
    lines = [_year_line("1099", each, "USD", each.royalties_micros) for each in found.misc]
    lines += [_year_line("1042s", each, "USD", each.gross_micros) for each in found.foreign]
    lines += [_year_line("dac7", each, each.currency, sum(each.gross_micros)) for each in found.sellers]
    lines += [_year_line("none", each, each.currency, each.gross_micros) for each in found.left_out]
    return Answer({"year": year, "is_over": year < today_of(call.tenant).year, "lines": lines})


def _year_line(form: str, row: Any, currency: str, gross_micros: int) -> dict[str, Any]:
    person, withheld = row.person, row.withheld_micros
    return {
        "form": form,
        "party_id": person.party_id,
        "name": person.name,
        "country": person.country,
        "tin_mask": person.tin_mask,
        "currency": currency,
        "gross_micros": gross_micros,
        "withheld_micros": sum(withheld) if isinstance(withheld, tuple) else withheld,
        "why": getattr(row, "why", None),
    }


def _whole(visitor: Visitor) -> ColumnElement[bool]:
    require_all(visitor, "payouts.view")
    return true()


CASES = Resource(
    name="sanctions_cases",
    view=CaseView,
    model=SanctionsCase,
    visible=_whole,
    filters={"state": by.choice(SanctionsCase.state, get_args(CaseState), "Cases that stand here.")},
    sorts={"opened_at": SanctionsCase.opened_at},
    version=None,
)


LISTS = Resource(
    name="sanctions_lists",
    view=ListInUse,
    model=SanctionsList,
    visible=lambda visitor: _whole(visitor) & SanctionsList.retired_at.is_(None),
    version=None,
)


@SECTION.listing("/tax/lists", LISTS, scope="payouts:read")
def list_sanctions_lists(call: Call, session: Session) -> Answer:
    """List the lists of sanctioned persons in use. People bring them in, and take them out of use, in the portal."""
    return LISTS.page(call, session)


@SECTION.listing("/tax/cases", CASES, scope="payouts:read")
def list_sanctions_cases(call: Call, session: Session) -> Answer:
    """List cases of screening."""
    return CASES.page(call, session)


@SECTION.get("/tax/cases/{case_id}", scope="payouts:read", resource=CASES)
def read_sanctions_case(call: Call, session: Session) -> Answer:
    """Read a case of screening."""
    return CASES.one(call, session, case_to_read(session, call.visitor, call.id("case_id")).id)


@SECTION.put("/tax/cases/{case_id}/decision", scope="payouts:approve", takes=CaseDecision, resource=CASES)
def decide_sanctions_case(call: Call, session: Session, body: CaseDecision) -> Answer:
    """Decide a case. By somebody who is there and had no hand in entering the payee."""
    visitor = call.require_person()
    case = case_to_decide(session, visitor, call.id("case_id"))
    screening.decide(session, visitor, case, state=body.state, reason=body.reason)
    return CASES.one(call, session, case.id)
