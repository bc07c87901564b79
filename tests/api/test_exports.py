"""Whole lists as files: every row once, in three forms, made piece by piece, opened by links that end."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import get_args

import polars as pl
import pytest
from sqlalchemy import func, select, update

from app.api.models import DataExport
from app.api.queries.lists import LISTS
from app.api.rest.exports import Kind
from app.api.rules import sheets
from app.api.service import exporting
from app.catalog.models import Recording, Track
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.ledger.models import LedgerAccount, Posting
from app.payouts.service import runs
from tests.factories import payouts
from tests.factories.api import api_of
from tests.factories.catalog import a_release
from tests.factories.labels import a_label
from tests.factories.money import a_contract, a_payee, a_report, sold, terms, tracks_of
from tests.factories.payouts import a_person, owed, ways
from tests.factories.shop import a_shop, a_variant, an_order

EXPORTS = "/api/v1/exports"
_furnished = []


@pytest.fixture
def tenant(connected, tmp_path):
    """A label with music, sales, statements and orders, made once for the tests of this file."""
    if not _furnished:
        made = a_label(currency="EUR", time_zone="Europe/Berlin")
        a_shop(made)
        an_order(made, a_variant(made))
        a_contract(made, terms(a_payee(made)))
        a_variant(made, "physical", in_stock=3)
        payees = owed(made, tmp_path, ("1000", "2000"))
        payouts.ask(made, payees[0], 50_000)
        with tenant_work(made) as session:
            runs.open_run(session, made, a_person(made), ways(made))
        a_report(made, tmp_path, [sold(each, Net="0.123456789012") for each in tracks_of(made, 7)])
        _furnished.append(made)
    return _furnished[0]


@pytest.fixture
def api(client_of, tenant):
    return api_of(client_of, tenant)


def made(api, tenant, kind, form="jsonl", **filters):
    answer = api.post(EXPORTS, json={"kind": kind, "format": form, **filters})
    assert answer.status_code == 202, answer.text
    exporting.work(tenant, answer.json()["id"])
    return api.get(f"{EXPORTS}/{answer.json()['id']}").json()


def content(api, export):
    assert export["state"] == "ready", export
    answer = api.get(export["url"])
    assert answer.status_code == 200
    return answer


@pytest.mark.parametrize("kind", sorted(LISTS))
def test_each_list_comes_the_same_in_all_three_forms(api, tenant, kind):
    lines = [json.loads(line) for line in content(api, made(api, tenant, kind)).text.splitlines()]
    assert lines, "there is something to be told"
    told = made(api, tenant, kind, "csv")
    rows = list(csv.DictReader(io.StringIO(content(api, told).text)))
    frame = pl.read_parquet(io.BytesIO(content(api, made(api, tenant, kind, "parquet")).content))
    assert told["rows"] == len(rows)
    if kind == "activity":  # each export is something that was done
        assert len(lines) < len(rows) < frame.height
        rows, frame = rows[: len(lines)], frame.head(len(lines))
    assert len(lines) == len(rows) == frame.height
    assert list(lines[0]) == list(rows[0]) == frame.columns
    for line, row, cells in zip(lines, rows, frame.iter_rows(named=True), strict=True):
        for name, form in LISTS[kind].forms.items():
            if form in ("text", "exact", "int"):
                assert line[name] == cells[name], name
                assert row[name].removeprefix("'") == ("" if line[name] is None else str(line[name])), name


def test_amounts_are_exactly_as_they_were_sent(api, tenant):
    lines = [json.loads(line) for line in content(api, made(api, tenant, "sales_lines")).text.splitlines()]
    assert {line["net"] for line in lines} >= {"0.123456789012"}


def test_no_list_of_orders_names_anybody(api, tenant):
    text = content(api, made(api, tenant, "orders")).text
    assert "@" not in text
    assert "Ada" not in text


def test_an_export_in_pieces_has_every_row_once_and_goes_on_where_it_stopped(api, tenant, monkeypatch):
    with tenant_read(tenant) as session:
        wanted = [str(each) for each in session.scalars(select(Recording.id).order_by(Recording.id))]
    for form in ("jsonl", "csv", "parquet"):
        export = api.post(EXPORTS, json={"kind": "recordings", "format": form}).json()["id"]
        with monkeypatch.context() as patch:
            patch.setattr(exporting, "PIECE", 2)
            assert exporting.piece(tenant, export)
            before = _row(tenant, export)
            exporting._note(tenant, before.id, None, "0" * 64, [("again",)], 0)  # a second worker that was slower
            assert _row(tenant, export).pieces == before.pieces
            exporting.work(tenant, export)
        answer = content(api, api.get(f"{EXPORTS}/{export}").json())
        found = {
            "jsonl": lambda told: [json.loads(line)["id"] for line in told.text.splitlines()],
            "csv": lambda told: [row["id"] for row in csv.DictReader(io.StringIO(told.text))],
            "parquet": lambda told: pl.read_parquet(io.BytesIO(told.content))["id"].to_list(),
        }[form](answer)
        assert found == wanted


def _row(tenant, export_id):
    with tenant_read(tenant) as session:
        return session.get_one(DataExport, export_id)


def test_a_list_of_nothing_is_a_file_of_nothing(client_of):
    empty = a_label()
    api = api_of(client_of, empty)
    assert content(api, made(api, empty, "releases")).text == ""
    assert content(api, made(api, empty, "releases", "csv")).text.startswith("id,title")
    assert pl.read_parquet(io.BytesIO(content(api, made(api, empty, "releases", "parquet")).content)).height == 0


def test_a_list_is_narrowed(api, tenant):
    with tenant_read(tenant) as session:
        release = session.scalar(select(Track.release_id))
    some = made(api, tenant, "tracks", release_id=str(release))
    assert 0 < some["rows"] <= made(api, tenant, "tracks")["rows"]
    later = (clock.now() + timedelta(days=1)).isoformat()
    assert made(api, tenant, "releases", since=later)["rows"] == 0
    assert api.post(EXPORTS, json={"kind": "orders", "run_id": str(release)}).status_code == 422
    assert api.post(EXPORTS, json={"kind": "members"}).status_code == 422


def test_chosen_rows_come_alone_and_none_of_a_rival_s(client_of, api, tenant, rival):
    all_of_them = [json.loads(line) for line in content(api, made(api, tenant, "recordings")).text.splitlines()]
    chosen = [line["id"] for line in all_of_them[1:3]]
    some = content(api, made(api, tenant, "recordings", ids=chosen)).text.splitlines()
    assert [json.loads(line)["id"] for line in some] == chosen
    assert made(api_of(client_of, rival), rival, "recordings", ids=chosen)["rows"] == 0
    refused = api.post(EXPORTS, json={"kind": "sales_lines", "ids": chosen})
    assert (refused.status_code, [each["field"] for each in refused.json()["errors"]]) == (422, ["/ids"])


def test_every_list_has_its_name_in_the_document():
    assert set(get_args(Kind)) == set(LISTS)


def test_postings_are_narrowed_to_those_of_an_account_on_either_side(api, tenant):
    with tenant_read(tenant) as session:
        account = session.scalars(select(LedgerAccount.id).where(LedgerAccount.kind == "payable")).first()
        either = (Posting.debit_id == account) | (Posting.credit_id == account)
        wanted = {str(each) for each in session.scalars(select(Posting.id).where(either))}
        assert 0 < len(wanted) < session.scalar(select(func.count()).select_from(Posting))
    told = content(api, made(api, tenant, "postings", account_id=str(account))).text
    lines = [json.loads(line) for line in told.splitlines()]
    assert {line["id"] for line in lines} == wanted
    assert all(str(account) in (line["debit_id"], line["credit_id"]) for line in lines)


def test_accounts_say_what_they_hold_on_the_side_on_which_they_grow(api, tenant):
    for line in (json.loads(each) for each in content(api, made(api, tenant, "ledger_accounts")).text.splitlines()):
        assert line["balance_micros"] == api.get(f"/api/v1/ledger/accounts/{line['id']}").json()["balance_micros"]


def test_contracts_come_with_what_the_books_hold_for_them(api, tenant):
    lines = [json.loads(each) for each in content(api, made(api, tenant, "contracts")).text.splitlines()]
    assert any(line["payable_micros"] for line in lines)
    for line in lines:
        standing = api.get(f"/api/v1/contracts/{line['id']}").json()["standing"]
        assert standing == {name: line[name] for name in ("currency", "payable_micros", "unrecouped_micros")}


def test_customers_come_in_pieces_by_their_address_and_with_what_they_spent(api, tenant, monkeypatch):
    for _ in range(2):
        an_order(tenant, a_variant(tenant))
    monkeypatch.setattr(exporting, "PIECE", 1)
    lines = [json.loads(each) for each in content(api, made(api, tenant, "customers")).text.splitlines()]
    assert len(lines) == len({line["email"] for line in lines}) > 0
    assert all("@" in line["email"] and isinstance(json.loads(line["spent_micros"]), dict) for line in lines)


def test_a_list_of_payouts_masks_where_the_money_goes(api, tenant):
    for kind in ("payouts", "payout_run_lines"):
        accounts = [json.loads(line)["account"] for line in content(api, made(api, tenant, kind)).text.splitlines()]
        assert accounts, kind
        assert all(len(each.replace(" ", "")) < 22 and each.endswith("1234") for each in accounts), kind


def test_a_link_ends_and_a_removed_export_opens_nothing(api, tenant):
    export = made(api, tenant, "releases")
    with clock.frozen_at(clock.now() + timedelta(minutes=11)):
        assert api.get(export["url"]).status_code == 404
    assert api.delete(f"{EXPORTS}/{export['id']}").status_code == 204
    assert api.get(export["url"]).status_code == 404
    assert api.get(f"{EXPORTS}/{export['id']}").status_code == 404


def test_files_are_kept_a_week_and_stand_in_nobodys_list(api, client_as, tenant):
    export = made(api, tenant, "releases")
    assert "releases.jsonl" not in client_as(tenant).get("/portal/files").text
    with tenant_work(tenant) as session:
        session.execute(update(DataExport).values(asked_at=clock.now() - timedelta(days=8)))
        assert exporting.forget(session) >= 1
    assert api.get(export["url"]).status_code == 404


def test_each_list_needs_the_right_with_which_its_rows_are_read(client_of, tenant):
    for kind, listing in LISTS.items():
        scope = {
            "catalog.view": "catalog:read", "contracts.view": "contracts:read", "royalties.view": "royalties:read",
            "payouts.view": "payouts:read", "store.view": "store:read", "activity.export": "activity:read",
        }  # fmt: skip
        others = " ".join(each for name, each in scope.items() if name != listing.permission)
        without = api_of(client_of, tenant, scopes=f"exports:write {others}")
        assert without.post(EXPORTS, json={"kind": kind}).status_code == 403, kind
    alone = api_of(client_of, tenant, scopes="catalog:read")
    assert alone.post(EXPORTS, json={"kind": "releases"}).status_code == 403


def test_a_program_of_one_imprint_takes_its_rows_alone(client_of, tenant):
    a_release(tenant, "Mine alone", label="Own Imprint")
    narrow = api_of(client_of, tenant, imprints=("own-imprint",))
    lines = [json.loads(line) for line in content(narrow, made(narrow, tenant, "releases")).text.splitlines()]
    assert [line["title"] for line in lines] == ["Mine alone"]
    for kind in ("sales_lines", "postings", "ledger_accounts", "payout_run_lines", "customers"):
        assert narrow.post(EXPORTS, json={"kind": kind}).status_code == 403, kind


def test_what_was_done_is_told_as_far_as_its_reader_sees_what_it_is_about(client_of, tenant):
    few = api_of(client_of, tenant, scopes="exports:write activity:read")
    told = {json.loads(line)["subject_type"] for line in content(few, made(few, tenant, "activity")).text.splitlines()}
    whole = api_of(client_of, tenant)
    every = {
        json.loads(each)["subject_type"] for each in content(whole, made(whole, tenant, "activity")).text.splitlines()
    }
    assert {"payout", "payout_run", "statement", "contract"} & every
    assert not {"payout", "payout_run", "statement", "contract", "order"} & told
    narrow = api_of(client_of, tenant, imprints=("own-imprint",))
    lines = [json.loads(line) for line in content(narrow, made(narrow, tenant, "activity")).text.splitlines()]
    assert {line["action"] for line in lines} <= {"data_export.asked"}


def test_another_program_and_a_rival_find_no_export(client_of, api, tenant, rival):
    export = made(api, tenant, "releases")
    for other in (api_of(client_of, tenant), api_of(client_of, rival)):
        assert other.get(f"{EXPORTS}/{export['id']}").status_code == 404
        assert other.delete(f"{EXPORTS}/{export['id']}").status_code == 404
    assert api_of(client_of, rival).get(export["url"]).status_code == 404


def test_access_that_ended_makes_no_file(client_of, tenant):
    from app.api.service import clients
    from tests.factories.api import a_client, a_token

    client = a_client(tenant)
    api = client_of(f"{tenant.slug}.localhost")
    api.headers["authorization"] = f"Bearer {a_token(tenant, client)}"
    export = api.post(EXPORTS, json={"kind": "releases"}).json()["id"]
    with tenant_work(tenant) as session:
        clients.revoke(session, Actor.system(tenant), session.get_one(type(client.row), client.client_id))
    exporting.work(tenant, export)
    assert _row(tenant, export).state == "failed"


def test_so_many_at_once_and_no_more(client_of, tenant):
    api = api_of(client_of, tenant)
    answers = [api.post(EXPORTS, json={"kind": "releases"}).status_code for _ in range(exporting.MOST_AT_ONCE + 1)]
    assert answers == [202] * exporting.MOST_AT_ONCE + [409]


def test_no_cell_of_a_csv_is_taken_for_a_formula():
    rows = [["=1+1"], ["@x"], ["+x"], ["-x"], ["\tx"], ["x=1"], [None], ["＝1"], ["\n=1"]]
    said = sheets.encoded("csv", {"title": "text"}, rows, is_first=True).decode()
    cells = [row["title"] for row in csv.DictReader(io.StringIO(said))]
    assert cells == ["'=1+1", "'@x", "'+x", "'-x", "'\tx", "x=1", "", "'＝1", "'\n=1"]
