"""What belongs to a contract: advances and costs, days to act on, and what its earnings pay back."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Resource, Section, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Day, Id, Moment, Name, Ppm
from app.contracts.models import CollateralLink, Contract, Obligation, Recoupable
from app.contracts.policies import (
    contract_to_change,
    contract_to_read,
    cost_to_decide,
    may_see_contract,
    obligation_to_fulfil,
)
from app.contracts.rules.obligations import OBLIGATIONS, ObligationKind
from app.contracts.schemas import NewCost
from app.contracts.service import obliging, recouping
from app.identity.policies import Visitor, file_to_see, require_recent

SECTION = Section("Advances and obligations", "Money that came ahead and comes back, and days on which somebody acts.")
CostKind = Annotated[str, Meta(max_length=40, examples=["advance"])]
Amount = Annotated[Decimal, Meta(examples=["2500.00"], description="In the contract's currency.")]


class CostView(View):
    """An advance or a cost, of which a part comes back out of royalties once somebody else approved it."""

    id: Id
    contract_id: Id
    kind: str
    name: str
    amount_micros: int
    recoupable_ppm: Ppm
    incurred_on: Day
    position: int
    receipt_id: Id | None
    state: Literal["proposed", "approved", "rejected"]
    decided_at: Moment | None


class CostSaid(Body, frozen=True):
    """An advance or a cost; `position` says which is recouped first."""

    kind: CostKind
    name: Name
    amount: Amount
    incurred_on: Day
    recoupable_ppm: Ppm = 1_000_000
    position: Annotated[int, Meta(ge=0, le=9_999)] = 0
    receipt_id: Id | None = None


class Decision(Body, frozen=True):
    """Whether it counts."""

    approved: bool


class ObligationView(View):
    """A day by which somebody must act under a contract."""

    id: Id
    contract_id: Id
    kind: ObligationKind
    due_on: Day
    note: str
    done_at: Moment | None
    created_at: Moment


class ObligationSaid(Body, frozen=True):
    """What must be done by a day."""

    kind: ObligationKind
    due_on: Day
    note: Annotated[str, Meta(max_length=500)] = ""


class Collateral(View):
    """Under which other contracts a contract's earnings pay back what is open."""

    pays_back: list[Id]


def _of_seen(column: Any) -> Any:
    return lambda visitor: column.in_(select(Contract.id).where(may_see_contract(visitor)))


COSTS = Resource(
    name="costs",
    view=CostView,
    model=Recoupable,
    visible=_of_seen(Recoupable.contract_id),
    filters={
        "contract_id": by.ident(Recoupable.contract_id, "Of this contract."),
        "state": by.choice(Recoupable.state, ("proposed", "approved", "rejected"), "In this state."),
    },
    sorts={"incurred_on": Recoupable.incurred_on, "position": Recoupable.position},
    version=None,
)
DUTIES = Resource(
    name="obligations",
    view=ObligationView,
    model=Obligation,
    visible=_of_seen(Obligation.contract_id),
    filters={
        "contract_id": by.ident(Obligation.contract_id, "Of this contract."),
        "kind": by.choice(Obligation.kind, OBLIGATIONS, "Of this kind."),
        "due_from": by.from_day(Obligation.due_on, "Due on this day or later."),
        "due_to": by.to_day(Obligation.due_on, "Due on this day or earlier."),
        "done": by.flag(Obligation.done_at.is_not(None), "Whether it was done."),
    },
    sorts={"due_on": Obligation.due_on},
    usual_sort="due_on",
    version=None,
)


@SECTION.listing("/costs", COSTS, scope="contracts:read")
def list_costs(call: Call, session: Session) -> Answer:
    """List advances and costs."""
    return COSTS.page(call, session)


