"""Addresses that are sent events: their secrets, what is kept of answers, who may have what sent where."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook

from app.api.errors import EndpointOff, EventsBeyond, EventsUnusable, TooManyEndpoints
from app.api.rules import webhooks
from app.api.rules.event_types import TYPES
from app.api.service import endpoints, feeding, hearing, remembering
from app.kernel import activity, clock, egress, ids
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.jobs.registry import tasks
from tests.api.hooks import asked, headers_of
from tests.factories.labels import a_label
from tests.factories.webhooks import a_hook, a_visitor, it_happens
from tests.receiver import listening


def test_a_new_secret_signs_beside_the_old_one_for_a_day(label, there, hook):
    with tenant_work(label) as session:
        row = session.get_one(type(hook.row), hook.id)
        fresh = endpoints.rotate(session, label, a_visitor(label), row)
    it_happens(label)
    hook.deliver()
    told = there.requests[0]
    assert len(told.headers["webhook-signature"].split()) == 2
    for secret in (hook.secret, fresh):
        Webhook(secret).verify(told.body, headers_of(told))
    with clock.frozen_at(clock.now() + timedelta(hours=25)):
        it_happens(label)
        hook.deliver()
    later = there.requests[1]
    assert len(later.headers["webhook-signature"].split()) == 1


def test_secrets_are_kept_nowhere_as_they_are(label, there, hook):
    there.usual = (400, {"Set-Cookie": "session=s3cret", "X-Echo": hook.secret}, f"you said {hook.secret}".encode())
    it_happens(label)
    hook.deliver()
    kept = hook.attempts()[0]
    said = f"{kept.request_headers} {kept.response_headers} {kept.response_body}"
    assert hook.secret not in said
    assert "s3cret" not in said
    assert webhooks.MASK in kept.response_body
    with tenant_read(label) as session:
        rows = session.execute(text("SELECT secret::text, before::text, after::text FROM webhook_endpoints, activity"))
        assert not [row for row in rows if hook.secret in str(tuple(row))]


def test_of_an_answer_only_the_beginning_is_kept(label, there, hook):
    there.usual = (200, {f"X-{n}": "v" * 900 for n in range(60)}, b"\x00" + b"a" * 200_000)
    it_happens(label)
    hook.deliver()
    kept = hook.attempts()[0]
    assert len(kept.response_body) <= webhooks.KEPT_BODY
    assert len(kept.response_headers) <= webhooks.KEPT_HEADERS
    assert max(map(len, kept.response_headers.values())) <= webhooks.KEPT_HEADER
    assert kept.status == 200


def test_a_redirect_is_a_failure_and_leads_nowhere(label, there, hook):
    with listening() as onward:
        there.usual = (301, {"Location": onward.url(host="elsewhere.test")}, b"")
        it_happens(label)
        hook.deliver()
        assert onward.requests == []
    assert hook.attempts()[0].status == 301
    assert hook.deliveries()[0].state == "waiting"


@pytest.mark.parametrize("url", ["http://hooks.example.com/", "https://127.1/", "https://a@b.example/", "ftp://x/"])
def test_an_address_that_is_never_asked_is_not_taken(label, url):
    with pytest.raises(egress.AddressRefused), tenant_work(label) as session:
        endpoints.make(session, label, a_visitor(label), endpoints.Wish(url=url, filters=["*"]))


def test_an_address_that_leads_home_by_its_name_is_not_called(label):
    hook = a_hook(label, "https://localhost.invalid/")
    it_happens(label)
    hook.deliver()
    assert hook.attempts()[0].problem == "no_answer"


@pytest.mark.parametrize("filters", [[], ["nothing"], ["release.nothing"], ["release"], ["**"], ["*.paid"]])
def test_kinds_that_do_not_exist_cannot_be_asked_for(label, filters):
    with pytest.raises(EventsUnusable), tenant_work(label) as session:
        endpoints.make(session, label, a_visitor(label), endpoints.Wish(url="https://a.example/", filters=filters))


def test_nobody_has_events_sent_that_they_may_not_see(label):
    boss = a_visitor(label)
    clerk = replace(boss, permissions=frozenset({"api.clients", "catalog.view"}))
    with tenant_work(label) as session:
        endpoints.make(session, label, clerk, endpoints.Wish(url="https://a.example/", filters=["release.*"]))
    for filters in (["payout.paid"], ["*"], ["release.*", "order.paid"]):
        with pytest.raises(EventsBeyond), tenant_work(label) as session:
            endpoints.make(session, label, clerk, endpoints.Wish(url="https://a.example/", filters=filters))


def test_there_is_an_end_to_endpoints():
    label = a_label()
    for _ in range(endpoints.MOST_ENDPOINTS):
        a_hook(label, "https://a.example/")
    with pytest.raises(TooManyEndpoints):
        a_hook(label, "https://a.example/")


def test_an_endpoint_is_tried_with_an_event_of_its_own(label, there, hook):
    with listening() as other:
        a_hook(label, other.url())
        with tenant_work(label) as session:
            endpoints.try_out(session, a_visitor(label), session.get_one(type(hook.row), hook.id))
        hook.deliver()
        assert json.loads(there.requests[0].body)["type"] == "webhook.tested"
        assert other.requests == []


def test_what_is_off_is_not_tried(label, hook):
    with tenant_work(label) as session:
        row = session.get_one(type(hook.row), hook.id)
        hearing.switch_off(session, Actor.system(label), row, "person")
    with pytest.raises(EndpointOff), tenant_work(label) as session:
        endpoints.try_out(session, a_visitor(label), session.get_one(type(hook.row), hook.id))


def test_what_was_missed_while_off_is_sent_when_it_is_asked_for(label, there, hook):
    began = clock.now()
    visitor = a_visitor(label)
    with tenant_work(label) as session:
        hearing.switch_off(session, visitor.actor, session.get_one(type(hook.row), hook.id), "person")
    missed = it_happens(label, "order.paid")
    with tenant_work(label) as session:
        endpoints.switch_on(session, label, visitor, session.get_one(type(hook.row), hook.id))
    assert hook.deliver() == 0
    with tenant_work(label) as session:
        row = session.get_one(type(hook.row), hook.id)
        assert feeding.again(session, row, since=began, until=clock.now()) >= 1
    hook.deliver()
    assert str(missed) in {told.headers["webhook-id"] for told in there.requests}


def test_old_deliveries_are_forgotten(label, hook, there):
    it_happens(label)
    hook.deliver()
    with clock.frozen_at(clock.now() + timedelta(days=31)), tenant_work(label) as session:
        assert remembering.forget(session) >= 1
    assert hook.deliveries() == []


def test_a_label_that_nobody_listens_to_is_not_looked_through():
    label = a_label()
    it_happens(label)
    assert not feeding.wake(label)
    a_hook(label, "https://a.example/")
    assert feeding.wake(label)
    assert "webhooks.feed" in tasks
    assert asked(label, "webhooks.feed") == 1


def test_a_rivals_events_are_not_told(label, rival, there, hook):
    it_happens(rival, "order.paid")
    hook.deliver()
    assert there.requests == []


def test_every_kind_stays_small_whatever_was_recorded(label, there, hook):
    for name in list(TYPES)[:5]:
        it_happens(label, TYPES[name].of, **dict.fromkeys(("title", "name", "number", "state", "a" * 70), "x" * 30000))
    hook.deliver()
    assert len(there.requests) == 5
    assert max(len(told.body) for told in there.requests) <= 20_000


def test_mails_of_switching_off_name_the_label_alone(label):
    from app.api.service.warning import SENTENCES

    assert not [said for said in SENTENCES.values() if "boptone" in said.lower()]


def test_thousands_of_events_are_sent_again_at_once():
    label = a_label()
    began = clock.now()
    hook = a_hook(label, "https://a.example/", "release.*")
    told = [(str(ids.new_id()), None, {"title": f"Release {number}"}) for number in range(2_500)]
    with tenant_work(label) as session:
        activity.record_many(session, Actor.system(label), "release.created", subject_type="release", told=told)
    hook.feed()
    assert len(hook.deliveries()) == 2_500
    with tenant_work(label) as session:
        row = session.get_one(type(hook.row), hook.id)
        assert feeding.again(session, row, since=began, until=clock.now() + timedelta(minutes=1)) == 2_500
    assert len(hook.deliveries()) == 5_000
