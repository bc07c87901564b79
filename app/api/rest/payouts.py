"""Payouts: what was asked for, what it comes to, and who lets it go."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import ColumnElement, Select, Text, cast, select
from sqlalchemy.orm import Session

from app.api.rest.conventions import UNSET, Answer, Body, Call, Expansion, Resource, Section, UnsetType, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Day, Id, Moment
from app.api.rest.money_parts import Currency, Micros, SomeMicros, minor_of
from app.api.rest.payees import PAYEES, PayeeView
from app.identity.policies import Visitor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import new_token
from app.kernel.money import from_minor
from app.kernel.web.paging import idempotency_key
from app.payouts.models import Payout, PayoutMethod
from app.payouts.policies import may_see_payee, payee_to_pay, payout_to_approve, payout_to_read, payout_to_stop
from app.payouts.rules.states import STATES, State
from app.payouts.service import quoting, receipts, requesting
from app.payouts.service.quoting import Asked
from app.payouts.service.requesting import Wish
from app.payouts.service.ways import way_for
from app.roster.models import Payee
from app.roster.queries.search import as_searched, forgive, matches

SECTION = Section("Payouts", "Money on its way to payees: what was taken off and why, where it went, how it ended.")
Speed = Literal["instant", "standard"]


class PayoutView(View):
    """One payee's money leaving. `gross` is made of what is sent, the platform's share, the fee and withheld tax.

    Of `exempt`, a fee that was given back, share and tax were taken before; below zero, they are taken of more now.
    """

    id: Id
    number: int
    state: State
    payee_id: Id
    account_id: Id
    account: Annotated[str, Meta(examples=["DE•• •••• 1234"])]
    run_id: Id | None
    request_id: Id
    speed: Speed
    currency: Currency
    gross_micros: Micros
    platform_micros: Micros
    fee_micros: Micros
    withheld_micros: Micros
    sent_micros: Micros
    exempt_micros: Micros
    platform_ppm: int
    fee_ppm: int
    withheld_ppm: int
    problem: str | None
    asked_at: Moment
    approved_at: Moment | None
    arrives_on: Day
    sent_at: Moment | None
    paid_at: Moment | None
    ended_at: Moment | None
    payee: PayeeView | UnsetType | None = UNSET


class PayoutsView(View):
    """Payouts that were asked for at once: one for each of the payee's accounts."""

    request_id: Id
    items: list[PayoutView]


class Wished(Body, frozen=True):
    """A payout that is asked for; without an amount all there is."""

    currency: Currency
    speed: Speed = "standard"
    amount_micros: SomeMicros | None = None


class QuotePiece(View):
    """What goes to one account."""

    account_id: Id
    account: str
    sent_micros: Micros


class QuoteView(View):
    """What a payout would come to, before anybody asks for it."""

    payee_id: Id
    currency: Currency
    speed: Speed
    gross_micros: Micros
    platform_micros: Micros
    fee_micros: Micros
    withheld_micros: Micros
    sent_micros: Micros
    exempt_micros: Micros
    available_micros: Micros
    minimum_micros: Micros
    arrives_on: Day
    needs_approval: bool
    pieces: list[QuotePiece]


def _with_account(query: Select[Any]) -> Select[Any]:
    return query.join(PayoutMethod, PayoutMethod.id == Payout.method_id)


def _visible(visitor: Visitor) -> Any:
    return Payout.payee_id.in_(select(Payee.id).where(may_see_payee(visitor)))


def _fits(wanted: str) -> ColumnElement[bool]:
    payees = select(Payee.id).where(matches(as_searched(Payee.name), wanted))
    return Payout.payee_id.in_(payees) | (cast(Payout.number, Text) == wanted)


PAYOUTS = Resource(
    name="payouts",
    view=PayoutView,
    model=Payout,
    visible=_visible,
    join=_with_account,
    columns={"account_id": Payout.method_id, "account": PayoutMethod.masked},
    expansions={"payee": Expansion(lambda: PAYEES, "payee_id")},
    filters={
        "q": by.search(_fits, "Part of the payee's name, as people type it, or the payout's whole number.", forgive),
        "state": by.choice(Payout.state, STATES, "Payouts that stand here."),
        "payee_id": by.ident(Payout.payee_id, "Payouts of this payee."),
        "run_id": by.ident(Payout.run_id, "Payouts of this run."),
        "request_id": by.ident(Payout.request_id, "Payouts that were asked for at once."),
        "currency": by.text(Payout.currency, "Payouts in this currency.", "EUR"),
        "asked_since": by.since(Payout.asked_at, "Payouts that were asked for at this moment or later."),
        "asked_until": by.until(Payout.asked_at, "Payouts that were asked for before this moment."),
    },
    sorts={"asked_at": Payout.asked_at, "number": Payout.number},
    version=None,
)


@SECTION.listing("/payouts", PAYOUTS, scope="payouts:read")
def list_payouts(call: Call, session: Session) -> Answer:
    """List payouts."""
    return PAYOUTS.page(call, session)


