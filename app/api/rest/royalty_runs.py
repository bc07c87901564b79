"""Periods and their runs: calculated, checked, approved, published, and restated when sales come late."""

from __future__ import annotations

from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Resource, Section, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.schemas import Count, Day, Id, Moment
from app.api.rest.money_parts import Currency, Exact
from app.identity.policies import Visitor
from app.royalties.errors import PeriodUnknown, RunUnfit
from app.royalties.models import RoyaltyPeriod, RoyaltyRun
from app.royalties.policies import period_to_run, require_all, run_to_change, run_to_read
from app.royalties.service import checking, running

SECTION = Section("Royalty runs", "A period is calculated, checked, approved and told; closed, it changes no more.")
State = Literal["calculating", "checking", "approved", "publishing", "published", "failed", "discarded"]


class PeriodView(View):
    """A span of time that payees are told about at once."""

    id: Id
    starts_on: Day
    ends_on: Day
    closed_at: Moment | None


class NewPeriod(Body, frozen=True):
    """The first and the last day of a period."""

    starts_on: Day
    ends_on: Day


class RoyaltyRunView(View):
    """One calculation of a period. `findings` are what is unusual; each is signed off before it is approved."""

    id: Id
    period_id: Id
    number: Count
    state: State
    is_trial: bool
    restates_id: Id | None
    totals: dict[Currency, dict[str, int]]
    findings: list[dict[str, Any]]
    problem: str | None
    digest: str | None
    created_by: Id | None
    created_at: Moment
    approved_by: Id | None
    approved_at: Moment | None
    published_at: Moment | None


class NewRun(Body, frozen=True):
    """How a period is calculated: for good, as a trial that is never posted, or anew after it was published."""

    is_trial: bool = False
    is_restatement: bool = False


class LeftoverView(View):
    """Sales that a run could pay to nobody, and why; the next run tries them again."""

    why: Literal["unmatched", "no_contract", "no_clause", "not_due"]
    currency: Currency
    net: Exact
    lines: Count


class LeftoversView(View):
    """What of a run's sales is paid to nobody."""

    items: list[LeftoverView]


def _whole(visitor: Visitor) -> ColumnElement[bool]:
    require_all(visitor, "royalties.view")
    return true()


PERIODS = Resource(
    name="royalty_periods",
    view=PeriodView,
    model=RoyaltyPeriod,
    visible=_whole,
    filters={
        "is_closed": by.flag(RoyaltyPeriod.closed_at.is_not(None), "Whether payees were told of it."),
        "from": by.from_day(RoyaltyPeriod.ends_on, "Periods with this day or later ones."),
        "to": by.to_day(RoyaltyPeriod.starts_on, "Periods with this day or earlier ones."),
    },
    sorts={"starts_on": RoyaltyPeriod.starts_on},
    version=None,
)
RUNS = Resource(
    name="royalty_runs",
    view=RoyaltyRunView,
    model=RoyaltyRun,
    visible=_whole,
    columns={"findings": RoyaltyRun.anomalies},
    filters={
        "period_id": by.ident(RoyaltyRun.period_id, "Runs of this period."),
        "state": by.choice(RoyaltyRun.state, get_args(State), "Runs that stand here."),
        "is_trial": by.flag(RoyaltyRun.is_trial.is_(True), "Whether it is a trial."),
    },
    sorts={"created_at": RoyaltyRun.created_at},
    version=None,
)


@SECTION.listing("/royalty-periods", PERIODS, scope="royalties:read")
def list_royalty_periods(call: Call, session: Session) -> Answer:
    """List royalty periods."""
    return PERIODS.page(call, session)


@SECTION.post("/royalty-periods", scope="royalties:write", takes=NewPeriod, resource=PERIODS)
def open_royalty_period(call: Call, session: Session, body: NewPeriod) -> Answer:
    """Open a royalty period. Periods have no day in common."""
    require_all(call.visitor, "royalties.run")
    period = running.open_period(session, call.actor, starts_on=body.starts_on, ends_on=body.ends_on)
    return PERIODS.one(call, session, period.id, status=201, at=f"/api/v1/royalty-periods/{period.id}")


