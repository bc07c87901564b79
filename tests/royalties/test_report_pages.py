"""Sales reports as people bring them in, look at them and decide."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from app.kernel import clock
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.royalties.models import SalesReport
from app.royalties.service import importing
from tests.factories.labels import a_label
from tests.royalties.importing import bring, lines_of
from tests.royalties.sent import everything, plain, table

REPORTS, SUSPENSE = "/portal/royalties/reports", "/portal/royalties/suspense"


@pytest.fixture
def own(connected) -> Tenant:
    """A label of the test's own."""
    return a_label(time_zone="Europe/Berlin")


def send(client: Any, name: str, body: bytes | str, **form: str) -> Any:
    return client.post(REPORTS, files={"report": (name, body if isinstance(body, bytes) else body.encode())}, data=form)


def work(tenant: Tenant, address: str) -> SalesReport:
    """What the background does with the report at an address."""
    report_id = address.rpartition("/")[2]
    with tenant_work(tenant) as session:
        importing.run(session, tenant, report_id)
        return session.get_one(SalesReport, report_id)


def test_a_report_comes_in_is_read_and_shown_down_to_its_rows(own, client_as):
    client = client_as(own)
    assert "Bring in" in client.get(REPORTS).text
    answer = send(client, "may.csv", plain({}, {"Title": "Salt <b>"}))
    assert answer.status_code == 303
    address = answer.headers["location"]
    assert "batch-progress" in client.get(address).text
    assert client.get(f"{address}/state").json()["stage"] == "received"
    assert work(own, address).state == "imported"
    shown = client.get(address).text
    assert "0.062" in shown
    assert "Salt &lt;b&gt;" in shown
    assert "DEAB12600001" in client.get(f"{address}/rows/2").text
    assert client.get(f"{address}/rows/1").status_code == 404
    assert client.get(f"{address}/rows/99").status_code == 404
    assert "may.csv" in client.get(REPORTS).text


def test_a_held_report_is_released_with_a_reason_and_no_other_way(own, client_as):
    client = client_as(own)
    address = send(client, "may.csv", plain({}), total="2", currency="EUR").headers["location"]
    assert work(own, address).state == "held"
    assert "0.031 EUR, and 2 EUR are stated" in client.get(address).text
    assert client.post(f"{address}/release", data={"reason": " "}).status_code == 422
    assert client.post(f"{address}/release", data={"reason": "The store rounds."}).status_code == 303
    assert "The store rounds." in client.get(address).text
    assert client.post(f"{address}/release", data={"reason": "Again"}).status_code == 409


def test_a_discarded_report_leaves_nothing_and_may_come_again(own, client_as):
    client = client_as(own)
    address = send(client, "may.csv", plain({})).headers["location"]
    report = work(own, address)
    assert client.post(f"{address}/removal").status_code == 303
    assert client.get(address).status_code == 404
    assert lines_of(own, report) == []
    assert send(client, "may.csv", plain({})).status_code == 303


def test_the_same_file_again_is_refused_in_a_sentence(own, client_as):
    client = client_as(own)
    send(client, "may.csv", plain({}))
    again = send(client, "other.csv", plain({}))
    assert again.status_code == 409
    assert "may.csv" in again.text


def test_an_unknown_layout_is_named_once_and_known_from_then_on(own, client_as, tmp_path: Path):
    client = client_as(own)
    names = ["Nummer", "Titel", "Künstler", "Wann", "Anzahl", "Betrag"]
    row = {
        "Nummer": "DEAB12600001",
        "Titel": "Tide",
        "Künstler": "Ada",
        "Wann": "03.05.2026",
        "Anzahl": "2",
        "Betrag": "1.234,50",
    }
    address = send(client, "unbekannt.csv", table(names, [row], sign=";")).headers["location"]
    assert work(own, address).state == "mapping"
    assert "Künstler" in client.get(address).text
    form = {"name": "Laden", "channel": "download", "currency": "EUR", "dates": "dmy", "decimals": "auto"}
    columns = {
        f"column-{n}": field for n, field in enumerate(("isrc", "title", "artist", "sold_from", "quantity", "net"))
    }
    assert client.post(f"{address}/columns", data=form | {"column-0": "isrc"}).status_code == 422
    assert client.post(f"{address}/columns", data=form | columns | {"column-1": "isrc"}).status_code == 422
    assert client.post(f"{address}/columns", data=form | columns | {"column-1": "password"}).status_code == 422
    assert client.post(f"{address}/columns", data=form | columns).status_code == 303
    assert work(own, address).totals == {"EUR": "1234.50"}
    later = bring(own, tmp_path, "next.csv", table(names, [row | {"Wann": "03.06.2026", "Betrag": "5"}], sign=";"))
    assert (later.state, later.totals, later.source) == ("imported", {"EUR": "5"}, "laden")


