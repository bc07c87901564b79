"""One task at a time, in this process: what is asked for, what is claimed, how it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.kernel import clock, db, jobs
from app.kernel.actor import Actor
from app.kernel.jobs import queries, run
from app.kernel.jobs.envelope import Envelope, EnvelopeForged, opened
from app.kernel.jobs.outbox import OutboxRow
from app.kernel.jobs.relay import Relay
from tenants.lifecycle.service import close, resume, suspend
from tenants.registry.queries import fresh_tenant
from tests.factories.labels import a_label
from tests.kernel.jobs.work import add_marks


class Rows:
    """Labels as their rows say."""

    def tenant(self, tenant_id):
        return fresh_tenant(tenant_id)


@pytest.fixture
def sent():
    """What the relay sent, in order."""
    return []


@pytest.fixture
def relay(connected, sent):
    return Relay("home", lambda message, queue, task: sent.append((task, queue, message)), lease_seconds=30)


def ask(tenant, task="test.mark", args=None, **how):
    with db.tenant_work(tenant) as session:
        jobs.ask(session, task, {"name": "x"} if args is None else args, **how)


def only_row():
    with db.platform_read() as session:
        return session.scalars(select(OutboxRow)).one()


def marks(tenant):
    with db.tenant_read(tenant) as session:
        return session.execute(text("SELECT name, role FROM marks ORDER BY id")).all()


def do(relay, sent):
    relay.run_once()
    return [run.run(message, Rows(), lease_seconds=30) for _, _, message in sent]


def test_a_task_runs_as_its_label_and_is_marked_done_with_its_work(working, relay, sent):
    ask(working)
    assert do(relay, sent) == ["done"]
    assert marks(working) == [("x", working.id)]
    assert only_row().done_at is not None


def test_what_a_transaction_asks_for_vanishes_with_it(working, relay, sent):
    with pytest.raises(ZeroDivisionError), db.tenant_work(working) as session:
        jobs.ask(session, "test.mark", {"name": "x"})
        raise ZeroDivisionError
    assert relay.run_once() == 0


def test_a_message_delivered_twice_acts_once(working, relay, sent):
    ask(working)
    relay.run_once()
    message = sent[0][2]
    assert [run.run(message, Rows()) for _ in range(3)] == ["done", "void", "void"]
    assert len(marks(working)) == 1


def run_out():
    with db.platform_work() as session:
        session.execute(text("UPDATE shared.outbox SET lease_until = now() - interval '1 second'"))


def sent_again(relay, times):
    for _ in range(times):
        run_out()
        relay.run_once()


def test_the_message_that_is_reached_first_is_taken_up_and_voids_all_others(working, relay, sent):
    ask(working)
    sent_again(relay, 3)
    first, second, third = (message for _, _, message in sent)
    assert run.run(first, Rows()) == "done"
    assert [run.run(message, Rows()) for message in (second, third, first)] == ["void"] * 3
    assert len(marks(working)) == 1


def test_what_waits_at_the_broker_for_longer_than_its_lease_is_done_once(working, relay, sent):
    for number in range(relay.per_label):
        ask(working, args={"name": f"n{number}"})
    outcomes = []
    while len(marks(working)) < relay.per_label and len(outcomes) < 100:
        sent_again(relay, 1)
        arrived = [message for _, _, message in sent]
        outcomes += [run.run(message, Rows()) for message in arrived[len(outcomes) : len(outcomes) + 3]]
    assert outcomes[: relay.per_label] == ["done"] * relay.per_label
    assert {run.run(message, Rows()) for _, _, message in sent} == {"void"}
    assert sorted(name for name, _ in marks(working)) == [f"n{number}" for number in range(relay.per_label)]


def test_what_was_taken_up_is_taken_up_again_by_a_later_sending_only(working, relay, sent):
    ask(working, "test.broken", {})
    sent_again(relay, 2)
    older, newer = (message for _, _, message in sent)
    assert run.run(older, Rows()) == "retried"
    assert run.run(newer, Rows()) == "void"
    with db.platform_work() as session:
        session.execute(text("UPDATE shared.outbox SET run_at = now()"))
    relay.run_once()
    assert run.run(sent[2][2], Rows()) == "parked"


def lease_in_seconds():
    with db.platform_read() as session:
        query = "SELECT round(extract(epoch FROM lease_until - clock_timestamp())) FROM shared.outbox"
        return int(session.execute(text(query)).scalar_one())


def test_what_nobody_takes_up_is_left_at_the_broker_for_longer_each_time(working, relay, sent):
    ask(working, "test.broken", {})
    leases = []
    for _ in range(5):
        sent_again(relay, 1)
        leases.append(lease_in_seconds())
    assert leases == pytest.approx([30, 60, 120, 180, 180], abs=5)
    assert run.run(sent[0][2], Rows()) == "retried"
    with db.platform_work() as session:
        session.execute(text("UPDATE shared.outbox SET run_at = now()"))
    sent_again(relay, 1)
    assert lease_in_seconds() == pytest.approx(30, abs=10)


def test_what_the_broker_did_not_take_is_sent_again_after_one_lease(working, relay):
    ask(working)
    ask(working)
    sent_again(relay, 4)

    def away(*_, **__):
        raise ConnectionError

    relay.send = away
    with pytest.raises(ConnectionError):
        sent_again(relay, 1)
    with db.platform_read() as session:
        query = "SELECT count(*) FROM shared.outbox WHERE lease_until <= clock_timestamp() + interval '30 seconds'"
        assert session.execute(text(query)).scalar_one() == 2


def test_the_same_key_asks_once(working, relay, sent):
    for _ in range(3):
        ask(working, key="k")
    assert relay.run_once() == 1


def test_an_unknown_task_and_unusable_arguments_are_refused_at_once(working):
    with pytest.raises(jobs.TaskUnknown):
        ask(working, "no.such.task")
    for args in ({"x": object()}, {"x": "y" * 40_000}):
        with pytest.raises(jobs.TaskArgsUnusable):
            ask(working, args=args)


def test_a_task_waits_for_its_time(working, relay, sent):
    ask(working, run_at=clock.now() + timedelta(hours=1))
    assert relay.run_once() == 0


def test_a_refusal_parks_with_its_sentence_and_can_be_tried_again(working, relay, sent):
    ask(working, "test.refused", {})
    assert do(relay, sent) == ["parked"]
    row = only_row()
    assert row.problem == "The thing is gone."
    with db.platform_work() as session:
        queries.retry(session, row.id)
    sent.clear()
    assert do(relay, sent) == ["parked"]


def test_a_failure_is_tried_again_later_and_parked_in_the_end(working, relay, sent):
    ask(working, "test.broken", {})
    assert do(relay, sent) == ["retried"]
    row = only_row()
    assert row.run_at > clock.now()
    assert "this never works" in row.problem
    with db.platform_work() as session:
        session.execute(text("UPDATE shared.outbox SET run_at = now()"))
    sent.clear()
    assert do(relay, sent) == ["parked"]


def test_waiting_for_a_busy_label_is_no_failure(working, relay, sent):
    ask(working, "test.busy", {})
    assert do(relay, sent) == ["retried"]
    assert only_row().attempts == 0


def test_work_that_was_rolled_back_leaves_nothing(working, relay, sent):
    ask(working, args={"name": "x", "seconds": "no number"})
    assert do(relay, sent) == ["retried"]
    assert marks(working) == []


@pytest.mark.parametrize(
    "change", [{"label": "l_" + "1" * 26}, {"id": "01a20d90-74f5-70ca-a45f-11b9c029725d"}, {"send": 9}]
)
def test_a_forged_envelope_is_refused(working, relay, sent, change):
    ask(working)
    relay.run_once()
    message = sent[0][2]
    message["body"] |= change
    assert run.run(message, Rows()) == "refused"
    assert marks(working) == []


@pytest.mark.parametrize("message", [None, {}, {"body": {}}, {"body": {"id": 1}, "signature": "x"}, "text", 5])
def test_garbage_from_the_broker_is_refused(working, message):
    assert run.run(message, Rows()) == "refused"


def test_a_signed_envelope_for_another_label_claims_nothing(working, rival, relay, sent, settings):
    ask(working)
    relay.run_once()
    body = sent[0][2]["body"] | {"label": rival.id}
    message = Envelope(**body).signed(settings.derived_key("task-envelope"))
    assert run.run(message, Rows()) == "void"
    with pytest.raises(EnvelopeForged):
        opened(message, b"another key")


def test_a_task_of_a_label_that_is_gone_is_parked(working, relay, sent):
    ask(working)
    relay.run_once()

    class Nobody:
        def tenant(self, tenant_id):
            return None

    assert run.run(sent[0][2], Nobody()) == "parked"
    assert only_row().problem == "The label is gone."


def test_a_task_from_before_a_fence_is_parked(connected, relay, sent):
    tenant = a_label()
    add_marks(tenant)
    with db.platform_work() as session:
        session.execute(text("DELETE FROM shared.outbox"))
    ask(tenant)
    with db.platform_work() as session:
        session.execute(text("UPDATE shared.tenants SET fence_epoch = epoch + 1 WHERE id = :id"), {"id": tenant.id})
    assert do(relay, sent) == ["parked"]
    assert marks(tenant) == []


def test_a_rename_does_not_park_what_was_asked_for_before(connected, relay, sent):
    from tenants.lifecycle.service import rename

    tenant = a_label()
    add_marks(tenant)
    with db.platform_work() as session:
        session.execute(text("DELETE FROM shared.outbox"))
    ask(tenant)
    rename(tenant.id, by=Actor.system(None), display_name="Renamed")
    assert do(relay, sent) == ["done"]


def test_a_suspended_labels_tasks_go_on_and_a_closing_ones_are_parked(connected, relay, sent):
    us, tenant = Actor.system(None), a_label()
    add_marks(tenant)
    with db.platform_work() as session:
        session.execute(text("DELETE FROM shared.outbox"))
    ask(tenant, key="one")
    suspend(tenant.id, by=us, reason="x")
    assert do(relay, sent) == ["done"]
    resume(tenant.id, by=us)
    ask(tenant, key="two")
    close(tenant.id, by=us)
    sent.clear()
    assert do(relay, sent) == ["parked"]


def test_one_labels_backlog_does_not_delay_anothers_single_task(working, rival, relay, sent):
    with db.platform_work() as session:
        session.execute(
            text(
                "INSERT INTO shared.outbox (id, label, task, args, queue, run_at) "
                "SELECT gen_random_uuid(), :label, 'test.mark', '{\"name\": \"x\"}', 'default', now() - interval '1 hour' "
                "FROM generate_series(1, 50000)"
            ),
            {"label": working.id},
        )
    add_marks(rival)
    ask(rival)
    assert relay.run_once() == relay.per_label + 1
    labels = [message["body"]["label"] for _, _, message in sent]
    assert labels.count(working.id) == relay.per_label
    assert labels.count(rival.id) == 1
    assert relay.run_once() == 0


def test_a_label_with_a_limit_of_its_own_has_as_many_tasks_in_work(working, rival, relay, sent):
    add_marks(rival)
    for number in range(12):
        ask(working, args={"name": f"n{number}"})
        ask(rival, args={"name": f"n{number}"})
    relay.own_limits = lambda: {working.id: 2}
    relay.run_once()
    labels = [message["body"]["label"] for _, _, message in sent]
    assert labels.count(working.id) == 2
    assert labels.count(rival.id) == relay.per_label


def test_a_platform_task_has_no_label(connected, relay, sent):
    with db.platform_work() as session:
        jobs.ask(session, "test.platform", {"name": "Canary Records"})
    assert do(relay, sent) == ["done"]


def test_the_load_tells_what_waits_and_how_late_it_is(working):
    with db.tenant_work(working) as session:
        jobs.ask(session, "test.mark", {"name": "x"}, run_at=clock.now() - timedelta(minutes=5))
    with db.platform_read() as session:
        load = queries.load(session)
    assert (load.waiting, load.leased, load.parked) == (1, 0, 0)
    assert 299 < load.lag_seconds < 330


def test_done_tasks_are_forgotten_after_some_days(working, relay, sent):
    ask(working)
    do(relay, sent)
    with clock.frozen_at(clock.now() + timedelta(days=8)), db.platform_work() as session:
        assert queries.prune(session) == 1
