"""Royalties as programs have them: reports, what waits to be matched, runs, and statements down to the sent row."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.contracts.rules.terms import Clause
from app.contracts.schemas import Scope
from tests.api.held import fewest, held, lent
from tests.factories.labels import a_label
from tests.factories.members import a_member
from tests.factories.money import COLUMNS, MARCH, a_contract, a_payee, a_report, run_of, sold, terms, tracks_of
from tests.identity.post import work


@pytest.fixture
def label(connected):
    return a_label()


@pytest.fixture
def api(client_of, label):
    return held(client_of, label)


@pytest.fixture
def told(label, tmp_path):
    """A payee, what they are paid for, and the run by which they were told."""
    recordings = tracks_of(label, 3)
    payee = a_payee(label)
    deal = terms(payee, Clause(id="all", rate=Decimal("0.5")))
    a_contract(label, deal, scopes=[Scope("recording", each.id) for each in recordings])
    a_report(
        label, tmp_path, [sold(each, Net=net) for each, net in zip(recordings, ("10", "20.000001", "3"), strict=True)]
    )
    return payee, recordings, run_of(label, MARCH)


def test_every_line_of_a_statement_opens_down_to_the_row_that_a_store_sent(api, told):
    payee, recordings, run = told
    statement = api("GET", f"/statements?payee_id={payee.id}&is_published=true&expand=payee")["items"][0]
    assert statement["payee"]["name"] == payee.name
    assert statement["run_id"] == str(run.id)
    path = f"/statements/{statement['id']}"
    first = api("GET", f"{path}/lines?limit=2")
    rest = api("GET", f"{path}/lines?limit=2&after={first['next']}")
    lines = first["items"] + rest["items"]
    assert [line["number"] for line in lines] == sorted(line["number"] for line in lines)
    assert sum(line["amount_micros"] for line in lines) == statement["earned_micros"]
    largest = api("GET", f"{path}/largest-lines?limit=1")
    assert Decimal(largest["items"][0]["net"]) == Decimal("20.000001")
    assert api("GET", f"{path}/largest-lines?q={recordings[2].isrc}")["items"][0]["title"] == recordings[2].title
    number = largest["items"][0]["number"]
    opened = api("GET", f"{path}/lines/{number}")
    assert Decimal(opened["clause"]["rate"]) == Decimal("0.5")
    rows = api("GET", f"{path}/lines/{number}/rows")["items"]
    assert [row["isrc"] for row in rows] == [recordings[1].isrc]
    sent = api("GET", f"{path}/lines/{number}/rows/{rows[0]['report_id']}/{rows[0]['row']}")
    assert {"name": "Net", "value": "20.000001"} in sent["cells"]
    assert api("GET", f"{path}/csv").startswith(b"\xef\xbb\xbf")
    assert api("GET", f"{path}/zip")[:2] == b"PK"
    api.refused("GET", f"{path}/lines/999999999", 404)
    api.refused("GET", f"{path}/lines?page=2", 400)


def test_a_question_about_a_line_is_answered_by_somebody_else(api, client_of, label, told):
    statement = api("GET", f"/statements?payee_id={told[0].id}")["items"][0]["id"]
    number = api("GET", f"/statements/{statement}/lines?limit=1")["items"][0]["number"]
    asked = api("POST", f"/statements/{statement}/lines/{number}/notes", {"body": "Why?"}, idempotency_key="why")
    again = api("POST", f"/statements/{statement}/lines/{number}/notes", {"body": "Why?"}, idempotency_key="why")
    assert again == asked
    assert asked["state"] == "open"
    assert [each["id"] for each in api("GET", "/statements?has_open_questions=true")["items"]] == [statement]
    hand = lent(client_of, label, a_member(label), "royalties:read royalties:write")
    answered = hand("POST", f"/statements/{statement}/lines/{number}/notes", {"body": "Because of the clause."})
    assert [note["is_answer"] for note in answered["notes"]] == [False, True]
    assert api("GET", f"/statements/{statement}/questions")["items"] == [answered]


def test_a_report_is_sent_read_and_discarded(api, label):
    recording = tracks_of(label, 1)[0]
    cells = {"Store": "Spotify", "ISRC": recording.isrc, "Channel": "stream", "Territory": "US", "Currency": "USD",
             "Quantity": "1000", "Net": "12.5", "Sold from": "2026-03-01", "Sold until": "2026-03-31"}  # fmt: skip
    body = ",".join(COLUMNS) + "\n" + ",".join(cells.get(name, "") for name in COLUMNS) + "\n"
    sent = api.client.put("/api/v1/sales-reports/files/march.csv", content=body, headers={"content-type": "text/csv"})
    assert sent.status_code == 200, sent.text
    again = api.client.put("/api/v1/sales-reports/files/other.csv", content=body, headers={"content-type": "text/csv"})
    assert again.status_code == 409
    work()
    report = api("GET", f"/sales-reports/{sent.json()['id']}")
    assert (report["state"], report["rows"], report["matched_rows"]) == ("imported", 1, 1)
    assert report["totals"] == {"USD": "12.5"}
    line = api("GET", f"/sales-reports/{report['id']}/lines")["items"][0]
    assert (line["net"], line["isrc"], line["recording_id"]) == ("12.5", recording.isrc, str(recording.id))
    assert {"name": "ISRC", "value": recording.isrc} in api("GET", f"/sales-reports/{report['id']}/rows/{line['row']}")[
        "cells"
    ]
    api("DELETE", f"/sales-reports/{report['id']}")
    assert api("GET", "/sales-reports")["items"] == []


def test_an_unknown_report_is_taught_its_columns(api, label):
    recording = tracks_of(label, 1)[0]
    body = f"Wer,Was,Wieviel,Geld,Wann\nLaden,{recording.isrc},3,2.5,2026-03-04\n"
    sent = api.client.put("/api/v1/sales-reports/files/laden.csv", content=body, headers={"content-type": "text/csv"})
    work()
    report = api("GET", f"/sales-reports/{sent.json()['id']}")
    assert (report["state"], report["unknown_columns"]) == ("mapping", ["Wer", "Was", "Wieviel", "Geld", "Wann"])
    said = {
        "name": "Laden",
        "currency": "EUR",
        "meanings": {"1": "isrc", "2": "quantity", "3": "net", "4": "sold_from"},
    }
    path = f"/sales-reports/{report['id']}/columns"
    api.refused("PUT", path, 422, said | {"meanings": {"x": "isrc"}})
    api.refused("PUT", path, 422, said | {"meanings": {"1": "isrc"}})
    api("PUT", path, said)
    work()
    read = api("GET", f"/sales-reports/{report['id']}")
    assert (read["state"], read["totals"]) == ("imported", {"EUR": "2.5"})


def test_what_nobody_could_match_is_matched_by_a_program_and_taken_back(api, label, tmp_path):
    recording = tracks_of(label, 1)[0]
    a_report(
        label,
        tmp_path,
        [{"Title": recording.title, "Artist": "Nobody", "Net": "7"}, {"Title": "Else", "Artist": "X", "Net": "1"}],
    )
    first = api("GET", "/suspense?limit=1")
    assert (first["items"][0]["title"], first["items"][0]["amounts"]) == (recording.title, {"USD": "7"})
    assert str(recording.id) in [each["recording_id"] for each in first["items"][0]["proposals"]]
    assert api("GET", f"/suspense?limit=1&after={first['next']}")["items"][0]["title"] == "Else"
    number = first["items"][0]["number"]
    api.refused("POST", "/suspense/matches", 422, {"numbers": [number]})
    said = {"numbers": [number], "recording_id": str(recording.id)}
    assert api("POST", "/suspense/matches", said) == {"matched": 1}
    assert [each["number"] for each in api("GET", "/suspense/matches")["items"]] == [number]
    api("DELETE", f"/suspense/matches/{number}")
    assert len(api("GET", "/suspense")["items"]) == 2


def test_a_period_is_calculated_signed_off_approved_and_told_and_large_ones_by_somebody(
    api, client_of, label, tmp_path
):
    recordings = tracks_of(label, 1)
    payee = a_payee(label, currency="EUR")
    deal = terms(payee, Clause(id="all", rate=Decimal(1)), currency="EUR")
    a_contract(label, deal, scopes=[Scope("recording", recordings[0].id)])
    a_report(
        label, tmp_path, [sold(recordings[0], Net="900000", Currency="EUR"), sold(tracks_of(label, 1)[0], Net="5")]
    )
    period = api("POST", "/royalty-periods", {"starts_on": "2026-03-01", "ends_on": "2026-03-31"})
    api.refused("POST", "/royalty-periods", 409, {"starts_on": "2026-03-31", "ends_on": "2026-04-30"})
    run = api("POST", f"/royalty-periods/{period['id']}/runs", {})
    work()
    checked = api("GET", f"/royalty-runs/{run['id']}")
    assert checked["state"] == "checking", checked["problem"]
    assert checked["totals"]["EUR"]["earned"] == 900_000_000_000
    left = api("GET", f"/royalty-runs/{run['id']}/leftovers")["items"]
    assert [(each["why"], each["net"]) for each in left] == [("no_contract", "5")]
    for finding in checked["findings"]:
        api("PUT", f"/royalty-runs/{run['id']}/findings/{finding['id']}/sign-off")
    problem = api.refused("PUT", f"/royalty-runs/{run['id']}/approval", 403)
    assert "by itself" in problem["detail"]
    hand = lent(client_of, label, a_member(label), "royalties:read royalties:write")
    assert hand("PUT", f"/royalty-runs/{run['id']}/approval")["state"] == "approved"
    api("PUT", f"/royalty-runs/{run['id']}/publication")
    work()
    assert api("GET", f"/royalty-runs/{run['id']}")["state"] == "published"
    assert api("GET", f"/royalty-periods/{period['id']}")["closed_at"]
    again = api("POST", f"/royalty-periods/{period['id']}/runs", {"is_restatement": True})
    assert again["restates_id"] == run["id"]
    assert api("DELETE", f"/royalty-runs/{again['id']}")["state"] == "discarded"


def test_exchange_rates_are_kept_with_their_day_and_source(api):
    kept = api("PUT", "/exchange-rates/EUR/USD/2026-03-31", {"rate": "1.0842", "source": "ECB"})
    assert api("GET", "/exchange-rates")["items"] == [kept]
    assert date.fromisoformat(kept["on"]) == date(2026, 3, 31)
    api.refused("PUT", "/exchange-rates/EUR/EUR/2026-03-31", 422, {"rate": "1", "source": "ECB"})
    api.refused("PUT", "/exchange-rates/EUR/USD/yesterday", 422, {"rate": "1", "source": "ECB"})
    api.refused("PUT", "/exchange-rates/EUR/USD/2026-03-31", 422, {"rate": "1", "source": "ECB", "by": "me"})


def test_statements_ask_no_question_per_row(api, told):
    assert fewest(api, "/statements?limit=50&expand=payee") == fewest(api, "/statements?limit=1&expand=payee")


@pytest.mark.parametrize("path", ["/statements", "/sales-reports", "/suspense", "/royalty-runs", "/exchange-rates"])
def test_without_the_scope_no_royalties_are_shown(client_of, label, path):
    assert "royalties:read" in held(client_of, label, "catalog:read").refused("GET", path, 403)["detail"]


def test_a_draft_is_tried_on_past_and_on_invented_sales_and_nothing_is_posted(api, client_of, label, tmp_path):
    recording = tracks_of(label, 1)[0]
    payee = a_payee(label)
    deal = terms(payee, Clause(id="all", rate=Decimal("0.5")))
    draft = a_contract(label, deal, scopes=[Scope("recording", recording.id)], is_signed=False)
    a_report(label, tmp_path, [sold(recording, Net="90")])
    path = f"/contracts/{draft.id}/what-if"
    past = {"past": {"sold_from": "2026-01-01", "sold_until": "2026-12-31"}, "advance_micros": 20_000_000}
    found = api("POST", path, past)
    assert (found["net_micros"], found["earned_micros"]) == (90_000_000, 45_000_000)
    assert [(each["payee_id"], each["balance_micros"]) for each in found["payees"]] == [(str(payee.id), 25_000_000)]
    assert found["payees"][0]["steps"] == [{"kind": "charge", "amount_micros": -20_000_000}]
    assert found["recouped_in"] == "2026-03-01"
    sales = [{"channel": "stream", "units": "1000", "net": "0.01"}]
    assert api("POST", path, {"invented": sales, "months": 12})["earned_micros"] == 60_000_000
    api.refused("POST", path, 422, {})
    api.refused("POST", path, 422, past | {"invented": sales})
    api.refused("POST", path, 422, {"past": {"sold_from": "2026-02-01", "sold_until": "2026-01-01"}})
    api.refused("POST", path, 422, {"invented": [sales[0] | {"units": "1e9"}]})
    blind = held(client_of, label, "contracts:read")
    blind.refused("POST", path, 403, past)
    assert blind("POST", path, {"invented": sales})["earned_micros"] == 60_000_000
    assert api("GET", "/ledger/accounts")["items"] == []


def test_a_rivals_contract_is_not_tried(client_of, rival, label):
    theirs = a_contract(label, terms(a_payee(label)), is_signed=False)
    sales = {"invented": [{"channel": "stream", "units": "1", "net": "1"}]}
    held(client_of, rival).refused("POST", f"/contracts/{theirs.id}/what-if", 404, sales)


def test_what_comes_between_two_pages_moves_nothing(api, label, tmp_path):
    waits = [{"Title": f"Wait {net}", "Artist": "X", "Net": net} for net in ("10", "10", "5", "1")]
    for place, row in enumerate(waits):
        a_report(label, tmp_path, [row | {"Title": f"Wait {place}"}])
    first = api("GET", "/suspense?limit=2")
    a_report(label, tmp_path, [{"Title": "Larger", "Artist": "X", "Net": "900"}])
    second = api("GET", f"/suspense?limit=2&after={first['next']}")
    assert [each["title"] for each in first["items"] + second["items"]] == [f"Wait {n}" for n in range(4)]
    assert second["next"] is None
    days = ["2026-03-31", "2026-03-30", "2026-03-29"]
    for day in days:
        api("PUT", f"/exchange-rates/EUR/USD/{day}", {"rate": "1.1", "source": "ECB"})
    first = api("GET", "/exchange-rates?limit=2")
    api("PUT", "/exchange-rates/EUR/USD/2026-04-30", {"rate": "1.2", "source": "ECB"})
    second = api("GET", f"/exchange-rates?limit=2&after={first['next']}")
    assert [each["on"] for each in first["items"] + second["items"]] == days
    recording = tracks_of(label, 1)[0]
    for each in api("GET", "/suspense?limit=200")["items"][1:4]:
        api("POST", "/suspense/matches", {"numbers": [each["number"]], "recording_id": str(recording.id)})
    first = api("GET", "/suspense/matches?limit=2")
    api("POST", "/suspense/matches", {"numbers": [api("GET", "/suspense")["items"][0]["number"]],
                                      "recording_id": str(recording.id)})  # fmt: skip
    second = api("GET", f"/suspense/matches?limit=2&after={first['next']}")
    assert [each["title"] for each in first["items"] + second["items"]] == ["Wait 2", "Wait 1", "Wait 0"]


def test_rows_behind_a_line_come_in_pages(api, label, tmp_path):
    recording, payee = tracks_of(label, 1)[0], a_payee(label)
    a_contract(label, terms(payee, Clause(id="all", rate=Decimal("0.5"))), scopes=[Scope("recording", recording.id)])
    a_report(label, tmp_path, [sold(recording, Net=net) for net in ("1", "2", "3")])
    run_of(label, MARCH)
    path = f"/statements/{api('GET', f'/statements?payee_id={payee.id}')['items'][0]['id']}/lines"
    path = f"{path}/{api('GET', path)['items'][0]['number']}/rows"
    first = api("GET", f"{path}?limit=2")
    second = api("GET", f"{path}?limit=2&after={first['next']}")
    assert [Decimal(each["net"]) for each in first["items"] + second["items"]] == [1, 2, 3]
