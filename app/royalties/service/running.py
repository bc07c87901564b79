"""A period from opening to publishing: calculated in the background, checked, approved by a second person, told."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.identity.policies import hands_of, who_may
from app.kernel import activity, clock, failpoint, ids, jobs
from app.kernel.actor import Actor
from app.kernel.errors import Refusal
from app.kernel.tenant import Tenant
from app.ledger import service as ledger
from app.ledger.errors import BooksFrozen
from app.royalties.errors import (
    AnomaliesOpen,
    PeriodClosed,
    PeriodOverlaps,
    PeriodUnusable,
    RunOutdated,
    RunUnderway,
    RunUnfit,
    SecondPersonMissing,
    SecondPersonNeeded,
)
from app.royalties.models import RoyaltyPeriod, RoyaltyRun
from app.royalties.service import (
    calculating,
    catching_up,
    checking,
    growing,
    posting,
    rates,
    restating,
    settling,
    steps,
)

LIVE = ("calculating", "checking", "approved", "publishing")
_DIGEST = text("""
SELECT string_agg(told, E'\\n' ORDER BY told) FROM (
  SELECT concat_ws('|', 'e', number, contract_id, version_id, clause, sheet_id, recording_id, release_id, store,
    channel, sold_month, currency, lines, trim_scale(quantity), trim_scale(base), trim_scale(rate), trim_scale(fx),
    trim_scale(amount)) AS told FROM earnings WHERE run_id = :run
  UNION ALL
  SELECT concat_ws('|', 's', contract_id, payee_id, currency, opening_micros, earned_micros, closing_micros,
    payable_micros, reserve_micros) FROM statements WHERE run_id = :run
  UNION ALL
  SELECT concat_ws('|', 'n', s.contract_id, s.payee_id, n.position, n.kind, n.amount_micros, n.recoupable_id)
  FROM statement_entries n JOIN statements s ON s.id = n.statement_id WHERE s.run_id = :run) lines
""")


def open_period(session: Session, actor: Actor, *, starts_on: date, ends_on: date) -> RoyaltyPeriod:
    """Begin a period that payees are told about at once; periods have no day in common."""
    if ends_on < starts_on:
        raise PeriodUnusable
    _take_turn(session)
    common = select(RoyaltyPeriod.id).where(RoyaltyPeriod.starts_on <= ends_on, RoyaltyPeriod.ends_on >= starts_on)
    if session.scalar(common.limit(1)):
        raise PeriodOverlaps
    period = RoyaltyPeriod(id=ids.new_id(), starts_on=starts_on, ends_on=ends_on)
    session.add(period)
    session.flush()
    after = {"starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()}
    activity.record(session, actor, "period.opened", subject_type="period", subject_id=period.id, after=after)
    return period


def start_run(
    session: Session, actor: Actor, period: RoyaltyPeriod, *, is_trial: bool = False, restates: bool = False
) -> RoyaltyRun:
    """Ask for a period to be calculated; a trial is never posted, and may be run beside another.

    `restates` works a published period out anew: its statements tell what changes, line by line.
    """
    _take_turn(session)
    session.refresh(period)
    if period.closed_at is not None and not is_trial and not restates:
        raise PeriodClosed
    live = select(RoyaltyRun.id).where(RoyaltyRun.period_id == period.id, RoyaltyRun.state.in_(LIVE))
    if not is_trial and session.scalar(live.where(RoyaltyRun.is_trial.is_(False)).limit(1)):
        raise RunUnderway
    last = session.scalar(select(func.max(RoyaltyRun.number)).where(RoyaltyRun.period_id == period.id)) or 0
    run = RoyaltyRun(
        id=ids.new_id(),
        period_id=period.id,
        number=last + 1,
        state="calculating",
        is_trial=is_trial,
        restates_id=restating.restated(session, period).id if restates else None,
        created_by=actor.id,
        created_at=clock.now(),
    )
    session.add(run)
    session.flush()
    _tell(session, actor, "run.started", run)
    jobs.ask(session, "royalties.calculate", {"run": str(run.id)}, key=str(run.id))
    return run


def calculate(session: Session, tenant: Tenant, run_id: UUID) -> None:
    """Work a run out, from nothing, however far an earlier try came; a refusal is kept with the run."""
    run = session.get(RoyaltyRun, run_id, with_for_update=True)
    if run is None or run.state != "calculating":
        return
    actor = Actor.system(tenant)
    try:
        with session.begin_nested():
            _work_out(session, tenant, run)
    except Refusal as refusal:
        run.state, run.problem = "failed", str(refusal)
        _tell(session, actor, "run.failed", run)
        return
    run.state = "checking"
    session.flush()
    _tell(session, actor, "run.calculated", run)


def _work_out(session: Session, tenant: Tenant, run: RoyaltyRun) -> None:
    calculating.forget(session, run)
    steps.reached(tenant, run, "calculate")
    known = calculating.calculate(session, run)
    failpoint.reach("royalties.calculated")
    steps.reached(tenant, run, "settle")
    retroactive, then = growing.escalate(session, run, known), {}
    calculating.finish(session, run)
    if run.restates_id:
        period = session.get_one(RoyaltyPeriod, run.period_id)
        then = restating.take_back(session, run, settling.sharing(session, known, period))
    settling.settle_run(session, run, known, retroactive, then)
    failpoint.reach("royalties.settled")
    steps.reached(tenant, run, "check")
    checking.check(session, run)
    run.totals = checking.totals(session, run)
    run.digest = digest(session, run.id)


def digest(session: Session, run_id: UUID) -> str:
    """SHA-256 of everything a run says."""
    return hashlib.sha256((session.scalar(_DIGEST, {"run": run_id}) or "").encode()).hexdigest()


def sign_off(session: Session, actor: Actor, run: RoyaltyRun, anomaly: int) -> None:
    """Say that something unusual was looked at and is right."""
    if run.state != "checking":
        raise RunUnfit
    signed = {"signed_by": actor.name, "signed_at": clock.now().isoformat()}
    run.anomalies = [{**each, **signed} if each["id"] == anomaly else each for each in run.anomalies]
    session.flush()
    _tell(session, actor, "run.signed_off", run, anomaly=anomaly)


def is_large(session: Session, currency: str, run: RoyaltyRun) -> bool:
    """Whether a second person has to approve a run: by its sum in the label's own currency.

    Where no rate is known, nobody knows how large it is, and it counts as large.
    """
    period = session.get_one(RoyaltyPeriod, run.period_id)
    payable = {each: total["payable"] for each, total in run.totals.items()}
    known = rates.in_one_currency(session, payable, currency, on=period.ends_on)
    return known is None or known > ledger.alone_up_to(session)


def approve(session: Session, actor: Actor, run: RoyaltyRun) -> None:
    """Approve a checked run: everything unusual signed off, and a large one by a second person."""
    if run.state != "checking" or run.is_trial:
        raise RunUnfit
    catching_up.refuse_outdated(session, run)
    if waiting := sum(each["signed_by"] is None for each in run.anomalies):
        raise AnomaliesOpen(count=waiting)
    hands = hands_of(session, {run.created_by})
    if actor.id in hands and is_large(session, currency_of(actor), run):
        raise SecondPersonNeeded if who_may(session, "royalties.run") - hands else SecondPersonMissing
    run.state, run.approved_by, run.approved_at = "approved", actor.id, clock.now()
    session.flush()
    _tell(session, actor, "run.approved", run)


def currency_of(actor: Actor) -> str:
    """The currency in which whoever acts counts: their label's."""
    return actor.tenant.currency if actor.tenant else ""


