"""Events reach whoever asked for them: signed, once or more, in order, and never for long where nobody is."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook, WebhookVerificationError

from app.api.models import WebhookDelivery
from app.api.rules import webhooks
from app.api.service import hearing, posting
from app.kernel import activity, clock, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from tests.api.hooks import asked, headers_of
from tests.factories.labels import a_label
from tests.factories.webhooks import a_hook, it_happens
from tests.receiver import listening


def test_what_happens_is_sent_and_verified_by_the_standards_library(label, there, hook):
    happened = it_happens(label, "release.created", title="Night Drive", upc="4006381333931", secret="not for you")
    assert hook.deliver() == 1
    told = there.requests[0]
    event = Webhook(hook.secret).verify(told.body, headers_of(told))
    assert event["id"] == told.headers["webhook-id"] == str(happened)
    assert (event["type"], event["data"]["title"]) == ("release.created", "Night Drive")
    assert told.headers["content-type"] == "application/json"
    assert b"not for you" not in told.body
    assert [(row.state, row.attempts) for row in hook.deliveries()] == [("delivered", 1)]


def test_another_secret_or_another_body_is_not_verified(label, there, hook):
    it_happens(label)
    hook.deliver()
    told = there.requests[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(webhooks.new_secret()).verify(told.body, headers_of(told))
    with pytest.raises(WebhookVerificationError):
        Webhook(hook.secret).verify(told.body + b" ", headers_of(told))


def test_only_what_was_asked_for_is_sent_and_nothing_of_before(label, there):
    it_happens(label, "order.paid", number="1")
    hook = a_hook(label, there.url(), "order.*", "payout.paid")
    for action in ("order.paid", "payout.paid", "payout.asked", "release.created", "fan.signed_in"):
        it_happens(label, action)
    hook.deliver()
    assert [json.loads(told.body)["type"] for told in there.requests] == ["order.paid", "payout.paid"]


def test_looking_through_twice_sends_nothing_twice(label, there, hook):
    it_happens(label)
    hook.feed()
    hook.feed()
    assert len(hook.deliveries()) == 1


def test_a_transaction_that_commits_late_is_told_too(label, there, hook):
    with tenant_work(label) as slow:
        activity.record(slow, Actor.system(label), "order.placed", subject_type="order", subject_id=ids.new_id())
        slow.flush()
        it_happens(label, "order.paid")
        hook.deliver()
        assert [told.path for told in there.requests] == ["/in"]
    hook.deliver()
    assert [json.loads(told.body)["type"] for told in there.requests] == ["order.paid", "order.placed"]


def test_a_label_that_was_moved_or_restored_goes_on_without_doubling(connected, there):
    label = a_label()  # in one that all share lies what other tests wrote down for a later day
    hook = a_hook(label, there.url())
    it_happens(label)
    hook.deliver()
    it_happens(label, "order.paid")
    with tenant_work(label) as session:
        session.execute(text("UPDATE webhook_feed SET whose = 'elsewhere:0', seen = '3:3:', until = '3:3:'"))
    hook.deliver()
    hook.deliver()
    # What is sent may be sent again: an answer that a busy machine hears too late was none. Nothing is written down twice.
    assert [row.event_type for row in hook.deliveries()] == ["release.created", "order.paid"]
    sent = {told.headers["webhook-id"]: json.loads(told.body)["type"] for told in there.requests}
    assert sorted(sent.values()) == ["order.paid", "release.created"]


def test_failures_are_tried_ten_times_within_three_days_under_one_id(label, there, hook):
    there.usual = (500, {}, b"no")
    began = clock.now()
    it_happens(label)
    hook.feed()
    moments, now = [], began
    for _ in range(12):
        row = hook.deliveries()[0]
        if row.state != "waiting":
            break
        now = max(row.due_at, hook.row.rest_until or row.due_at)
        with clock.frozen_at(now + timedelta(milliseconds=1)):
            moments.append(now - began)
            assert hook.deliver() == 1
    assert len(there.requests) == webhooks.MOST_ATTEMPTS == 10
    assert len({told.headers["webhook-id"] for told in there.requests}) == 1
    assert len({told.body for told in there.requests}) == 1
    assert len({told.headers["webhook-timestamp"] for told in there.requests}) == 10
    assert timedelta(hours=60) < moments[-1] < timedelta(hours=72)
    assert hook.deliveries()[0].state == "given_up"
    assert [row.status for row in hook.attempts()] == [500] * 10


def test_pauses_grow_and_no_two_are_alike():
    pauses = [webhooks.pause_after(number, 0.5) for number in range(1, 10)]
    assert pauses == sorted(pauses)
    assert webhooks.pause_after(10, 0.5) is None
    assert sum(webhooks.STEPS, timedelta()) <= timedelta(hours=72)
    assert webhooks.pause_after(3, 0.0) > webhooks.pause_after(3, 0.9)


def test_after_three_days_of_nothing_but_failures_the_endpoint_is_off_and_the_label_is_told(
    label, there, hook, settings
):
    there.usual = (503, {}, b"")
    it_happens(label)
    hook.feed()
    mails = asked(label, "mail.send")
    for _ in range(10):
        row = hook.deliveries()[0]
        with clock.frozen_at(max(row.due_at, hook.row.rest_until or row.due_at) + timedelta(milliseconds=1)):
            hook.deliver()
    assert hook.row.disabled_why == "failing"
    it_happens(label)
    assert hook.deliver() == 0
    assert asked(label, "mail.send") > mails


def test_a_success_in_between_keeps_an_endpoint_on(label, there, hook):
    it_happens(label, "order.placed")
    there.answers = [(500, {}, b"")]
    hook.deliver()
    assert hook.row.failures == 1
    with clock.frozen_at(clock.now() + timedelta(minutes=10)):
        hook.deliver()
    assert (hook.row.failures, hook.row.failing_since, hook.row.disabled_at) == (0, None, None)


def test_gone_is_believed_at_once(label, there, hook):
    there.usual = (410, {}, b"gone")
    it_happens(label)
    hook.deliver()
    assert hook.row.disabled_why == "gone"
    assert hook.deliveries()[0].state == "given_up"
    with tenant_read(label) as session:
        assert activity.has(session, "webhook_endpoint.disabled")


def test_of_one_thing_the_later_waits_for_the_earlier(label, there, hook):
    order, other = ids.new_id(), ids.new_id()
    there.answers = [(400, {}, b"not yet")]
    it_happens(label, "order.placed", order)
    it_happens(label, "order.paid", order)
    it_happens(label, "order.placed", other)
    assert hook.deliver() == 2
    with clock.frozen_at(clock.now() + timedelta(seconds=30)):
        assert hook.deliver() == 2
    told = [(event["data"]["id"], event["type"]) for event in (json.loads(each.body) for each in there.requests)]
    mine = [kind for subject, kind in told if subject == str(order)]
    assert mine == ["order.placed", "order.placed", "order.paid"]
    assert [kind for subject, kind in told if subject == str(other)] == ["order.placed"]


def test_what_was_given_up_holds_its_successor_up_no_longer(label, there, hook):
    order = ids.new_id()
    it_happens(label, "order.placed", order)
    it_happens(label, "order.paid", order)
    hook.feed()
    with tenant_work(label) as session:
        first = session.get_one(WebhookDelivery, hook.deliveries()[0].id)
        first.state = "given_up"
    assert hook.deliver() == 1
    assert json.loads(there.requests[0].body)["type"] == "order.paid"


def test_who_dies_in_the_middle_leaves_it_to_be_sent_again_under_the_same_id(label, there, hook):
    it_happens(label)
    hook.feed()
    with tenant_work(label) as session:
        taken = posting.take(session, label, hook.id)
    posting.send(taken)  # and then the process is gone
    assert posting.lane(label, hook.id) == 0  # while the lease lasts, nobody else takes it
    with clock.frozen_at(clock.now() + posting.LEASE + timedelta(seconds=1)):
        assert posting.lane(label, hook.id) == 1
        with tenant_work(label) as session:
            posting.settle(session, label, taken, posting.Outcome(clock.now(), 1, {}, problem="no_answer"))
    assert there.requests[0].headers["webhook-id"] == there.requests[1].headers["webhook-id"]
    assert [(row.state, row.attempts) for row in hook.deliveries()] == [("delivered", 2)]


def test_a_slow_endpoint_keeps_no_other_waiting(label, there):
    with listening() as slow:
        slow.gate = threading.Event()
        one, other = a_hook(label, slow.url()), a_hook(label, there.url())
        for _ in range(20):
            it_happens(label)
        one.feed()
        assert posting.start(label, one.id) == posting.LANES
        assert posting.start(label, other.id) == posting.LANES
        there.wait_for(20)
        assert one.attempts() == []  # not one of the slow one's was answered meanwhile
        with tenant_work(label) as session:
            hearing.switch_off(session, Actor.system(label), session.get_one(type(one.row), one.id), "person")
        slow.wait_for(1)
        assert len(slow.requests) <= posting.LANES
        slow.gate.set()


def test_an_endpoint_that_is_down_is_left_in_peace(label, hook, there):
    there.usual = (503, {}, b"")
    for _ in range(5):
        it_happens(label)
    hook.feed()
    assert posting.lane(label, hook.id) == 1
    assert posting.lane(label, hook.id) == 0  # it rests, and the other four have cost it no try
    assert sorted(row.attempts for row in hook.deliveries()) == [0, 0, 0, 0, 1]
    with clock.frozen_at(clock.now() + webhooks.RESTS[1] + timedelta(seconds=1)):
        assert posting.lane(label, hook.id) == 1


def test_many_at_once_are_each_sent_once(label, there, hook):
    for _ in range(60):
        it_happens(label)
    hook.feed()
    lanes = [threading.Thread(target=posting.lane, args=(label, hook.id)) for _ in range(4)]
    for each in lanes:
        each.start()
    for each in lanes:
        each.join()
    assert len(there.requests) == len({told.headers["webhook-id"] for told in there.requests}) == 60
