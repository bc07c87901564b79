"""Events that programs read and have sent: over REST, as a program of the label's meets them."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import text
from standardwebhooks import Webhook

from app.api.models import ApiClient
from app.api.rules.event_types import BY_ACTION, TYPES
from app.api.rules.events import Happened, event_of, schema_of
from app.kernel import activity, clock, ids
from app.kernel.activity.meanings import meanings
from app.kernel.actor import Actor
from app.kernel.db import tenant_work
from app.main import composition
from tests.api.held import lent
from tests.api.hooks import headers_of
from tests.factories.api import api_of
from tests.factories.members import a_member
from tests.factories.webhooks import Hook, it_happens

WEBHOOKS = "/api/v1/webhooks"


@pytest.fixture
def api(client_of, label):
    yield api_of(client_of, label)
    with tenant_work(label) as session:
        session.execute(text("DELETE FROM webhook_endpoints"))


def test_there_are_more_than_forty_kinds_and_each_has_a_schema():
    assert len(TYPES) >= 40
    for kind in TYPES.values():
        Draft202012Validator.check_schema(schema_of(kind))
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", kind.name)
        assert not [name for name in kind.facts if re.search(r"secret|token|account|iban|tin|password|mail", name)]


def test_each_kind_is_made_of_something_that_is_recorded():
    composition.load_slices()
    assert set(BY_ACTION) <= set(meanings())
    assert len(BY_ACTION) == len(TYPES)


@pytest.mark.parametrize("name", sorted(TYPES))
def test_whatever_was_recorded_the_event_fits_its_schema(name):
    kind = TYPES[name]
    validator = Draft202012Validator(schema_of(kind))
    odd = ["x" * 9_000, 2**70, -1, None, [], {}, True, 1.5, "\x00", "not-an-id", str(ids.new_id())]
    for value in odd:
        facts = dict.fromkeys([*kind.facts, "secret", "Ünsafe key", "password_hash"], value)
        row = Happened(ids.new_id(), clock.now(), "member", ids.new_id(), None, facts, facts)
        event = json.loads(json.dumps(event_of(kind, row)))
        validator.validate(event)
        assert "secret" not in event["data"]


def test_a_program_reads_kinds_and_their_schemas(api):
    listed = api.get("/api/v1/events/types")
    assert listed.status_code == 200, listed.text
    assert len(listed.json()["items"]) == len(TYPES)
    schema = api.get("/api/v1/events/types/order.paid")
    assert schema.headers["content-type"].startswith("application/schema+json")
    assert schema.json()["properties"]["type"] == {"const": "order.paid"}
    assert api.get("/api/v1/events/types/order.nothing").status_code == 404


def test_events_are_read_from_a_cursor_without_gap_or_repetition(api, label):
    first = api.get("/api/v1/events?limit=200&types=order.*").json()
    while first["has_more"]:
        first = api.get(f"/api/v1/events?limit=200&types=order.*&after={first['next']}").json()
    wanted = [str(it_happens(label, "order.paid", number=str(n), amount="EUR 1.00")) for n in range(7)]
    it_happens(label, "release.created")
    found, cursor = [], first["next"]
    for _ in range(20):
        page = api.get(f"/api/v1/events?limit=3&types=order.*&after={cursor}").json()
        assert len(page["items"]) <= 3
        found += [event["id"] for event in page["items"]]
        cursor = page["next"]
        if not page["has_more"]:
            break
    assert found == wanted
    again = api.get(f"/api/v1/events?types=order.*&after={cursor}").json()
    assert again["items"] == []


def test_what_commits_late_is_read_late_and_not_left_out(api, label):
    cursor = _end(api)
    with tenant_work(label) as slow:
        activity.record(slow, Actor.system(label), "order.placed", subject_type="order", subject_id=ids.new_id())
        slow.flush()
        it_happens(label, "order.paid")
        page = api.get(f"/api/v1/events?after={cursor}").json()
        assert [event["type"] for event in page["items"]] == ["order.paid"]
    page = api.get(f"/api/v1/events?after={page['next']}").json()
    assert [event["type"] for event in page["items"]] == ["order.placed"]


def _end(api):
    page = api.get("/api/v1/events?limit=200").json()
    while page["has_more"]:
        page = api.get(f"/api/v1/events?limit=200&after={page['next']}").json()
    return page["next"]


def test_events_are_told_from_a_moment_on(api, label):
    moment = clock.now()
    mine = str(it_happens(label, "order.paid"))
    since = moment.isoformat().replace("+00:00", "Z")
    assert [event["id"] for event in api.get(f"/api/v1/events?since={since}&types=order.paid").json()["items"]] == [
        mine
    ]


def test_events_of_long_ago_are_told_to_nobody(api, label):
    with clock.frozen_at(clock.now() - timedelta(days=31)):
        old = str(it_happens(label, "order.paid"))
    page = api.get("/api/v1/events?limit=200&since=2020-01-01T00:00:00Z").json()
    while page["has_more"]:
        assert old not in {event["id"] for event in page["items"]}
        page = api.get(f"/api/v1/events?limit=200&after={page['next']}").json()


@pytest.mark.parametrize(
    "query",
    ["after=x", "after=", "limit=0", "limit=201", "limit=x", "since=yesterday", "since=2026-01-01", "types=nothing",
     "unknown=1", "limit=1&limit=2", "types=*.paid"],
)  # fmt: skip
def test_questions_that_make_no_sense_are_declined(api, query):
    assert api.get(f"/api/v1/events?{query}").status_code == 400


def test_a_cursor_of_a_rival_or_of_another_list_is_none(client_of, api, label, rival):
    theirs = api_of(client_of, rival).get("/api/v1/events?limit=1").json()["next"]
    assert api.get(f"/api/v1/events?after={theirs}").status_code == 400


def test_a_program_hears_only_of_what_it_may_read(client_of, label):
    narrow = api_of(client_of, label, scopes="events:read catalog:read")
    it_happens(label, "order.paid")
    mine = str(it_happens(label, "release.created"))
    types = {event["type"] for event in narrow.get("/api/v1/events?limit=200").json()["items"]}
    assert "order.paid" not in types
    assert narrow.get("/api/v1/events?types=order.paid").status_code == 403
    assert narrow.get(f"/api/v1/events/{mine}").status_code == 200
    paid = it_happens(label, "order.paid")
    assert narrow.get(f"/api/v1/events/{paid}").status_code == 404
    assert api_of(client_of, label, scopes="catalog:read").get("/api/v1/events").status_code == 403


def test_a_program_of_one_artist_hears_of_nothing(client_of, label):
    narrow = api_of(client_of, label, artists=("mira-sol",))
    assert narrow.get("/api/v1/events").status_code == 403
    assert narrow.get(WEBHOOKS).json()["items"] == []
    assert narrow.post(WEBHOOKS, json={"url": "https://a.example/", "events": ["*"]}).status_code == 403


def test_a_program_may_not_have_sent_what_it_may_not_read(client_of, api, label):
    narrow = api_of(client_of, label, scopes="webhooks:read webhooks:write catalog:read")
    url = "https://a.example/"
    assert narrow.post(WEBHOOKS, json={"url": url, "events": ["release.*"]}).status_code == 201
    for events in (["order.paid"], ["*"], ["release.*", "payout.paid"]):
        assert narrow.post(WEBHOOKS, json={"url": url, "events": events}).status_code == 403
    beyond = api.post(WEBHOOKS, json={"url": url, "events": ["order.paid"]}).json()
    address = f"{WEBHOOKS}/{beyond['id']}"
    assert narrow.get(address).status_code == 403
    assert beyond["id"] not in {row["id"] for row in narrow.get(WEBHOOKS).json()["items"]}
    assert narrow.patch(address, json={"url": "https://evil.example/"}, headers={"if-match": "*"}).status_code == 403


def test_a_program_makes_tries_and_reads_a_webhook(api, label, there):
    made = api.post(WEBHOOKS, json={"url": there.url(), "events": ["order.*"], "description": "Warehouse"})
    assert made.status_code == 201, made.text
    webhook = made.json()
    assert webhook["secret"].startswith("whsec_")
    assert "secret" not in api.get(made.headers["location"]).json()
    event = api.post(f"{made.headers['location']}/tests").json()["event_id"]
    Hook(label, webhook["id"], webhook["secret"]).deliver()
    told = there.requests[0]
    assert Webhook(webhook["secret"]).verify(told.body, headers_of(told))["id"] == event
    deliveries = api.get(f"{made.headers['location']}/deliveries?fields=id,state,tries,event").json()["items"]
    assert [row["state"] for row in deliveries] == ["delivered"]
    assert (deliveries[0]["event"]["id"], deliveries[0]["tries"][0]["status"]) == (event, 200)
    one = api.get(f"/api/v1/webhook-deliveries/{deliveries[0]['id']}").json()
    assert one["tries"][0]["response_body"] == "ok"


def test_a_program_has_one_event_or_a_time_sent_again(api, label, there):
    began = clock.now()
    missed = it_happens(label, "order.paid")
    made = api.post(WEBHOOKS, json={"url": there.url(), "events": ["order.*"]}).json()
    address = f"{WEBHOOKS}/{made['id']}"
    hook = Hook(label, made["id"], made["secret"])
    again = api.post(f"{address}/deliveries", json={"event_id": str(missed)})
    assert again.status_code == 201, again.text
    hook.deliver()
    later = (clock.now() + timedelta(seconds=1)).isoformat()
    replayed = api.post(f"{address}/replays", json={"since": began.isoformat(), "until": later})
    assert replayed.json()["count"] >= 1, replayed.text
    hook.deliver()
    assert [told.headers["webhook-id"] for told in there.requests].count(str(missed)) == 2
    bad = api.post(f"{address}/replays", json={"since": later, "until": began.isoformat()})
    assert bad.status_code == 422
    assert api.post(f"{address}/deliveries", json={"event_id": str(ids.new_id())}).status_code == 404


def test_a_program_changes_rotates_switches_off_and_removes_a_webhook(api, label):
    made = api.post(WEBHOOKS, json={"url": "https://a.example/", "events": ["*"]})
    address, tag = made.headers["location"], {"if-match": "*"}
    assert api.patch(address, json={"events": ["order.*"]}).status_code == 428
    changed = api.patch(address, json={"events": ["order.*"], "is_on": False}, headers=tag).json()
    assert (changed["events"], changed["is_on"], changed["why_off"]) == (["order.*"], False, "person")
    assert api.post(f"{address}/tests").status_code == 409
    assert api.patch(address, json={"is_on": True}, headers=tag).json()["is_on"] is True
    assert api.post(f"{address}/secrets").json()["secret"] != made.json()["secret"]
    assert api.patch(address, json={"secret": "whsec_x"}, headers=tag).status_code in (400, 422)
    assert api.delete(address, headers=tag).status_code == 204
    assert api.get(address).status_code == 404


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "https://127.1/", "https://[::1/", "x", "https://a.example:22/"])
def test_an_address_inside_is_not_taken(api, url):
    said = api.post(WEBHOOKS, json={"url": url, "events": ["*"]})
    assert said.status_code == 422
    assert "127" not in said.json()["title"]


def test_a_rivals_webhook_is_not_found(client_of, api, label, rival):
    theirs = api_of(client_of, rival).post(WEBHOOKS, json={"url": "https://a.example/", "events": ["*"]}).json()
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/secrets"), ("POST", "/tests"), ("GET", "/deliveries")):
        answer = api.request(method, f"{WEBHOOKS}/{theirs['id']}{path}", headers={"if-match": "*"})
        assert answer.status_code == 404, (method, path)
    with tenant_work(rival) as session:
        session.execute(text("DELETE FROM webhook_endpoints"))


def test_an_event_names_the_program_and_the_member_in_whose_name_it_acts_apart(client_of, label):
    ada = a_member(label)
    seen = set()
    for member, name, opened in (
        (None, "By itself", lambda: api_of(client_of, label)),
        (ada.id, "For Ada", lambda: lent(client_of, label, ada, "catalog:write catalog:read events:read").client),
    ):
        api = opened()
        cursor = _end(api)
        assert api.post("/api/v1/artists", json={"name": name}).status_code == 201
        [event] = api.get(f"/api/v1/events?types=artist.*&after={cursor}").json()["items"]
        Draft202012Validator(schema_of(TYPES[event["type"]])).validate(event)
        actor = event["data"]["actor"]
        with tenant_work(label) as session:
            client = session.get_one(ApiClient, UUID(actor["client_id"]))
        assert (actor["kind"], actor["id"]) == ("client", str(member or client.member_id))
        assert actor["on_behalf_of"] == (str(member) if member else None)
        seen.add(client.id)
    assert len(seen) == 2
