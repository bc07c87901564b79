"""Sealing each label's postings and checking its books on schedule."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.kernel import jobs, observe
from app.kernel.actor import Actor
from app.kernel.jobs import label_schedule, label_task
from app.kernel.tenant import Tenant
from app.ledger.service import auditing, freezing, sealing

log = observe.log("ledger")


@label_schedule("ledger.seal", every="hour", jitter_seconds=3_000)
@label_task("ledger.seal", time_limit=600)
def seal_ledger(session: Session, tenant: Tenant) -> None:
    """Seal what was posted since."""
    sealing.seal(session, Actor.system(tenant))


@label_schedule("ledger.verify", every="day", at="04:30", jitter_seconds=7_200)
@label_task("ledger.verify", time_limit=600)
def verify_ledger(session: Session, tenant: Tenant) -> None:
    """Check balances and chain; what is wrong freezes these books and alarms the operator, and is never repaired."""
    if not (problems := auditing.problems(session)):
        return
    for problem in problems:
        log.error("ledger.wrong", label=tenant.id, problem=problem)
    if freezing.freeze(session, Actor.system(tenant), problems):
        jobs.ask(session, "operators.hear_of_books", {"problem": problems[0][:500]})
