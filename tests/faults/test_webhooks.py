"""Workers that die while they send: what happened arrives all the same, under the same id, soon after."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from app.kernel import db
from tests.factories.webhooks import a_hook, it_happens
from tests.kernel.jobs.work import eventually, kill_tree, process
from tests.receiver import listening


@pytest.fixture
def there(label):
    with listening() as receiver:
        yield receiver
    with db.tenant_work(label) as session:
        session.execute(text("DELETE FROM webhook_endpoints"))


@pytest.mark.slow
def test_a_worker_that_is_killed_in_the_middle_leaves_the_event_to_the_next_one(label, environment, there):
    there.pause = 8
    hook = a_hook(label, there.url(), "order.*")
    with process("scheduler", environment):
        with process("worker", environment | {"WORKER_PROCESSES": "1"}) as doomed:
            happened = it_happens(label, "order.paid", number="1")
            there.wait_for(1, patience=120)  # it was told by nothing but its notification
            kill_tree(doomed)
        there.pause = 0
        later = it_happens(label, "order.paid", number="2")
        with process("worker", environment):
            assert eventually(lambda: {row.state for row in hook.deliveries()} == {"delivered"} == _all(hook, 2))
    ids = [told.headers["webhook-id"] for told in there.requests]
    assert ids.count(str(happened)) == 2
    assert ids.count(str(later)) == 1
    assert {row.attempts for row in hook.deliveries()} == {1, 2}


def _all(hook, count):
    rows = hook.deliveries()
    return {row.state for row in rows} if len(rows) == count else None


@pytest.mark.slow
def test_endpoints_that_are_dead_or_slow_keep_no_other_waiting(label, rival, environment, there):
    hook = a_hook(rival, there.url(), "order.*")
    with listening() as slow, process("scheduler", environment), process("worker", environment):
        slow.pause = 60  # longer than anybody waits
        for _ in range(4):
            a_hook(label, slow.url(), "order.*")
        a_hook(label, "http://outside.test:9/", "order.*")
        for number in range(30):
            it_happens(label, "order.paid", number=str(number))
        slow.wait_for(8, patience=120)
        happened = it_happens(rival, "order.paid", number="mine")
        assert eventually(lambda: len(there.requests) > 0, 10), "it waited for others"
        assert json.loads(there.requests[0].body)["id"] == str(happened)
        assert eventually(lambda: [row.state for row in hook.deliveries()] == ["delivered"])
    with db.tenant_work(rival) as session:
        session.execute(text("DELETE FROM webhook_endpoints"))
