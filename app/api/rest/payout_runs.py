"""Payout runs: everybody who can be paid, looked at line by line, approved by somebody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from msgspec import Meta
from sqlalchemy import Select, and_, func, select, true
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Part, Resource, Section, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Id, Moment
from app.api.rest.money_parts import Currency, Micros
from app.identity.policies import Visitor
from app.kernel.db import tenant_work
from app.payouts.models import PayoutMethod, PayoutRun, PayoutRunLine
from app.payouts.policies import require_all, run_to_change, run_to_read
from app.payouts.service import runs
from app.payouts.service.ways import ways_for
from app.roster.models import Payee
from app.roster.queries.search import as_searched

SECTION = Section("Payout runs", "A decision to pay many: what each would get, or why not, approved as it was seen.")
RunState = Literal["open", "submitted", "approved", "cancelled"]
WhyNot = Literal["blocked", "little", "not_taken", "no_account", "frozen", "balance"]


class RunTotal(View):
    """What a run pays in one currency."""

    currency: Currency
    payees: int
    gross_micros: Micros
    platform_micros: Micros
    withheld_micros: Micros
    sent_micros: Micros


class PayoutRunView(View):
    """A decision to pay many. `batch_hash` names its lines as submitted: what is approved is what was seen."""

    id: Id
    number: int
    state: RunState
    totals: list[RunTotal]
    batch_hash: str | None
    created_by: Id | None
    created_at: Moment
    submitted_by: Id | None
    submitted_at: Moment | None
    approved_by: Id | None
    approved_at: Moment | None


class PayoutRunLineView(View):
    """What a run would pay to one account of a payee, or why it does not."""

    number: int
    payee_id: Id
    payee: str
    account_id: Id | None
    account: str | None
    currency: Currency
    gross_micros: Micros
    platform_micros: Micros
    withheld_micros: Micros
    sent_micros: Micros
    exempt_micros: Micros
    withheld_ppm: int
    why_not: WhyNot | None
    is_excluded: bool
    payout_id: Id | None


class LinesSaid(Body, frozen=True):
    """Lines of an open run, and whether they are left out."""

    numbers: Annotated[list[Annotated[int, Meta(ge=1)]], Meta(min_length=1, max_length=10_000)]
    is_excluded: bool


class Seen(Body, frozen=True):
    """The hash of the lines that the approver looked at."""

    batch_hash: Annotated[str, Meta(min_length=64, max_length=64, examples=["9f86d081" * 8])]


def _totals(session: Session, _visitor: Visitor, run_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    line = PayoutRunLine
    sums = [
        func.sum(getattr(line, f"{name}_micros")).label(f"{name}_micros")
        for name in ("gross", "platform", "withheld", "sent")
    ]
    paid = and_(line.run_id.in_(run_ids), line.why_not.is_(None), line.excluded_by.is_(None))
    query = select(line.run_id, line.currency, func.count().label("payees"), *sums).where(paid)
    found: dict[UUID, list[Any]] = {}
    for row in session.execute(query.group_by(line.run_id, line.currency).order_by(line.currency)).mappings():
        told = {name: value if name == "currency" else int(value) for name, value in row.items() if name != "run_id"}
        found.setdefault(row["run_id"], []).append(told)
    return found


def _with_names(query: Select[Any]) -> Select[Any]:
    query = query.join(Payee, Payee.id == PayoutRunLine.payee_id)
    return query.outerjoin(PayoutMethod, PayoutMethod.id == PayoutRunLine.method_id)


RUNS = Resource(
    name="payout_runs",
    view=PayoutRunView,
    model=PayoutRun,
    visible=lambda _visitor: true(),  # whoever is behind the door of all payouts sees them all
    parts={"totals": Part(_totals, [])},
    filters={"state": by.choice(PayoutRun.state, get_args(RunState), "Runs that stand here.")},
    sorts={"created_at": PayoutRun.created_at, "number": PayoutRun.number},
    version=None,
)
LINES = Resource(
    name="payout_run_lines",
    view=PayoutRunLineView,
    model=PayoutRunLine,
    key="number",
    visible=lambda _visitor: true(),
    join=_with_names,
    columns={
        "payee": Payee.name,
        "account_id": PayoutRunLine.method_id,
        "account": PayoutMethod.masked,
        "is_excluded": PayoutRunLine.excluded_by.is_not(None),
    },
    filters={
        "q": by.named(as_searched(Payee.name), "Part of the payee's name, as people type it."),
        "payee_id": by.ident(PayoutRunLine.payee_id, "Lines of this payee."),
        "why_not": by.choice(PayoutRunLine.why_not, get_args(WhyNot), "Lines that pay nobody for this reason."),
        "is_paid": by.flag(
            and_(PayoutRunLine.why_not.is_(None), PayoutRunLine.excluded_by.is_(None)), "Whether lines pay somebody."
        ),
    },
    sorts={"gross_micros": PayoutRunLine.gross_micros},
    version=None,
)


@SECTION.listing("/payout-runs", RUNS, scope="payouts:read")
def list_payout_runs(call: Call, session: Session) -> Answer:
    """List payout runs."""
    require_all(call.visitor, "payouts.view")
    return RUNS.page(call, session)


@SECTION.apart("/payout-runs", scope="payouts:write", gives=PayoutRunView)
def open_payout_run(call: Call) -> Answer:
    """Open a payout run. Looks at what everybody can be paid now; nobody is paid by it yet."""
    require_all(call.visitor, "payouts.prepare")
    ways = ways_for(call.tenant)
    with tenant_work(call.tenant) as session:
        run = runs.open_run(session, call.tenant, call.actor, ways)
        session.flush()
        return RUNS.one(call, session, run.id, status=201, at=f"/api/v1/payout-runs/{run.id}")


@SECTION.get("/payout-runs/{run_id}", scope="payouts:read", resource=RUNS)
def read_payout_run(call: Call, session: Session) -> Answer:
    """Read a payout run."""
    return RUNS.one(call, session, run_to_read(session, call.visitor, call.id("run_id")).id)


@SECTION.listing("/payout-runs/{run_id}/lines", LINES, scope="payouts:read")
def list_payout_run_lines(call: Call, session: Session) -> Answer:
    """List a payout run's lines."""
    run = run_to_read(session, call.visitor, call.id("run_id"))
    return LINES.page(call, session, PayoutRunLine.run_id == run.id, seen=True)