@SECTION.post("/contracts/{contract_id}/costs", scope="contracts:write", takes=CostSaid, resource=COSTS)
def propose_cost(call: Call, session: Session, body: CostSaid) -> Answer:
    """Propose an advance or a cost. It counts once somebody else approved it."""
    contract = contract_to_change(session, call.visitor, call.id("contract_id"))
    if body.receipt_id is not None:
        file_to_see(session, call.visitor, body.receipt_id)
    new = NewCost(**{name: getattr(body, name) for name in CostSaid.__struct_fields__})
    cost = recouping.propose(session, call.actor, contract, new)
    return COSTS.one(call, session, cost.id, status=201)


@SECTION.put(
    "/contracts/{contract_id}/costs/{cost_id}/decision", scope="contracts:write", takes=Decision, resource=COSTS
)
def decide_cost(call: Call, session: Session, body: Decision) -> Answer:
    """Decide about a cost. Once, and not by whoever proposed it; the token must be fresh."""
    require_recent(call.visitor)
    cost = cost_to_decide(session, call.visitor, call.id("contract_id"), call.id("cost_id"))
    recouping.decide(session, call.actor, cost, approved=body.approved)
    return COSTS.one(call, session, cost.id)


@SECTION.listing("/obligations", DUTIES, scope="contracts:read")
def list_obligations(call: Call, session: Session) -> Answer:
    """List days to act on."""
    return DUTIES.page(call, session)


@SECTION.post("/contracts/{contract_id}/obligations", scope="contracts:write", takes=ObligationSaid, resource=DUTIES)
def note_obligation(call: Call, session: Session, body: ObligationSaid) -> Answer:
    """Note a day to act on. People are told ahead of it."""
    contract = contract_to_change(session, call.visitor, call.id("contract_id"))
    noted = obliging.note(session, call.actor, contract, kind=body.kind, due_on=body.due_on, said=body.note.strip())
    return DUTIES.one(call, session, noted.id, status=201)


@SECTION.put(
    "/contracts/{contract_id}/obligations/{obligation_id}/fulfilment", scope="contracts:write", resource=DUTIES
)
def fulfil_obligation(call: Call, session: Session) -> Answer:
    """Note that it was done."""
    duty = obligation_to_fulfil(session, call.visitor, call.id("contract_id"), call.id("obligation_id"))
    obliging.fulfil(session, call.actor, duty)
    return DUTIES.one(call, session, duty.id)


@SECTION.get("/contracts/{contract_id}/collateral", scope="contracts:read", gives=Collateral)
def read_collateral(call: Call, session: Session) -> Answer:
    """Read what a contract pays back."""
    contract = contract_to_read(session, call.visitor, call.id("contract_id"))
    return Answer({"pays_back": _pays_back(session, call.visitor, contract)})


@SECTION.put("/contracts/{contract_id}/collateral/{other_id}", scope="contracts:write", gives=Collateral)
def add_collateral(call: Call, session: Session) -> Answer:
    """Let a contract pay back another. A circle is refused."""
    return _crossed(call, session, is_added=True)


@SECTION.delete("/contracts/{contract_id}/collateral/{other_id}", scope="contracts:write", gives=Collateral)
def remove_collateral(call: Call, session: Session) -> Answer:
    """Let a contract not pay back another any more."""
    return _crossed(call, session, is_added=False)


def _crossed(call: Call, session: Session, *, is_added: bool) -> Answer:
    contract = contract_to_change(session, call.visitor, call.id("contract_id"))
    other = contract_to_read(session, call.visitor, call.id("other_id"))
    held = set(session.scalars(select(CollateralLink.to_id).where(CollateralLink.from_id == contract.id)))
    recouping.cross(session, call.actor, contract, held | {other.id} if is_added else held - {other.id})
    session.flush()
    return Answer({"pays_back": _pays_back(session, call.visitor, contract)})


def _pays_back(session: Session, visitor: Visitor, contract: Contract) -> list[Any]:
    query = select(CollateralLink.to_id).join(Contract, Contract.id == CollateralLink.to_id)
    query = query.where(CollateralLink.from_id == contract.id, may_see_contract(visitor))
    return list(session.scalars(query.order_by(CollateralLink.to_id)))
