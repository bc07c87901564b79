"""Payees: to whom money goes, what they have of it, and where it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Part, Resource, Section, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Day, Id, Moment, Name
from app.api.rest.money_parts import Currency, Micros
from app.identity.policies import Visitor
from app.kernel import clock
from app.kernel.collation import as_sorted
from app.kernel.web.pages import told
from app.payouts.models import PayoutSchedule
from app.payouts.policies import may_see_payee, payee_to_read
from app.payouts.service import standing
from app.payouts.service.quoting import methods_of
from app.payouts.service.standing import Standing
from app.roster.models import Payee
from app.roster.policies.parties import party_to_change, payee_to_change
from app.roster.queries.search import as_searched
from app.roster.service import parties

SECTION = Section("Payees", "Whom the label pays: a legal person in one currency, what they have, where it goes.")
Scheme = Literal["iban", "us", "gb", "stripe"]
Rhythm = Literal["manual", "daily", "weekly", "monthly"]


class AccountView(View):
    """An account that a payee's money goes to, masked; nothing goes there before `usable_from`."""

    id: Id
    scheme: Scheme
    masked: Annotated[str, Meta(examples=["DE•• •••• 1234"])]
    currency: Currency
    country: str
    share_ppm: int
    added_at: Moment
    usable_from: Moment
    is_usable: bool


class ScheduleView(View):
    """How often a payee is paid; `manual` means that they ask. `anchor` is the day of the week or of the month."""

    rhythm: Rhythm
    anchor: int
    on_holiday: Literal["before", "after"]
    next_on: Day | None


class PayeeView(View):
    """Whom the label pays."""

    id: Id
    party_id: Id
    name: Annotated[str, Meta(examples=["Mira Sol"])]
    currency: Currency
    accounts: list[AccountView]
    schedule: ScheduleView
    created_at: Moment


class BalanceLine(View):
    """One part of a number: why it is there, and when it moves where that is known."""

    place: Literal["available", "pending", "reserved", "held", "behind"]
    reason: Annotated[str, Meta(examples=["Earned under a contract"])]
    about: str
    amount_micros: Micros
    moves_on: Day | None
    payout_id: Id | None
    hold_id: Id | None


class BalanceView(View):
    """What a payee has in one currency: four numbers that add up to all that is owed, and the lines behind each."""

    currency: Currency
    available_micros: Micros
    pending_micros: Micros
    reserved_micros: Micros
    held_micros: Micros
    total_micros: Micros
    lines: list[BalanceLine]


class BalancesView(View):
    """What a payee has, by currency, their own first."""

    payee_id: Id
    balances: list[BalanceView]


class NewPayee(Body, frozen=True):
    """A legal person to be paid in a currency; without a name of its own it has the person's."""

    party_id: Id
    currency: Currency
    name: Name | None = None


MANUAL = {"rhythm": "manual", "anchor": 0, "on_holiday": "after", "next_on": None}


def _accounts(session: Session, _visitor: Visitor, payee_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    now = clock.now()
    return {payee: [account_told(each, now) for each in held] for payee, held in methods_of(session, payee_ids).items()}


def account_told(method: Any, now: Any) -> dict[str, Any]:
    """An account as it is shown: never its number."""
    kept = ("id", "scheme", "masked", "currency", "country", "share_ppm", "added_at", "usable_from")
    return {name: getattr(method, name) for name in kept} | {"is_usable": method.is_usable(now)}


def _schedules(session: Session, _visitor: Visitor, payee_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    query = select(PayoutSchedule).where(PayoutSchedule.payee_id.in_(payee_ids))
    kept = ("rhythm", "anchor", "on_holiday", "next_on")
    return {row.payee_id: {name: getattr(row, name) for name in kept} for row in session.scalars(query)}


PAYEES = Resource(
    name="payees",
    view=PayeeView,
    model=Payee,
    visible=may_see_payee,
    parts={"accounts": Part(_accounts, []), "schedule": Part(_schedules, MANUAL)},
    filters={
        "q": by.named(as_searched(Payee.name), "Part of a name, as people type it."),
        "party_id": by.ident(Payee.party_id, "Payees of this legal person."),
        "currency": by.text(Payee.currency, "Payees in this currency.", "EUR"),
    },
    sorts={"name": as_sorted(Payee.name)},
    version=None,
)


@SECTION.listing("/payees", PAYEES, scope="payouts:read")
def list_payees(call: Call, session: Session) -> Answer:
    """List payees. Those whose money the client sees, with their accounts and how often they are paid."""
    return PAYEES.page(call, session)


@SECTION.get("/payees/{payee_id}", scope="payouts:read", resource=PAYEES)
def read_payee(call: Call, session: Session) -> Answer:
    """Read a payee."""
    return PAYEES.one(call, session, payee_to_read(session, call.visitor, call.id("payee_id")).id)


@SECTION.post("/payees", scope="payouts:write", takes=NewPayee, resource=PAYEES)
def add_payee(call: Call, session: Session, body: NewPayee) -> Answer:
    """Add a payee. The client must also see the legal person (scope `contracts:read`)."""
    party = party_to_change(session, call.visitor, body.party_id, "payouts.prepare")
    payee = parties.add_payee(session, call.visitor, party, name=body.name or "", currency=body.currency)
    return PAYEES.one(call, session, payee.id, status=201, at=f"/api/v1/payees/{payee.id}")


@SECTION.delete("/payees/{payee_id}", scope="payouts:write")
def remove_payee(call: Call, session: Session) -> Answer:
    """Remove a payee. Refused once anything was told or paid to them."""
    payee = payee_to_read(session, call.visitor, call.id("payee_id"))
    parties.remove_payee(session, call.visitor, payee_to_change(session, call.visitor, payee.party_id, payee.id))
    return Answer()


@SECTION.get("/payees/{payee_id}/balances", scope="payouts:read", gives=BalancesView)
def read_balances(call: Call, session: Session) -> Answer:
    """Read what a payee has. Available, pending, reserved and held, each with the lines that it is made of."""
    payee = payee_to_read(session, call.visitor, call.id("payee_id"))
    found = sorted(
        standing.standings(session, [payee]), key=lambda each: (each.currency != payee.currency, each.currency)
    )
    return Answer({"payee_id": payee.id, "balances": [_balance(call, each) for each in found]})


def _balance(call: Call, held: Standing) -> dict[str, Any]:
    numbers = {f"{place}_micros": held.micros(place) for place in standing.PLACES}
    lines = [(line.place, line) for line in held.lines] + [("behind", line) for line in held.behind]
    shown = [
        {
            "place": place,
            "reason": told(call.realm, line.reason),
            "about": line.about,
            "amount_micros": line.micros,
            "moves_on": line.on,
            "payout_id": line.payout,
            "hold_id": line.hold,
        }
        for place, line in lines
    ]
    return {"currency": held.currency, **numbers, "total_micros": held.total_micros, "lines": shown}
