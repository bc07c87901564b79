"""What a contract would have earned its payees, of past sales or of invented ones; nothing is posted or kept."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Meta
from sqlalchemy.orm import Session

from app.api.rest.contracts import SECTION, Territory
from app.api.rest.conventions import Answer, Body, Call, View
from app.api.rest.conventions.schemas import Count, Day, Id
from app.api.rest.money_parts import Currency, Micros
from app.contracts.errors import DetailsUnusable
from app.contracts.models import Contract
from app.contracts.policies import contract_to_read
from app.contracts.queries.lists import payee_names
from app.contracts.rules.terms import Channel
from app.identity.policies import require
from app.kernel import clock
from app.kernel.money import parse_decimal
from app.kernel.sentences import sentence
from app.royalties.rules.imagining import Outcome, Sold, imagine
from app.royalties.rules.positions import Position
from app.royalties.service import imagining

WHICH_SALES = sentence("Name either days of past sales or invented sales.")
LAST_DAY = sentence("The last day lies before the first.")
Number = Annotated[str, Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,12})?$", examples=["100000"])]


class PastSales(Body, frozen=True):
    """What was sold of what the contract is about, from a day to another."""

    sold_from: Day
    sold_until: Day


class InventedSales(Body, frozen=True):
    """Sales of every month: so many units, what each brings in the contract's currency, and its price where known."""

    channel: Channel
    units: Number
    net: Annotated[str, Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,12})?$", examples=["0.0035"])]
    price: Number | None = None
    territory: Territory = ""


class TriedSales(Body, frozen=True):
    """Either past sales or invented ones, and an advance besides those that the contract has."""

    past: PastSales | None = None
    invented: Annotated[list[InventedSales], Meta(max_length=50)] | None = None
    months: Annotated[int, Meta(ge=1, le=imagining.MOST_MONTHS, description="So long go invented sales on.")] = 12
    advance_micros: Annotated[int, Meta(ge=0, le=10**15)] = 0


class ImaginedStep(View):
    """What comes off or is added after earnings, in its order."""

    kind: Annotated[str, Meta(examples=["reserve_held"])]
    amount_micros: Micros


class ImaginedPayee(View):
    """What one payee would have."""

    payee_id: Id
    name: str | None
    earned_micros: Micros
    steps: list[ImaginedStep]
    balance_micros: Micros
    payable_micros: Micros


class WhatIfView(View):
    """What sales would have brought under the newest terms, as one period.

    `recouped_in` is the first month after which all costs are back, if it is among these. `without_clause` counts
    groups of sales that no clause is about, `without_rate` those that lack an exchange rate and are left out.
    """

    currency: Currency
    net_micros: Micros
    earned_micros: Micros
    has_costs: bool
    recouped_in: Day | None
    without_clause: Count
    without_rate: Count
    payees: list[ImaginedPayee]


@SECTION.post(
    "/contracts/{contract_id}/what-if", scope="contracts:read", takes=TriedSales, gives=WhatIfView, status=200
)
def try_contract(call: Call, session: Session, body: TriedSales) -> Answer:
    """Try a contract's terms. On past sales, which needs `royalties:read` as well, or on invented ones."""
    contract = contract_to_read(session, call.visitor, call.id("contract_id"))
    terms = imagining.terms_of(session, contract)
    sold, lacking = _sold(call, session, contract, terms.currency, body)
    costs = imagining.charges(session, contract.id)
    if body.advance_micros:
        costs.append(imagining.an_advance(body.advance_micros))
    outcome = imagine(terms, sold, costs)
    told = _told(outcome, payee_names(session, terms))
    return Answer(told | {"currency": terms.currency, "without_rate": lacking})


def _sold(call: Call, session: Session, contract: Contract, currency: str, body: TriedSales) -> tuple[list[Sold], int]:
    if (body.past is None) == (not body.invented):
        raise DetailsUnusable(fields={"past": WHICH_SALES})
    if body.past is None:
        today = clock.now().astimezone(ZoneInfo(call.tenant.time_zone)).date()
        return imagining.invented([_invented(each) for each in body.invented or ()], today, body.months), 0
    require(call.visitor, "royalties.view")
    if body.past.sold_until < body.past.sold_from:
        raise DetailsUnusable(fields={"past/sold_until": LAST_DAY})
    return imagining.past_sales(session, contract, currency, body.past.sold_from, body.past.sold_until)


def _invented(said: InventedSales) -> imagining.Invented:
    price: Decimal | None = parse_decimal(said.price) if said.price else None
    units, net = parse_decimal(said.units), parse_decimal(said.net)
    return imagining.Invented(said.channel, said.territory or None, units, net, price)


def _told(outcome: Outcome, names: dict[UUID, str]) -> dict[str, Any]:
    kept = ("net_micros", "earned_micros", "has_costs", "recouped_in")
    return {name: getattr(outcome, name) for name in kept} | {
        "without_clause": outcome.unpaid,
        "payees": [_payee(payee, names.get(payee), position) for payee, position in outcome.payees.items()],
    }


def _payee(payee: UUID, name: str | None, position: Position) -> dict[str, Any]:
    steps = [{"kind": entry.kind, "amount_micros": entry.amount_micros} for entry in position.entries]
    kept = ("earned_micros", "balance_micros", "payable_micros")
    return {"payee_id": payee, "name": name, "steps": steps} | {each: getattr(position, each) for each in kept}
