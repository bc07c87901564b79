"""Asking for a new form before the one there is ends: the label hears of it, and the payee's own people get a mail."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from babel.dates import format_date
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.service.notices import base_address, language_of
from app.kernel import activity, mail
from app.kernel.actor import Actor
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web.own_words import offer
from app.roster.models import Party, Payee
from app.tax.models import TaxForm
from app.tax.rules.kinds import FORM_NAMES, LEADS, lead_for
from app.tax.service import inviting
from app.tax.service.inviting import people_of

SUBJECT: Final = sentence("Your tax form %(form)s ends on %(day)s")
TEXT: Final = sentence(
    "%(label)s pays you, and the tax form %(form)s that you signed for %(name)s ends on %(day)s. From the day after, "
    "more tax has to be withheld. Answer the questions again and sign here:\n\n%(link)s\n"
)
offer(SUBJECT, TEXT)


def remind(session: Session, tenant: Tenant, today: date) -> int:
    """Ask for every form that ends in 60 or 14 days, each lead once; how many were asked for."""
    soon = today + timedelta(days=max(LEADS))
    query = (
        select(TaxForm, Party)
        .join(Party, Party.id == TaxForm.party_id)
        .where(TaxForm.superseded_at.is_(None), TaxForm.valid_until.between(today, soon))
        .order_by(TaxForm.valid_until, TaxForm.id)
        .with_for_update(of=TaxForm)
    )
    asked = 0
    for form, party in session.execute(query).all():
        lead = lead_for(form.valid_until, form.told_days, today) if form.valid_until else None
        if lead is not None:
            form.told_days = lead
            _tell(session, tenant, form, party)
            asked += 1
    session.flush()
    return asked


def _tell(session: Session, tenant: Tenant, form: TaxForm, party: Party) -> None:
    payee = session.scalars(
        select(Payee.id).where(Payee.party_id == party.id).order_by(Payee.created_at).limit(1)
    ).first()
    if payee is None or form.valid_until is None:
        return
    after = {"kind": form.kind, "ends_on": form.valid_until.isoformat()}
    activity.record(
        session, Actor.system(tenant), "tax_form.ending", subject_type="party", subject_id=party.id, after=after
    )
    own = people_of(session, party.id)
    if not own and party.email:
        inviting.send_again(session, tenant, session.get_one(Payee, payee), party)
        return
    link = f"{base_address(tenant)}/portal/payees/{payee}/tax"
    for address, language in [(member.email, language_of(tenant, member.language)) for member in own]:
        day = format_date(form.valid_until, "long", locale=language.replace("-", "_"))
        places = {
            "label": tenant.name,
            "form": FORM_NAMES[form.kind],
            "name": party.legal_name,
            "day": day,
            "link": link,
        }
        letter = mail.Mail(to=address, subject=SUBJECT, text=TEXT, language=language, places=places)
        mail.ask(session, tenant, letter, key=f"tax:{form.id}:{form.told_days}:{address}")
