"""A worker that is killed in the middle of a royalty run: the same statements after all, and posted once."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.kernel import db
from app.kernel.actor import Actor
from app.ledger.models import Posting
from app.ledger.service import auditing as books
from app.royalties.models import RoyaltyPeriod, RoyaltyRun, Statement
from app.royalties.service import running
from tests.factories.labels import a_label
from tests.factories.money import MARCH, a_contract, a_cost, a_payee, a_period, a_report, a_run, sold, terms, tracks_of
from tests.faults.test_batches_killed import killed_once_then_done
from tests.kernel.jobs.work import process


@pytest.fixture
def mine(connected):
    return a_label()


def run_is(tenant, key, state):
    with db.tenant_read(tenant) as session:
        return session.get(RoyaltyRun, key).state == state


@pytest.mark.timeout(400)
def test_every_phase_of_a_run_survives_the_death_of_its_worker(mine, environment, tmp_path):
    recordings, actor = tracks_of(mine, 2), Actor.system(mine)
    a_contract(mine, terms([a_payee(mine) for _ in range(3)]), costs=[a_cost("10")])
    a_report(mine, tmp_path, [sold(recordings[n % 2], Net=f"{n}.3333333", Quantity=n) for n in range(50)])
    period = a_period(mine, *MARCH)
    wanted = a_run(mine, period, is_trial=True).digest
    with process("scheduler", environment):
        for place in ("royalties.calculated", "royalties.settled"):
            with db.tenant_work(mine) as session:
                run = running.start_run(session, actor, session.get(RoyaltyPeriod, period.id))
            killed_once_then_done(environment, place, lambda key=run.id: run_is(mine, key, "checking"))
            with db.tenant_work(mine) as session:
                held = session.get(RoyaltyRun, run.id)
                assert held.digest == wanted
                if place == "royalties.calculated":
                    running.discard(session, actor, held)
        with db.tenant_work(mine) as session:
            held = session.get(RoyaltyRun, run.id)
            running.approve(session, actor, held)
            running.publish(session, actor, held)
        killed_once_then_done(environment, "royalties.posted", lambda: run_is(mine, run.id, "published"))
    with db.tenant_read(mine) as session:
        statements = session.scalar(select(func.count()).select_from(Statement).where(Statement.run_id == run.id))
        earned = session.scalar(select(func.count()).select_from(Posting).where(Posting.reason == "royalties"))
        assert statements == earned == 3
        assert books.problems(session) == []
        assert running.digest(session, run.id) == wanted
