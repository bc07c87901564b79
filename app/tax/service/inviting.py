"""Asking a payee who has nobody in the portal for a form: by a link to the address that stands with the legal person.

It goes to no other address and to nobody who works at the label, since nobody signs for others; it leads to one form.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from babel.dates import format_date
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity.models import Member
from app.identity.service.notices import base_address
from app.kernel import activity, clock, ids, mail
from app.kernel.actor import Actor
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web.own_words import offer
from app.roster.models import Artist, Party, Payee
from app.tax.errors import AddressMissing, AddressOfStaff, OwnPeopleThere
from app.tax.models import TaxForm, TaxInvitation
from app.tax.policies import link_hash
from app.tax.schemas import Came, Filler, SignatureForm
from app.tax.service import filling

LINKS: Final = "/tax-forms"
LIFE: Final = timedelta(days=14)
SUBJECT: Final = sentence("%(label)s asks for your tax form")
TEXT: Final = sentence(
    "%(label)s pays you and has to know how much tax to withhold from %(name)s. Answer a few questions and sign here "
    "until %(day)s:\n\n%(link)s\n\nThis link is for you alone. If you do not know what this is about, ignore this "
    "mail.\n"
)
offer(SUBJECT, TEXT)


def people_of(session: Session, party_id: UUID) -> list[Member]:
    """The members who are the artists behind a legal person: they fill its forms in."""
    keys = list(session.scalars(select(Artist.key).where(Artist.party_id == party_id)))
    query = select(Member).where(Member.role == "artist", Member.disabled_at.is_(None), Member.artists.overlap(keys))
    return list(session.scalars(query)) if keys else []


def open_invitation(session: Session, payee_id: UUID) -> TaxInvitation | None:
    """The link of a payee that still leads somewhere."""
    query = select(TaxInvitation).where(TaxInvitation.payee_id == payee_id, TaxInvitation.ended_at.is_(None))
    query = query.where(TaxInvitation.expires_at > clock.now()).order_by(TaxInvitation.sent_at.desc())
    return session.scalars(query.limit(1)).first()


def invite(session: Session, tenant: Tenant, actor: Actor, payee: Payee) -> TaxInvitation:
    """Send a payee the link to their form; the one before leads nowhere any more."""
    party = session.get_one(Party, payee.party_id, with_for_update=True)
    if people_of(session, party.id):
        raise OwnPeopleThere
    if not party.email:
        raise AddressMissing
    if session.scalar(select(Member.id).where(func.lower(Member.email) == party.email.lower()).limit(1)):
        raise AddressOfStaff
    return _send(session, tenant, actor, payee, party)


def send_again(session: Session, tenant: Tenant, payee: Payee, party: Party) -> None:
    """Ask for a new form before the one there is ends, unless the address is one that nobody is asked at."""
    is_staffs = select(Member.id).where(func.lower(Member.email) == func.lower(party.email)).limit(1)
    if session.scalar(is_staffs) is None:
        _send(session, tenant, Actor.system(tenant), payee, party)


def _send(session: Session, tenant: Tenant, actor: Actor, payee: Payee, party: Party) -> TaxInvitation:
    now, token, email = clock.now(), ids.new_token(), party.email or ""
    earlier = select(TaxInvitation).where(TaxInvitation.payee_id == payee.id, TaxInvitation.ended_at.is_(None))
    for each in session.scalars(earlier.with_for_update()):
        each.end(now)
    sent = TaxInvitation(
        id=ids.new_id(),
        payee_id=payee.id,
        email=email,
        language=tenant.languages[0],
        token_hash=link_hash(token),
        sent_by=actor.id if actor.kind == "member" else None,
        sent_at=now,
        expires_at=now + LIFE,
    )
    session.add(sent)
    session.flush()
    day = format_date(sent.expires_at, "long", locale=sent.language.replace("-", "_"))
    places = {
        "label": tenant.name,
        "name": party.legal_name,
        "day": day,
        "link": f"{base_address(tenant)}{LINKS}/{token}",
    }
    letter = mail.Mail(to=email, subject=SUBJECT, text=TEXT, language=sent.language, places=places)
    mail.ask(session, tenant, letter, key=f"tax-link:{sent.id}")
    told = {"email": email, "expires_at": sent.expires_at.isoformat()}
    activity.record(session, actor, "tax_form.asked", subject_type="party", subject_id=party.id, after=told)
    return sent


def filler_of(invitation: TaxInvitation, party: Party) -> Filler:
    """Whoever came by a link: nobody who is known here otherwise."""
    actor = Actor(kind="client", id=None, tenant=None, name=party.legal_name)
    return Filler(actor, party.legal_name, invitation.email, invitation.language, invitation_id=invitation.id)


def sign(
    session: Session, tenant: Tenant, invitation: TaxInvitation, party: Party, given: SignatureForm, came: Came
) -> TaxForm:
    """Sign by a link, which is used up with it."""
    form = filling.sign(session, tenant, filler_of(invitation, party), party, given, came)
    invitation.end(clock.now(), form.id)
    return form