def test_unmatched_sales_wait_until_somebody_says_what_they_are_and_the_next_are_known(own, client_as, tmp_path: Path):
    from tests.factories.catalog import a_release

    release = a_release(own, "Tide", artists=["Ada"])
    client = client_as(own)
    said = {"ISRC": "", "UPC": "", "Title": "Tyde Wun", "Artist": "Aida"}
    report = bring(own, tmp_path, "may.csv", plain(said, said | {"Title": "Something else", "Net": "7"}))
    assert "Tyde Wun" in client.get(SUSPENSE).text
    assert "Something else" in client.get(f"{SUSPENSE}?q=something").text
    assert "Tyde Wun" not in client.get(f"{SUSPENSE}?q=something").text
    with tenant_read(own) as session:
        from sqlalchemy import text

        asset = session.execute(text("SELECT id FROM sales_assets WHERE title = 'Tyde Wun'")).scalar_one()
        recording = session.execute(
            text("SELECT recording_id FROM tracks WHERE release_id = :r LIMIT 1"), {"r": release}
        ).scalar_one()
    assert client.post(f"{SUSPENSE}/matches", data={"asset": str(asset)}).status_code == 422
    form = {"asset": str(asset), "recording": str(recording)}
    assert client.post(f"{SUSPENSE}/matches", data=form).status_code == 303
    assert client.post(f"{SUSPENSE}/matches", data=form).status_code == 404
    assert "Tyde Wun" not in client.get(SUSPENSE).text
    assert [line.match for line in lines_of(own, report)] == ["by_hand", None]
    later = bring(own, tmp_path, "june.csv", plain(said | {"Store": "Deezer", "UPC": "123"}))
    assert [(line.match, line.recording_id) for line in lines_of(own, later)] == [("learned", recording)]


def _asset(tenant: Tenant, title: str) -> int:
    from sqlalchemy import text

    with tenant_read(tenant) as session:
        return session.execute(text("SELECT id FROM sales_assets WHERE title = :title"), {"title": title}).scalar_one()


def test_sales_of_a_whole_release_are_matched_to_it(own, client_as, tmp_path: Path):
    from tests.factories.catalog import a_release

    release = a_release(own, "Tide", artists=["Ada"])
    client = client_as(own)
    named = client.get("/portal/names?of=releases&q=tide").json()
    assert [(each["id"], each["name"]) for each in named] == [(str(release), "Tide")]
    report = bring(own, tmp_path, "may.csv", plain({"ISRC": "", "UPC": "", "Title": "Tide (LP)", "Artist": "Aida"}))
    assert 'name="release"' in client.get(SUSPENSE).text
    form = {"asset": str(_asset(own, "Tide (LP)")), "recording": "", "release": str(release)}
    assert client.post(f"{SUSPENSE}/matches", data=form).status_code == 303
    assert [(line.match, line.release_id, line.recording_id) for line in lines_of(own, report)] == [
        ("by_hand", release, None)
    ]
    assert "Tide (LP)" in client.get(f"{SUSPENSE}/matches").text


def test_what_was_matched_by_hand_is_taken_off_with_all_that_followed_it(own, client_as, tmp_path: Path):
    from sqlalchemy import text

    from tests.factories.catalog import a_release

    a_release(own, "Tide", artists=["Ada"])
    client = client_as(own)
    said = {"ISRC": "", "UPC": "", "Title": "Tyde Wun", "Artist": "Aida"}
    first = bring(own, tmp_path, "may.csv", plain(said, said | {"Title": "Left alone"}))
    with tenant_read(own) as session:
        recording = session.execute(text("SELECT recording_id FROM tracks LIMIT 1")).scalar_one()
    for title in ("Tyde Wun", "Left alone"):
        client.post(f"{SUSPENSE}/matches", data={"asset": str(_asset(own, title)), "recording": str(recording)})
    later = bring(own, tmp_path, "june.csv", plain(said | {"Store": "Deezer", "UPC": "123"}))
    assert lines_of(own, later)[0].match == "learned"
    with tenant_read(own) as session:
        query = "SELECT id FROM sales_assets WHERE title = 'Tyde Wun' AND match = 'by_hand'"
        asset = session.execute(text(query)).scalar_one()
    assert "Tyde Wun" in client.get(f"{SUSPENSE}/matches?q=tyde").text
    assert "Left alone" not in client.get(f"{SUSPENSE}/matches?q=tyde").text
    removal = f"{SUSPENSE}/matches/removal"
    assert client_as(own, "accountant").post(removal, data={"asset": str(asset)}).status_code == 403
    assert client.post(removal, data={"asset": str(asset)}).status_code == 303
    assert client.post(removal, data={"asset": str(asset)}).status_code == 404
    with tenant_work(own) as session:
        importing.match_again(session)
    assert [line.match for line in lines_of(own, first)] == [None, "by_hand"]
    assert lines_of(own, later)[0].match is None
    assert "Tyde Wun" in client.get(SUSPENSE).text


