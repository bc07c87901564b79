"""What came ahead and comes back out of royalties: advances and costs, and contracts that pay each other back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contracts.errors import CollateralCycle, CostUnusable
from app.contracts.models import CollateralLink, Contract, Recoupable
from app.contracts.rules.graphs import circle
from app.contracts.schemas import NewCost
from app.contracts.service.drafting import latest
from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.money import WHOLE_PPM, to_micros
from app.ledger import service as ledger
from app.ledger.rules import Account, Entry, Kind

MOST_MICROS = 10**18
KINDS = ("advance", "recording", "video", "marketing", "tour", "equipment", "producer", "buyout", "other")


def propose(session: Session, actor: Actor, contract: Contract, new: NewCost) -> Recoupable:
    """Note an advance or a cost; it counts once it is approved."""
    micros = check(new)
    cost = Recoupable(
        id=ids.new_id(),
        contract_id=contract.id,
        kind=new.kind,
        name=new.name.strip(),
        amount_micros=micros,
        recoupable_ppm=new.recoupable_ppm,
        incurred_on=new.incurred_on,
        position=new.position,
        receipt_id=new.receipt_id,
        state="proposed",
        created_by=actor.id,
    )
    session.add(cost)
    session.flush()
    _tell(session, actor, "cost.proposed", cost)
    return cost


def check(new: NewCost) -> int:
    """What an advance or a cost comes to in micros; refused where it is none."""
    is_part, micros = 0 <= new.recoupable_ppm <= WHOLE_PPM, to_micros(new.amount)
    if new.kind not in KINDS or not 0 < micros <= MOST_MICROS or not is_part or not new.name.strip():
        raise CostUnusable
    return micros


def decide(session: Session, actor: Actor, cost: Recoupable, *, approved: bool) -> None:
    """Approve or reject a cost, once; what is recoupable of an approved one stands in the ledger until it is."""
    cost.decide("approved" if approved else "rejected", by=actor.id, at=clock.now())
    session.flush()
    micros = cost.amount_micros * cost.recoupable_ppm // WHOLE_PPM
    if approved and micros:
        currency = latest(session, cost.contract_id).read().currency
        waiting = cost_account(cost.kind, cost.contract_id, currency)
        paid = Account(Kind.CLEARING, None, currency)
        entry = Entry(
            f"cost:{cost.id}", waiting, paid, micros, cost.incurred_on, cost.kind, "contract", cost.contract_id
        )
        ledger.post(session, actor, [entry])
    _tell(session, actor, "cost.approved" if approved else "cost.rejected", cost)


def cost_account(kind: str, contract_id: UUID, currency: str) -> Account:
    """Where an advance or a cost waits to be recouped."""
    return Account(Kind.ADVANCE if kind == "advance" else Kind.COST, contract_id, currency)


def cross(session: Session, actor: Actor, contract: Contract, pays_back: Iterable[UUID]) -> None:
    """Say under which other contracts a contract's earnings pay back what is open; a circle is refused.

    One way: contracts that pay each other back both ways are one deal, and belong into one contract.
    """
    wanted = set(pays_back) - {contract.id}
    rows = session.scalars(select(CollateralLink)).all()
    links: dict[UUID, set[UUID]] = defaultdict(set)
    for row in rows:
        links[row.from_id].add(row.to_id)
    before, links[contract.id] = links[contract.id], wanted
    if found := circle(links, contract.id):
        titles = dict(session.execute(select(Contract.id, Contract.title).where(Contract.id.in_(found))).all())
        raise CollateralCycle(titles=" → ".join(titles[each] for each in [*found, contract.id]))
    for row in rows:
        if row.from_id == contract.id and row.to_id not in wanted:
            session.delete(row)
    session.add_all(CollateralLink(from_id=contract.id, to_id=each) for each in wanted - before)
    session.flush()
    if wanted != before:
        told = {"before": {"pays_back": sorted(map(str, before))}, "after": {"pays_back": sorted(map(str, wanted))}}
        activity.record(session, actor, "contract.crossed", subject_type="contract", subject_id=contract.id, **told)


def _tell(session: Session, actor: Actor, action: str, cost: Recoupable) -> None:
    after = {"name": cost.name, "kind": cost.kind, "amount_micros": cost.amount_micros}
    activity.record(session, actor, action, subject_type="contract", subject_id=cost.contract_id, after=after)
