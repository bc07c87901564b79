"""Payees, payouts, runs and holds, as programs ask for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.api.rules.proof import RULINGS
from app.kernel import clock
from app.kernel.db import tenant_read, tenant_work
from app.tax.policies import entered_by
from tests.api.held import fewest, held, lent
from tests.factories.labels import a_label
from tests.factories.members import a_member
from tests.factories.money import a_payee
from tests.factories.payouts import an_iban, check_books, owed

BANK = {"scheme": "iban", "holder": "Mira Sol"}


@pytest.fixture
def label(connected):
    return a_label()


@pytest.fixture
def api(client_of, label):
    return held(client_of, label)


def test_a_program_sees_what_a_payee_has_and_asks_for_it_once(api, label, tmp_path):
    payee = owed(label, tmp_path)[0]
    shown = api("GET", f"/payees/{payee.id}")
    assert [each["is_usable"] for each in shown["accounts"]] == [True]
    assert "1234" in shown["accounts"][0]["masked"]
    before = api("GET", f"/payees/{payee.id}/balances")["balances"][0]
    assert before["available_micros"] == before["total_micros"] == 1_000_000_000
    said = {"currency": "EUR", "amount_micros": 100_000_000}
    quote = api("POST", f"/payees/{payee.id}/quotes", said)
    assert quote["gross_micros"] == 100_000_000
    assert quote["gross_micros"] == sum(quote[f"{name}_micros"] for name in ("platform", "fee", "withheld", "sent"))
    made = api("POST", f"/payees/{payee.id}/payouts", said, idempotency_key="once")
    again = api.raw("POST", f"/payees/{payee.id}/payouts", said, idempotency_key="once")
    assert again.json() == made
    assert again.headers["idempotency-replayed"] == "true"
    assert [each["sent_micros"] for each in made["items"]] == [quote["sent_micros"]]
    listed = api("GET", f"/payouts?payee_id={payee.id}&expand=payee")["items"]
    assert [(each["id"], each["payee"]["name"]) for each in listed] == [(made["items"][0]["id"], payee.name)]
    after = api("GET", f"/payees/{payee.id}/balances")["balances"][0]
    assert (after["available_micros"], after["reserved_micros"]) == (900_000_000, 100_000_000)
    cancelled = api("PUT", f"/payouts/{listed[0]['id']}/cancellation")
    assert cancelled["state"] == "cancelled"
    check_books(label)


def test_an_answer_lost_after_the_money_was_set_aside_is_found_under_its_key(api, label, tmp_path):
    payee = owed(label, tmp_path)[0]
    said = {"currency": "EUR", "amount_micros": 100_000_000}
    made = api("POST", f"/payees/{payee.id}/payouts", said, idempotency_key="lost")
    with tenant_work(label) as session:  # what a crash would have left of the kept answer
        session.execute(text("DELETE FROM api_answers WHERE key = 'lost'"))
    assert api("POST", f"/payees/{payee.id}/payouts", said, idempotency_key="lost") == made


def test_a_part_of_a_cent_is_refused_with_the_field(api, label):
    payee = a_payee(label, currency="EUR")
    problem = api.refused("POST", f"/payees/{payee.id}/quotes", 422, {"currency": "EUR", "amount_micros": 12_345})
    assert "amount_micros" in str(problem)


def test_a_program_prepares_a_run_and_somebody_else_approves_what_they_saw(api, client_of, label, tmp_path):
    first, second = owed(label, tmp_path, ("1000", "2000"))
    run = api("POST", "/payout-runs")
    lines = api("GET", f"/payout-runs/{run['id']}/lines?limit=1")
    assert lines["next"]
    rest = api("GET", f"/payout-runs/{run['id']}/lines?limit=1&after={lines['next']}")
    assert rest["next"] is None
    assert {row["payee_id"] for row in (*lines["items"], *rest["items"])} == {str(first.id), str(second.id)}
    out = next(row["number"] for row in (*lines["items"], *rest["items"]) if row["payee_id"] == str(second.id))
    left = api("PUT", f"/payout-runs/{run['id']}/exclusions", {"numbers": [out], "is_excluded": True})
    assert [total["gross_micros"] for total in left["totals"]] == [1_000_000_000]
    sent = api("PUT", f"/payout-runs/{run['id']}/submission")
    seen = {"batch_hash": sent["batch_hash"]}
    path = f"/payout-runs/{run['id']}/approval"
    api.refused("PUT", path, 403, seen)  # it has no such scope, and cannot be given it
    owner = a_member(label)
    late = lent(client_of, label, owner, "payouts:approve", signed_in=clock.now() - timedelta(minutes=11))
    stale = late.raw("PUT", path, seen)
    assert stale.status_code == 401
    assert "insufficient_user_authentication" in stale.headers["www-authenticate"]
    there = lent(client_of, label, owner, "payouts:approve")
    there.refused("PUT", path, 409, {"batch_hash": "0" * 64})
    assert there("PUT", path, seen)["state"] == "approved"
    paid = api("GET", f"/payouts?run_id={run['id']}")["items"]
    assert [each["payee_id"] for each in paid] == [str(first.id)]
    check_books(label)


def test_whoever_asked_through_a_program_does_not_approve(client_of, label, tmp_path):
    payee = owed(label, tmp_path, ("100000",))[0]
    owner = a_member(label)
    hand = lent(client_of, label, owner, "payouts:read payouts:write payouts:approve")
    made = hand("POST", f"/payees/{payee.id}/payouts", {"currency": "EUR"})["items"][0]
    assert made["state"] == "reserved"
    hand.refused("PUT", f"/payouts/{made['id']}/approval", 403)
    other = lent(client_of, label, a_member(label), "payouts:approve")
    assert other("PUT", f"/payouts/{made['id']}/approval")["state"] == "approved"


def test_who_entered_a_payee_through_a_program_is_known_as_who_did(client_of, label):
    first = a_payee(label, currency="EUR")
    owner = a_member(label)
    hand = lent(client_of, label, owner, "payouts:read payouts:write contracts:read contracts:write")
    made = hand("POST", "/payees", {"party_id": str(first.party_id), "currency": "USD"})
    with tenant_read(label) as session:
        assert owner.id in entered_by(session, first.party_id)
    hand("DELETE", f"/payees/{made['id']}")


def test_where_money_goes_is_said_by_nobody_but_a_person_who_is_there(api, client_of, label):
    payee = a_payee(label, currency="EUR")
    said = BANK | {"number": an_iban()}
    problem = api.refused("POST", f"/payees/{payee.id}/accounts", 403, said)
    assert "payouts:bank" in problem["detail"]
    owner = a_member(label)
    old = lent(client_of, label, owner, "payouts:bank", signed_in=clock.now() - timedelta(hours=1))
    old.refused("POST", f"/payees/{payee.id}/accounts", 401, said)
    there = lent(client_of, label, owner, "payouts:bank payouts:read")
    made = there("POST", f"/payees/{payee.id}/accounts", said)
    assert not made["is_usable"]
    assert said["number"] not in there.raw("GET", f"/payees/{payee.id}").text
    set_ = there("PUT", f"/payees/{payee.id}/schedule", {"rhythm": "weekly", "anchor": 1})
    assert set_["schedule"]["rhythm"] == "weekly"
    there("DELETE", f"/payees/{payee.id}/accounts/{made['id']}")
    assert there("GET", f"/payees/{payee.id}")["accounts"] == []


def test_what_is_disputed_is_held_and_let_go(api, label, tmp_path):
    payee = owed(label, tmp_path)[0]
    said = {"payee_id": str(payee.id), "currency": "EUR", "amount_micros": 250_000_000, "reason": "Two owners"}
    hold = api("POST", "/holds", said)
    balance = api("GET", f"/payees/{payee.id}/balances")["balances"][0]
    assert balance["held_micros"] == 250_000_000
    assert [line["hold_id"] for line in balance["lines"] if line["place"] == "held"] == [hold["id"]]
    api.refused("PUT", f"/holds/{hold['id']}/renewal", 403)  # by somebody else than who held
    assert api("PUT", f"/holds/{hold['id']}/release")["released_at"]
    assert api("GET", "/holds?is_open=true")["items"] == []
    check_books(label)


def test_lists_of_money_ask_no_question_per_row(api, label, tmp_path):
    for payee in owed(label, tmp_path, ("1000", "1100", "1200")):
        api("POST", f"/payees/{payee.id}/payouts", {"currency": "EUR", "amount_micros": 100_000_000})
    paths = ("/payees?", "/payouts?expand=payee&", "/payout-runs?")
    api("POST", "/payout-runs")
    assert [fewest(api, f"{path}limit=50") for path in paths] == [fewest(api, f"{path}limit=1") for path in paths]


def test_every_page_that_asks_for_a_fresh_proof_is_ruled_on_for_programs(pages):
    asking: set[str] = set()
    for route in pages.routes:
        for handler in getattr(route, "route_handlers", []):
            if handler.opt.get("recent"):
                asking.add(route.path.replace(":str}", "}").replace(":int}", "}"))
    assert asking == set(RULINGS)


@pytest.mark.parametrize("path", ["/payees", "/payouts", "/payout-runs", "/holds"])
def test_without_the_scope_nothing_of_the_money_is_shown(client_of, label, path):
    stranger: Any = held(client_of, label, "catalog:read")
    assert "payouts:read" in stranger.refused("GET", path, 403)["detail"]