def test_a_rival_takes_nothing_off(own, rival, client_as, tmp_path: Path):
    bring(own, tmp_path, "may.csv", plain({"ISRC": "", "UPC": "", "Title": "Ours"}))
    answer = client_as(rival).post(f"{SUSPENSE}/matches/removal", data={"asset": "999999999"})
    assert answer.status_code == 404
    assert client_as(rival).get(f"{SUSPENSE}/matches").status_code == 200


DATELESS = table(["ISRC", "Title", "Artist", "Net", "Currency"],
                 [{"ISRC": "DEAB12600001", "Title": "Tide", "Artist": "Ada", "Net": "2", "Currency": "EUR"}])  # fmt: skip


def test_days_that_a_report_does_not_say_are_typed_when_it_is_brought_in(own, client_as):
    client = client_as(own)
    columns = {"column-0": "isrc", "column-1": "title", "column-2": "artist", "column-3": "net", "column-4": "currency"}
    form = {"name": "Shop", "channel": "download", "dates": "ymd", "decimals": "auto"}
    days = {"sold_from": "2026-04-01", "sold_until": "2026-06-30", "received_on": "2026-07-15"}
    address = send(client, "sales.csv", DATELESS, **days).headers["location"]
    assert work(own, address).state == "mapping"
    assert client.post(f"{address}/columns", data=form | columns).status_code == 303
    report = work(own, address)
    assert (report.state, report.period_start.isoformat(), report.period_end.isoformat()) == (
        "imported", "2026-04-01", "2026-06-30",
    )  # fmt: skip
    assert "period_is_assumed" not in report.facts
    assert report.received_on == date(2026, 7, 15)
    assert "Money received on" in client.get(address).text
    assert send(client, "sales.csv", DATELESS, received_on="soon").status_code == 422
    other = send(client, "sales.csv", DATELESS.replace("Tide", "Tyde")).headers["location"]
    with clock.frozen_at(datetime(2026, 3, 31, 23, tzinfo=UTC)):  # in Berlin April has begun
        assumed = work(own, other)
    assert (assumed.facts["period_is_assumed"], assumed.period_start) == (True, date(2026, 3, 1))
    assert "bring it in again with the days" in client.get(other).text


@pytest.mark.parametrize(
    "days", [{"sold_from": "2026-04-01"}, {"sold_until": "2026-04-01"}, {"sold_from": "x", "sold_until": "y"},
             {"sold_from": "2026-05-01", "sold_until": "2026-04-01"}],
)  # fmt: skip
def test_days_that_are_no_period_bring_nothing_in(own, client_as, days):
    refused = send(client_as(own), "sales.csv", DATELESS, **days)
    assert refused.status_code == 422
    assert "first and the last day" in refused.text
    with tenant_read(own) as session:
        assert session.query(SalesReport).count() == 0


@pytest.mark.parametrize("role", ["a_and_r", "marketing", "artist"])
def test_whoever_may_not_see_the_money_sees_no_report(own, client_as, tmp_path: Path, role):
    report = bring(own, tmp_path, "may.csv", plain({}))
    client = client_as(own, role)
    for address in (REPORTS, f"{REPORTS}/{report.id}", f"{REPORTS}/{report.id}/rows/2", SUSPENSE):
        assert client.get(address).status_code in (403, 404)


def test_whoever_may_only_look_changes_nothing(own, client_as, tmp_path: Path):
    report = bring(own, tmp_path, "may.csv", plain({}))
    client = client_as(own, "accountant")
    assert client.get(f"{REPORTS}/{report.id}").status_code == 200
    assert client.post(f"{REPORTS}/{report.id}/removal").status_code == 403
    assert send(client, "june.csv", plain({"Net": "5"})).status_code == 403
    assert client.post(f"{SUSPENSE}/matches", data={"asset": "1", "recording": "x"}).status_code == 403


def test_a_rival_label_finds_no_report(own, rival, client_as, tmp_path: Path):
    report = bring(own, tmp_path, "only-ours.csv", plain({}))
    client = client_as(rival)
    assert client.get(f"{REPORTS}/{report.id}").status_code == 404
    assert client.get(f"{REPORTS}/{report.id}/rows/2").status_code == 404
    assert client.post(f"{REPORTS}/{report.id}/removal").status_code == 404
    assert "only-ours.csv" not in client.get(REPORTS).text


def test_every_layout_has_a_page(own, client_as, tmp_path: Path):
    client = client_as(own)
    for sent in everything():
        report = bring(own, tmp_path, sent.name, sent.body)
        assert client.get(f"{REPORTS}/{report.id}").status_code == 200, sent.layout
    assert client.get(REPORTS).status_code == 200
    assert client.get(SUSPENSE).status_code == 200
