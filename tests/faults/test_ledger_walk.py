"""A hundred thousand operations by a writer that is killed again and again: the books are those of a plain model."""

from __future__ import annotations

import os
import random
import time

import pytest

from app.kernel import db
from app.kernel.actor import Actor
from app.ledger import service
from app.ledger.rules import Account, Kind
from app.ledger.service import auditing, sealing
from tests.factories.labels import a_label
from tests.factories.quiet import settled
from tests.faults.ledger_writer import ACCOUNTS, BATCHES, account, model
from tests.kernel.jobs.nursery import nursery
from tests.ledger.books import assert_balanced, count

KILLS = 5
WRITER = "import runpy; runpy.run_module('tests.faults.ledger_writer', run_name='__main__')"


def _far(progress):
    return len(progress.read_text().split()) if progress.exists() else 0


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_books_after_a_long_walk_with_deaths_are_those_of_a_dictionary(connected, environment, tmp_path):
    mine, seed = a_label(), random.SystemRandom().randrange(10**6)
    dice, progress = random.Random(seed), tmp_path / "progress"
    writer, around = [mine.id, str(seed), str(progress)], os.environ | environment
    for place in sorted(dice.sample(range(5, BATCHES - 5), KILLS)):
        process = nursery().running(WRITER, writer, around)
        while _far(progress) < place and process.poll() is None:
            time.sleep(0.01)
        time.sleep(dice.random() / 20)
        assert process.poll() is None, f"seed {seed}: the writer ended before it was killed"
        process.kill()
        process.wait()
    ended = nursery().python(WRITER, *writer, environment=around)
    assert ended.returncode == 0, f"seed {seed}: {ended.stderr}"
    wanted, postings = model(seed)
    with db.tenant_read(mine) as session:
        held = {each: each.own_side(micros) for each, micros in service.balances(session).items()}
    named = {account(number, currency): f"{currency} {number}" for number in range(ACCOUNTS) for currency in CURRENCIES}
    named |= {Account(Kind.FX_POSITION, None, currency): f"{currency} position" for currency in CURRENCIES}
    assert {named[each]: micros for each, micros in held.items()} == dict(wanted), f"seed {seed}"
    assert count(mine) == postings >= 100_000
    assert_balanced(mine)
    settled()
    with db.tenant_work(mine) as session:
        assert sealing.seal(session, Actor.system(mine)).position == postings
        assert auditing.problems(session) == []


CURRENCIES = ("EUR", "USD")