@SECTION.get("/payouts/{payout_id}", scope="payouts:read", resource=PAYOUTS)
def read_payout(call: Call, session: Session) -> Answer:
    """Read a payout."""
    return PAYOUTS.one(call, session, payout_to_read(session, call.visitor, call.id("payout_id")).id)


@SECTION.apart("/payees/{payee_id}/quotes", scope="payouts:write", takes=Wished, gives=QuoteView)
def quote_payout(call: Call, body: Wished) -> Answer:
    """Quote a payout. What it would come to now; nothing is kept or moved."""
    minor, way = minor_of(body.amount_micros, body.currency), way_for(call.tenant, body.currency)
    with tenant_read(call.tenant) as session:
        payee = payee_to_pay(session, call.visitor, call.id("payee_id"))
        asked = Asked(body.currency, minor, body.speed)
        quoted = quoting.quote(session, call.tenant, payee, asked, way, locale=call.realm.language.replace("-", "_"))
        waits = requesting.needs_approval(session, quoted)
    names = ("gross", "platform", "fee", "withheld", "sent", "exempt")
    totals = {f"{name}_micros": quoted.total(name) for name in names}
    totals |= {"available_micros": quoted.available_minor, "minimum_micros": quoted.minimum_minor}
    pieces = [
        {
            "account_id": piece.method.id,
            "account": piece.method.masked,
            "sent_micros": from_minor(piece.parts.sent, body.currency),
        }
        for piece in quoted.pieces
    ]
    told = {name: from_minor(minor, body.currency) for name, minor in totals.items()}
    how = {"payee_id": payee.id, "currency": body.currency, "speed": body.speed, "arrives_on": quoted.arrives_on}
    return Answer(told | how | {"needs_approval": waits, "pieces": pieces}, 201)


@SECTION.apart("/payees/{payee_id}/payouts", scope="payouts:write", takes=Wished, gives=PayoutsView)
def ask_for_payout(call: Call, body: Wished) -> Answer:
    """Ask for a payout. Large ones wait for somebody's approval; with an Idempotency-Key it is asked for once."""
    minor = minor_of(body.amount_micros, body.currency)
    with tenant_read(call.tenant) as session:
        payee = payee_to_pay(session, call.visitor, call.id("payee_id"))
    way, wish = way_for(call.tenant, body.currency), Asked(body.currency, minor, body.speed)
    with tenant_work(call.tenant) as session:
        payee_to_pay(session, call.visitor, payee.id)
        made = requesting.request(session, call.tenant, call.actor, Wish(payee.id, wish, _key(call)), way)
        session.flush()
        found = PAYOUTS.shown(session, call.visitor, [each.id for each in made])
    request_id = made[0].request_id
    items = sorted(found.values(), key=lambda row: int(row["number"]))
    at = f"/api/v1/payouts?request_id={request_id}"
    return Answer({"request_id": request_id, "items": items}, 201, location=at)


def _key(call: Call) -> str:
    """The name of this wish: an answer that was lost after the money was set aside is found under it again."""
    key = idempotency_key(call.request.headers.get("idempotency-key"))
    return new_token() if key is None else hashlib.sha256(f"{call.principal} {key}".encode()).hexdigest()


@SECTION.put("/payouts/{payout_id}/cancellation", scope="payouts:write", resource=PAYOUTS)
def cancel_payout(call: Call, session: Session) -> Answer:
    """Cancel a payout. As long as no bank has heard of it; the money is back on the balance."""
    payout = payout_to_stop(session, call.visitor, call.id("payout_id"))
    requesting.stop(session, call.actor, payout)
    return PAYOUTS.one(call, session, payout.id)


@SECTION.put("/payouts/{payout_id}/approval", scope="payouts:approve", resource=PAYOUTS)
def approve_payout(call: Call, session: Session) -> Answer:
    """Approve a payout. By somebody who is there and did not ask for it."""
    payout = payout_to_approve(session, call.require_person(), call.id("payout_id"))
    requesting.approve(session, call.actor, payout)
    return PAYOUTS.one(call, session, payout.id)


@SECTION.put("/payouts/{payout_id}/rejection", scope="payouts:approve", resource=PAYOUTS)
def reject_payout(call: Call, session: Session) -> Answer:
    """Reject a payout. By somebody who is there; the money is back on the balance."""
    payout = payout_to_approve(session, call.require_person(), call.id("payout_id"))
    requesting.stop(session, call.actor, payout, rejected=True)
    return PAYOUTS.one(call, session, payout.id)


@SECTION.document("/payouts/{payout_id}/receipt", scope="payouts:read", media_type="application/pdf")
def fetch_receipt(call: Call) -> Answer:
    """Fetch a receipt. As a document in the label's brand."""
    with tenant_read(call.tenant) as session:
        payout = payout_to_read(session, call.visitor, call.id("payout_id"))
        said = receipts.worded(session, call.tenant, payout, call.realm.language)
    pdf = receipts.draw(call.tenant, said, call.realm.language)
    name = f'attachment; filename="{call.tenant.slug}-payout-{payout.number}.pdf"'
    return Answer(pdf, headers={"content-disposition": name}, media_type="application/pdf")
