"""Mail to payees about their money, in the label's name and their language."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from babel.dates import format_datetime
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity.models import Member
from app.identity.service.notices import base_address, language_of
from app.kernel import mail
from app.kernel.money import format_money
from app.kernel.tenant import Tenant
from app.kernel.web.own_words import offer
from app.payouts.models import Payout, PayoutMethod
from app.roster.models import Artist, Party, Payee

SENTENCES = {
    "paid": "%(amount)s from %(label)s has arrived",
    "paid.text": "%(amount)s was paid to %(account)s. What was taken off, and why, stands on the receipt:\n\n"
    "%(link)s\n",
    "failed": "Your payout from %(label)s did not arrive",
    "failed.text": "%(amount)s could not be paid to %(account)s. The whole amount is back on your balance. Look at the "
    "account, then ask again:\n\n%(link)s\n",
    "returned": "Your payout from %(label)s came back",
    "returned.text": "%(amount)s came back from %(account)s. The whole amount is on your balance again. Look at the "
    "account, then ask again:\n\n%(link)s\n",
    "fee": "The fee of your payout from %(label)s was given back",
    "fee.text": "Your instant payout of %(amount)s took longer than an hour, so its fee of %(fee)s is on your balance "
    "again:\n\n%(link)s\n",
    "account": "Where %(label)s pays you has changed",
    "account.text": "%(account)s was added for %(payee)s. Nothing is paid there before %(moment)s. If this was not "
    "you, tell %(label)s at once.\n",
}

offer(*SENTENCES.values())

TOLD = ("paid", "failed", "returned")
MONEY = "/artist/money"


def tell_payees(session: Session, tenant: Tenant, state: str, payouts: Collection[Payout]) -> None:
    """Tell payees what became of payouts; a state that is no news is not told."""
    if state not in TOLD:
        return
    methods = {method.id: method.masked for method in _methods(session, payouts)}
    people = mailboxes(session, tenant, {payout.payee_id for payout in payouts})
    for payout in payouts:
        for to, language in people.get(payout.payee_id, ()):
            amount = format_money(payout.sent_micros, payout.currency, language)
            places = {"amount": amount, "account": methods[payout.method_id]}
            places["link"] = f"{base_address(tenant)}{MONEY}/payouts/{payout.id}"
            _send(session, tenant, to, language, state, places)


def tell_fee(session: Session, tenant: Tenant, payout: Payout) -> None:
    """Tell a payee that an instant payout was late and costs nothing."""
    for to, language in mailboxes(session, tenant, {payout.payee_id}).get(payout.payee_id, ()):
        amount = format_money(payout.sent_micros, payout.currency, language)
        fee = format_money(payout.fee_micros, payout.currency, language)
        link = f"{base_address(tenant)}{MONEY}/payouts/{payout.id}"
        _send(session, tenant, to, language, "fee", {"amount": amount, "fee": fee, "link": link})


def tell_account(session: Session, tenant: Tenant, payee: Payee, method: PayoutMethod) -> None:
    """Tell everybody who could be reached so far that there is a new account, before anything goes there."""
    for to, language in mailboxes(session, tenant, {payee.id}).get(payee.id, ()):
        moment = _moment(method.usable_from, language)
        places = {"account": method.masked, "payee": payee.name, "moment": moment}
        _send(session, tenant, to, language, "account", places)


def mailboxes(session: Session, tenant: Tenant, payees: Collection[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    """Where payees are written to: the legal person's address, and members who are the artist; with their language."""
    found: dict[UUID, dict[str, str]] = {}
    parties = select(Payee.id, Party.email).join(Party, Party.id == Payee.party_id).where(Payee.id.in_(payees))
    for payee, email in session.execute(parties):
        if email:
            found.setdefault(payee, {})[email.lower()] = language_of(tenant)
    members = (
        select(Payee.id, Member.email, Member.language)
        .join(Artist, Artist.party_id == Payee.party_id)
        .join(Member, Artist.key == func.any(Member.artists))
        .where(Payee.id.in_(payees), Member.role == "artist", Member.disabled_at.is_(None))
    )
    for payee, email, language in session.execute(members):
        found.setdefault(payee, {})[email] = language
    return {payee: sorted(boxes.items()) for payee, boxes in found.items()}


def _methods(session: Session, payouts: Collection[Payout]) -> list[PayoutMethod]:
    wanted = {payout.method_id for payout in payouts}
    return list(session.scalars(select(PayoutMethod).where(PayoutMethod.id.in_(wanted))))


def _moment(moment: datetime, language: str) -> str:
    return format_datetime(moment, "medium", locale=language)


def _send(session: Session, tenant: Tenant, to: str, language: str, kind: str, places: dict[str, str]) -> None:
    letter = mail.Mail(
        to=to,
        subject=SENTENCES[kind],
        text=SENTENCES[f"{kind}.text"],
        language=language,
        places={"label": tenant.name} | places,
    )
    mail.ask(session, tenant, letter)