@SECTION.get("/royalty-periods/{period_id}", scope="royalties:read", resource=PERIODS)
def read_royalty_period(call: Call, session: Session) -> Answer:
    """Read a royalty period."""
    require_all(call.visitor, "royalties.view")
    known = call.id("period_id")
    if known is None or session.get(RoyaltyPeriod, known) is None:
        raise PeriodUnknown
    return PERIODS.one(call, session, known)


@SECTION.post("/royalty-periods/{period_id}/runs", scope="royalties:write", takes=NewRun, resource=RUNS)
def start_royalty_run(call: Call, session: Session, body: NewRun) -> Answer:
    """Calculate a period. In the background: ask again for the run's state, or hear of it by a webhook."""
    period = period_to_run(session, call.visitor, call.id("period_id"))
    if body.is_trial and body.is_restatement:
        raise RunUnfit
    run = running.start_run(session, call.actor, period, is_trial=body.is_trial, restates=body.is_restatement)
    return RUNS.one(call, session, run.id, status=201, at=f"/api/v1/royalty-runs/{run.id}")


@SECTION.listing("/royalty-runs", RUNS, scope="royalties:read")
def list_royalty_runs(call: Call, session: Session) -> Answer:
    """List royalty runs."""
    return RUNS.page(call, session)


@SECTION.get("/royalty-runs/{run_id}", scope="royalties:read", resource=RUNS)
def read_royalty_run(call: Call, session: Session) -> Answer:
    """Read a royalty run."""
    return RUNS.one(call, session, run_to_read(session, call.visitor, call.id("run_id")).id)


@SECTION.get("/royalty-runs/{run_id}/leftovers", scope="royalties:read", gives=LeftoversView)
def read_royalty_run_leftovers(call: Call, session: Session) -> Answer:
    """Read what a run left. Sales that are paid to nobody, by reason and currency."""
    run = run_to_read(session, call.visitor, call.id("run_id"))
    left = [each._asdict() | {"net": f"{each.net:f}"} for each in checking.leftovers(session, run)]
    return Answer({"items": left})


@SECTION.put("/royalty-runs/{run_id}/findings/{number}/sign-off", scope="royalties:write", resource=RUNS)
def sign_finding_off(call: Call, session: Session) -> Answer:
    """Sign a finding off. It was looked at and is right."""
    run = run_to_change(session, call.visitor, call.id("run_id"))
    number = call.word("number")
    if number not in {str(each["id"]) for each in run.anomalies}:
        raise RunUnfit
    running.sign_off(session, call.actor, run, int(number))
    return RUNS.one(call, session, run.id)


@SECTION.put("/royalty-runs/{run_id}/approval", scope="royalties:write", resource=RUNS)
def approve_royalty_run(call: Call, session: Session) -> Answer:
    """Approve a royalty run. A large one by somebody, in whose name a program may act, who did not calculate it."""
    run = run_to_change(session, call.visitor, call.id("run_id"))
    if running.is_large(session, call.tenant.currency, run):
        call.require_somebody()
    running.approve(session, call.actor, run)
    session.flush()
    return RUNS.one(call, session, run.id)


@SECTION.put("/royalty-runs/{run_id}/publication", scope="royalties:write", resource=RUNS)
def publish_royalty_run(call: Call, session: Session) -> Answer:
    """Publish a royalty run. Payees are told, in the background, and the period is closed."""
    run = run_to_change(session, call.visitor, call.id("run_id"))
    running.publish(session, call.actor, run)
    return RUNS.one(call, session, run.id)


@SECTION.delete("/royalty-runs/{run_id}", scope="royalties:write", resource=RUNS)
def discard_royalty_run(call: Call, session: Session) -> Answer:
    """Discard a royalty run. One that was not published; it stays in the list as discarded."""
    run = run_to_change(session, call.visitor, call.id("run_id"))
    running.discard(session, call.actor, run)
    return RUNS.one(call, session, run.id)
