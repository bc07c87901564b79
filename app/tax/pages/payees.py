"""Who has signed what: the list of payees, one payee's forms and what is withheld, and a form on paper."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.brand.service.drawing import draw_sheet
from app.identity.pages import visitor_here
from app.identity.policies import Visitor
from app.kernel import activity
from app.kernel.db import tenant_read, tenant_work
from app.kernel.files.rules import content_disposition
from app.kernel.ids import parse_uuid
from app.kernel.tenant import Tenant
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.surfaces import on
from app.lists.errors import FilterUnusable
from app.roster.models import Party, Payee
from app.tax import queries
from app.tax.models import TaxForm
from app.tax.pages.places import IN_PERSON, SHOWN, TAX, AnyRequest, address_of, at, page_number, payee_page, teller
from app.tax.policies import form_to_read, is_own, may_prepare, payee_to_read, require_some, sees_all, sees_numbers
from app.tax.rules.kinds import FORM_NAMES
from app.tax.rules.tables import us_table
from app.tax.service import papers, withholding
from app.tax.service.filling import today_of
from app.tax.service.inviting import open_invitation, people_of
from app.tax.service.payer import payer_of
from app.tax.service.telling import STATE_SENTENCES, TONES, state_of

LONGEST_SEARCH = 100
PDF = "application/pdf"


@get(TAX, sync_to_thread=True)
def list_payees(request: AnyRequest) -> Response[str]:
    """Show payees with their forms and what is withheld from each."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    require_some(visitor)
    number, wanted = page_number(request), request.query_params.get("q", "").strip()
    if len(wanted) > LONGEST_SEARCH or "\0" in wanted:
        raise FilterUnusable
    today = today_of(tenant)
    with tenant_read(tenant) as session:
        query = queries.payees(visitor, wanted).offset((number - 1) * SHOWN).limit(SHOWN + 1)
        found = session.execute(query).all()
        rated = withholding(session, [payee.id for payee, _, _ in found], today)
        payer = payer_of(session)
    rows = [(payee, party, form, state_of(form, today), rated[payee.id]) for payee, party, form in found[:SHOWN]]
    around: dict[str, Any] = {
        "here": TAX, "at": number, "wanted": wanted, "more": len(found) > SHOWN, "sees_all": sees_all(visitor),
        "year": today.year, "payer": payer,
    }  # fmt: skip
    return page("tax/payees.html", realm_of(request), rows=rows, teller=teller(request), **around, **_words())


def _words() -> dict[str, Any]:
    return {"states": STATE_SENTENCES, "tones": TONES, "names": FORM_NAMES}


@on(get, at(""))
def show(request: AnyRequest, payee_id: FromPath[str]) -> Response[Any]:
    """Show what is withheld from a payee and why, and the forms they signed."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    with tenant_read(tenant) as session:
        payee = payee_to_read(session, visitor, parse_uuid(payee_id))
        shown = _shown(session, tenant, visitor, payee)
    return payee_page(request, "payee", visitor, address=address_of(request, payee.id), **shown, **_words())


def _shown(session: Session, tenant: Tenant, visitor: Visitor, payee: Payee) -> dict[str, Any]:
    today, party = today_of(tenant), session.get_one(Party, payee.party_id)
    forms = list(session.scalars(queries.forms(party.id)))
    return {
        "payee": payee,
        "party": party,
        "forms": [(form, state_of(form, today)) for form in forms],
        "withheld": withholding(session, [payee.id], today)[payee.id],
        "differs": _differs(party, next(iter(forms), None)) if sees_all(visitor) else False,
        "may_say_country": may_prepare(visitor),
        "may_fill": is_own(session, visitor, payee),
        "may_ask": may_prepare(visitor) and not people_of(session, party.id),
        "asked": open_invitation(session, payee.id) if may_prepare(visitor) else None,
        "table": us_table(),
    }


def _differs(party: Party, form: TaxForm | None) -> bool:
    """Whether the label knows another country than the one that stands on the form."""
    return form is not None and bool(party.country) and party.country != form.country


@on(get, at("forms/{form_id:str}/paper"), opt=IN_PERSON)
def paper(request: AnyRequest, payee_id: FromPath[str], form_id: FromPath[str]) -> Response[bytes]:
    """Give a signed form as PDF; its numbers in full to its own people and to whoever answers for payouts."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    with tenant_work(tenant) as session:
        form = form_to_read(session, visitor, parse_uuid(payee_id), parse_uuid(form_id))
        is_masked = not sees_numbers(session, visitor, parse_uuid(payee_id))
        if not is_masked:
            after = {"form": str(form.id), "number": form.number}
            told: dict[str, Any] = {"subject_type": "party", "subject_id": form.party_id, "after": after}
            activity.record(session, visitor.actor, "tax_form.opened", **told)
        sheet = papers.sheet(session, tenant, form, is_masked=is_masked)
    disposition = content_disposition(f"{papers.name_of(tenant, form)}.pdf", PDF, attachment=True)
    headers = {"content-disposition": disposition, "cache-control": "no-store"}
    return Response(draw_sheet(tenant, sheet), media_type=PDF, headers=headers)


handlers = [list_payees, *show, *paper]