@SECTION.put("/payout-runs/{run_id}/exclusions", scope="payouts:write", takes=LinesSaid, resource=RUNS)
def exclude_payout_run_lines(call: Call, session: Session, body: LinesSaid) -> Answer:
    """Leave lines out. Or put them in again, while the run is open."""
    run = run_to_change(session, call.visitor, call.id("run_id"))
    runs.set_lines(session, call.actor, run, body.numbers, excluded=body.is_excluded)
    return RUNS.one(call, session, run.id)


@SECTION.put("/payout-runs/{run_id}/submission", scope="payouts:write", resource=RUNS)
def submit_payout_run(call: Call, session: Session) -> Answer:
    """Submit a payout run. Its lines are fixed by their hash, and somebody else is asked to approve them."""
    run = run_to_change(session, call.visitor, call.id("run_id"))
    runs.submit(session, call.actor, run)
    return RUNS.one(call, session, run.id)


@SECTION.delete("/payout-runs/{run_id}/submission", scope="payouts:write", resource=RUNS)
def take_payout_run_back(call: Call, session: Session) -> Answer:
    """Take a payout run back. From approval, to change it."""
    run = run_to_change(session, call.visitor, call.id("run_id"))
    runs.reopen(session, call.actor, run)
    return RUNS.one(call, session, run.id)


@SECTION.put("/payout-runs/{run_id}/cancellation", scope="payouts:write", resource=RUNS)
def cancel_payout_run(call: Call, session: Session) -> Answer:
    """Cancel a payout run. Nobody is paid by it."""
    run = run_to_change(session, call.visitor, call.id("run_id"))
    runs.cancel(session, call.actor, run)
    return RUNS.one(call, session, run.id)


@SECTION.put("/payout-runs/{run_id}/approval", scope="payouts:approve", takes=Seen, resource=RUNS)
def approve_payout_run(call: Call, session: Session, body: Seen) -> Answer:
    """Approve a payout run. By somebody who is there and did not prepare it, exactly as they looked at it."""
    run = run_to_change(session, call.require_person(), call.id("run_id"), "payouts.approve")
    runs.approve(session, call.tenant, call.actor, run, seen_hash=body.batch_hash)
    return RUNS.one(call, session, run.id)
