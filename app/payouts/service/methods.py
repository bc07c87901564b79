"""Accounts that payees are paid to: sealed, announced, and not used before somebody can have noticed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel import activity, clock, crypto, ids
from app.kernel.actor import Actor
from app.kernel.db import moment
from app.kernel.money import WHOLE_PPM, is_currency
from app.kernel.tenant import Tenant
from app.payouts.errors import AccountKnown, MethodUnknown, SharesWrong
from app.payouts.gateways.rail import Destination
from app.payouts.models import Payout, PayoutMethod
from app.payouts.rules.accounts import BankDetails, Typed, fingerprint_text, masked_details, read_account
from app.payouts.rules.promises import FROZEN_FOR
from app.payouts.rules.refusals import SchemeUnknown
from app.payouts.service import notices
from app.payouts.service.quoting import methods_of
from app.payouts.service.requesting import stop_all
from app.roster.models import Party, Payee

CONTEXT: Final = "payout account"
"""What an account's numbers are sealed for."""


def add(
    session: Session, tenant: Tenant, actor: Actor, payee: Payee, typed: Typed, *, currency: str | None = None
) -> PayoutMethod:
    """Note an account; it shares what is paid in its currency with those that are there in equal parts.

    Nothing goes there for 72 hours, and whoever could be reached so far is told.
    """
    details = read_account(typed)
    currency = currency or payee.currency
    if not is_currency(currency):
        raise SchemeUnknown
    party = session.get_one(Party, payee.party_id)
    to = _destination(details, party.country or details.country)
    method = _new(session, tenant, actor, payee, details, to, currency)
    notices.tell_account(session, tenant, payee, method)
    return method


def add_processor_account(session: Session, tenant: Tenant, actor: Actor, payee: Payee, account: str) -> PayoutMethod:
    """Note the card processor's account of a payee, once it may be paid to."""
    details = BankDetails("iban", payee.name, account, "", "")
    to = Destination("stripe", payee.name, account)
    method = _new(session, tenant, actor, payee, details, to, payee.currency)
    notices.tell_account(session, tenant, payee, method)
    return method


def _new(
    session: Session,
    tenant: Tenant,
    actor: Actor,
    payee: Payee,
    details: BankDetails,
    to: Destination,
    currency: str,
) -> PayoutMethod:
    _take_turn(session, payee)
    now, is_processor = moment(session), to.scheme == "stripe"
    text = f"stripe:{to.number}" if is_processor else fingerprint_text(details)
    others = [each for each in methods_of(session, [payee.id]).get(payee.id, []) if each.currency == currency]
    method = PayoutMethod(
        id=ids.new_id(),
        payee_id=payee.id,
        scheme=to.scheme,
        currency=currency,
        country=to.country,
        masked=f"•••• {to.number[-4:]}" if is_processor else masked_details(details),
        bank="" if is_processor else to.routing,
        sealed=crypto.seal(tenant, msgspec.json.encode(to), CONTEXT),
        fingerprint=crypto.fingerprint(tenant, f"{currency}:{text}"),
        share_ppm=WHOLE_PPM,
        added_by=actor.id,
        added_at=now,
        usable_from=now + FROZEN_FOR,
    )
    try:
        with session.begin_nested():
            session.add(method)
    except IntegrityError:
        raise AccountKnown from None
    _share_equally([*others, method])
    _tell(session, actor, "payout_method.added", payee, method)
    return method


def remove(session: Session, actor: Actor, payee: Payee, method: PayoutMethod) -> None:
    """Pay there no more; what was to go there and has not left is taken back to the balance."""
    _take_turn(session, payee)
    method.removed_at = clock.now()
    session.flush()
    waiting = select(Payout).where(Payout.method_id == method.id, Payout.state.in_(("reserved", "approved")))
    stopped = list(session.scalars(waiting.order_by(Payout.id).with_for_update()))
    stop_all(session, actor, stopped, problems=dict.fromkeys((each.id for each in stopped), "account_changed"))
    left = methods_of(session, [payee.id]).get(payee.id, [])
    _share_equally([each for each in left if each.currency == method.currency])
    _tell(session, actor, "payout_method.removed", payee, method)


def share(session: Session, actor: Actor, payee: Payee, shares: Mapping[UUID, int]) -> None:
    """Divide what is paid between the accounts of a currency, in parts per million that add up to the whole."""
    _take_turn(session, payee)
    methods = {each.id: each for each in methods_of(session, [payee.id]).get(payee.id, [])}
    if not shares or not shares.keys() <= methods.keys():
        raise MethodUnknown
    currencies = {methods[key].currency for key in shares}
    wanted = {key for key, each in methods.items() if each.currency in currencies}
    if len(currencies) != 1 or wanted != shares.keys() or sum(shares.values()) != WHOLE_PPM:
        raise SharesWrong
    if any(part < 1 for part in shares.values()):
        raise SharesWrong
    before = {str(key): methods[key].share_ppm for key in shares}
    for key, part in shares.items():
        methods[key].share_ppm = part
    session.flush()
    after = {str(key): part for key, part in shares.items()}
    activity.record(
        session, actor, "payout_method.shared", subject_type="payee", subject_id=payee.id, before=before, after=after
    )


def method_of(session: Session, payee: Payee, method_id: UUID | None) -> PayoutMethod:
    """One of a payee's accounts, locked."""
    _take_turn(session, payee)
    found = session.get(PayoutMethod, method_id, with_for_update=True) if method_id else None
    if found is None or found.payee_id != payee.id or found.removed_at is not None:
        raise MethodUnknown
    return found


def _take_turn(session: Session, payee: Payee) -> None:
    """Hold the payee, before any of the accounts: whoever changes one of them changes the shares of the others."""
    session.get_one(Payee, payee.id, with_for_update={"key_share": True})


def number_of(tenant: Tenant, method: PayoutMethod) -> str:
    """An account's number in plain; for rails alone."""
    return msgspec.json.decode(crypto.open_sealed(tenant, method.sealed, CONTEXT), type=Destination).number


def _destination(details: BankDetails, address_country: str) -> Destination:
    return Destination(
        details.scheme,
        details.holder,
        details.number,
        details.routing,
        details.country,
        address_country,
        is_company=details.is_company,
        is_savings=details.is_savings,
    )


def _share_equally(methods: list[PayoutMethod]) -> None:
    if not methods:
        return
    part, rest = divmod(WHOLE_PPM, len(methods))
    for place, method in enumerate(methods):
        method.share_ppm = part + (1 if place < rest else 0)


def _tell(session: Session, actor: Actor, action: str, payee: Payee, method: PayoutMethod) -> None:
    """What activity keeps of an account is what is shown of it."""
    after = {"account": method.masked, "currency": method.currency, "method_id": str(method.id)}
    activity.record(session, actor, action, subject_type="payee", subject_id=payee.id, after=after)