def publish(session: Session, actor: Actor, run: RoyaltyRun) -> None:
    """Have an approved run published in the background."""
    if run.state != "approved":
        raise RunUnfit
    catching_up.refuse_outdated(session, run)
    ledger.require_sound(session)
    run.state = "publishing"
    session.flush()
    _tell(session, actor, "run.publishing", run)
    jobs.ask(session, "royalties.publish", {"run": str(run.id)}, key=str(run.id))


def tell_payees(session: Session, tenant: Tenant, run_id: UUID) -> None:
    """Post to the ledger, show statements and close the period, all at once; then nothing in it changes any more.

    Where the books were frozen meanwhile, the run is approved as before; where it rests on what is no more, it stops.
    """
    _take_turn(session)
    run = session.get(RoyaltyRun, run_id, with_for_update=True)
    if run is None or run.state != "publishing":
        return
    period = session.get_one(RoyaltyPeriod, run.period_id, with_for_update=True)
    actor = Actor.system(tenant)
    session.execute(text(calculating.PATIENCE))
    try:
        with session.begin_nested():
            _post(session, actor, run, period.ends_on)
    except RunOutdated as refusal:
        run.state, run.problem = "failed", str(refusal)
        session.flush()
        _tell(session, actor, "run.failed", run)
        return
    except BooksFrozen:
        run.state = "approved"
        session.flush()
        _tell(session, actor, "run.held", run)
        return
    failpoint.reach("royalties.posted")
    run.state = "published"
    run.published_at = clock.now()
    period.closed_at = period.closed_at or run.published_at
    session.flush()
    _tell(session, actor, "run.published", run, digest=run.digest)


def _post(session: Session, actor: Actor, run: RoyaltyRun, on: date) -> None:
    """Post a run as the books stand now; what was paid out since it was calculated is no more in its balances."""
    catching_up.refuse_outdated(session, run)
    if catching_up.catch_up(session, run, on):
        run.totals, run.digest = checking.totals(session, run), digest(session, run.id)
    posting.post_run(session, actor, run)
    catching_up.refuse_different(session, run)


def discard(session: Session, actor: Actor, run: RoyaltyRun) -> None:
    """Throw a run away that was not published."""
    if run.state in ("publishing", "published"):
        raise RunUnfit
    calculating.forget(session, run)
    run.state = "discarded"
    session.flush()
    _tell(session, actor, "run.discarded", run)


def _take_turn(session: Session) -> None:
    lock = func.pg_advisory_xact_lock(func.hashtextextended(func.current_schema() + " royalties", 0))
    session.execute(select(lock))


def _tell(session: Session, actor: Actor, action: str, run: RoyaltyRun, **after: Any) -> None:
    told = {"number": run.number, "state": run.state, "is_trial": run.is_trial, **after}
    activity.record(session, actor, action, subject_type="run", subject_id=run.id, after=told)
