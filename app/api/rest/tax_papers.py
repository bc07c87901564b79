"""Tax forms: a payee is asked for theirs, and one that was signed is fetched as a paper, its numbers in part."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Call, View
from app.api.rest.conventions.numbered import asked
from app.api.rest.conventions.schemas import Id, Moment
from app.api.rest.tax import SECTION
from app.brand.service.drawing import draw_sheet
from app.kernel.db import tenant_read
from app.kernel.files.rules import content_disposition
from app.tax.policies import form_to_read, payee_to_ask
from app.tax.service import inviting, papers

PDF = "application/pdf"


class TaxInvitationView(View):
    """A link to their form that was sent to a payee; the one before leads nowhere any more."""

    id: Id
    payee_id: Id
    email: str
    language: str
    sent_at: Moment
    expires_at: Moment


@SECTION.post("/tax/payees/{payee_id}/invitations", scope="payouts:write", gives=TaxInvitationView)
def ask_for_tax_form(call: Call, session: Session) -> Answer:
    """Ask a payee for their tax form. They are sent a link; whoever has people of their own here signs in instead."""
    payee = payee_to_ask(session, call.visitor, call.id("payee_id"))
    sent = inviting.invite(session, call.tenant, call.actor, payee)
    session.flush()
    return Answer({name: getattr(sent, name) for name in TaxInvitationView.__struct_fields__}, status=201)


@SECTION.document("/tax/payees/{payee_id}/forms/{form_id}/paper", scope="payouts:read", media_type=PDF)
def fetch_tax_form(call: Call) -> Answer:
    """Fetch a signed tax form as a paper. Its numbers are shown in part, whoever asks."""
    asked(call, {})
    with tenant_read(call.tenant) as session:
        form = form_to_read(session, call.visitor, call.id("payee_id"), call.id("form_id"))
        sheet = papers.sheet(session, call.tenant, form, is_masked=True)
        name = papers.name_of(call.tenant, form)
    headers = {"content-disposition": content_disposition(f"{name}.pdf", PDF, attachment=True)}
    return Answer(draw_sheet(call.tenant, sheet), headers=headers | {"cache-control": "no-store"}, media_type=PDF)
