"""Where payees' money goes: said only by somebody who is there (see `app.api.rules.proof`)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Section
from app.api.rest.conventions.schemas import Code, Id, Text
from app.api.rest.money_parts import Currency
from app.api.rest.payees import PAYEES, AccountView, PayeeView, Rhythm, account_told
from app.kernel import clock
from app.payouts.policies import payee_to_pay
from app.payouts.rules.accounts import Typed
from app.payouts.rules.schedules import Schedule
from app.payouts.service import methods, scheduling

SECTION = Section(
    "Accounts of payees",
    "Where money goes. Only a person who signed in within the last ten minutes says so, through a program to which "
    "they lent the scope `payouts:bank`: no program changes it by itself. Numbers are taken in and never shown again.",
)


class NewAccount(Body, frozen=True):
    """An account as its bank writes it."""

    scheme: Literal["iban", "us", "gb"]
    holder: Annotated[Text, Meta(examples=["Mira Sol"])]
    number: Annotated[Code, Meta(examples=["DE89370400440532013000"])]
    routing: Code = ""
    kind: Literal["", "checking", "savings"] = ""
    is_company: bool = False
    currency: Currency | None = None


class ShareSaid(Body, frozen=True):
    """Which part of what is paid goes to an account."""

    account_id: Id
    share_ppm: Annotated[int, Meta(ge=1, le=1_000_000)]


class Shares(Body, frozen=True):
    """How what is paid in a currency is divided between all accounts of it: the parts make the whole."""

    shares: Annotated[list[ShareSaid], Meta(min_length=1, max_length=50)]


class NewSchedule(Body, frozen=True):
    """How often a payee is paid. `anchor` is the day of the week from 1, Monday, or of the month."""

    rhythm: Rhythm
    anchor: Annotated[int, Meta(ge=0, le=31)] = 0
    on_holiday: Literal["before", "after"] = "after"


@SECTION.post("/payees/{payee_id}/accounts", scope="payouts:bank", takes=NewAccount, gives=AccountView)
def add_account(call: Call, session: Session, body: NewAccount) -> Answer:
    """Add an account. Nothing goes there for 72 hours, and whoever could be reached so far is told."""
    payee = payee_to_pay(session, call.require_person(), call.id("payee_id"))
    typed = Typed(body.scheme, body.holder, body.number, body.routing, body.kind, is_company=body.is_company)
    method = methods.add(session, call.tenant, call.actor, payee, typed, currency=body.currency)
    session.flush()
    return Answer(account_told(method, clock.now()), 201, location=f"/api/v1/payees/{payee.id}")


@SECTION.delete("/payees/{payee_id}/accounts/{account_id}", scope="payouts:bank")
def remove_account(call: Call, session: Session) -> Answer:
    """Remove an account. What was to go there and has not left is back on the balance."""
    payee = payee_to_pay(session, call.require_person(), call.id("payee_id"))
    methods.remove(session, call.actor, payee, methods.method_of(session, payee, call.id("account_id")))
    return Answer()


@SECTION.put("/payees/{payee_id}/shares", scope="payouts:bank", takes=Shares, gives=PayeeView, resource=PAYEES)
def share_accounts(call: Call, session: Session, body: Shares) -> Answer:
    """Divide between accounts. Names every account of one currency."""
    payee = payee_to_pay(session, call.require_person(), call.id("payee_id"))
    methods.share(session, call.actor, payee, {each.account_id: each.share_ppm for each in body.shares})
    return PAYEES.one(call, session, payee.id)


@SECTION.put("/payees/{payee_id}/schedule", scope="payouts:bank", takes=NewSchedule, resource=PAYEES)
def schedule_payouts(call: Call, session: Session, body: NewSchedule) -> Answer:
    """Set how often a payee is paid. A day on which banks are closed moves as `on_holiday` says."""
    payee = payee_to_pay(session, call.require_person(), call.id("payee_id"))
    scheduling.set_schedule(session, call.actor, payee, Schedule(body.rhythm, body.anchor, body.on_holiday))
    return PAYEES.one(call, session, payee.id)
