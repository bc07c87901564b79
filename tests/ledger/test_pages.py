"""The books on the screen: every figure leads to the postings that made it, for those who may see money."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from uuid import UUID

import pytest

from app.identity.models import Member
from app.kernel import db
from app.kernel.activity import has
from app.kernel.actor import Actor
from app.ledger import service
from app.ledger.rules import Conversion
from tests.factories.members import PASSWORD, a_member
from tests.ledger.books import DAY, INCOME, OWED, ROYALTIES, account, convert, entry, post, reverse


def rows_of(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def cells(answer):
    """The text of a table's cells, row by row."""
    assert answer.status_code == 200, answer.text
    body = answer.text.partition("<tbody>")[2]
    plain = [re.sub(r"<[^>]+>", " ", row) for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)]
    return [re.sub(r"\s+", " ", row).strip() for row in plain]


def test_empty_books_say_so(mine, client_as):
    answer = client_as(mine).get("/portal/ledger")
    assert "Nothing was posted yet" in answer.text


def test_the_trial_balance_shows_each_currency_in_balance(mine, client_as):
    post(mine, entry("sale:1", 12_500_000), entry("royalty", 4_000_000, debit=ROYALTIES, credit=account("payable", 7)))
    convert(
        mine, Conversion("paid", account("clearing", currency="USD"), OWED, 2_500_000, "EUR", Decimal(2), DAY, "Paid")
    )
    answer = client_as(mine).get("/portal/ledger")
    told = cells(answer)
    assert "Owed by sources 1 €10.00 —" in told
    assert "Total €16.50 €16.50" in told
    begun = answer.text.partition("<tbody>")[0]
    assert "kind=receivable&amp;currency=EUR" in begun
    assert "kind=payable&amp;currency=EUR" in begun
    assert "kind=suspense" not in begun, "what there is none of is no number that matters"
    assert "Total $5.00 $5.00" in answer.text.replace("</", " </") or "Total $5.00 $5.00" in told


def test_a_figure_leads_to_its_accounts_and_they_to_their_postings(mine, client_as):
    payee = account("payable", 7)
    post(mine, *[entry(f"royalty:{number}", 1_000_000, debit=ROYALTIES, credit=payee) for number in range(3)])
    reverse(mine, "royalty:0")
    client = client_as(mine)
    listed = client.get("/portal/ledger/accounts", params={"kind": "payable", "currency": "EUR"})
    assert f'href="/portal/ledger/accounts/{payee.id}"' in listed.text
    told = cells(client.get(f"/portal/ledger/accounts/{payee.id}"))
    assert [row.split("reverse:royalty:0")[-1].split("royalty:")[-1] for row in told] == [
        " Royalties €1.00 — €2.00",
        "2 Royalties — €1.00 €3.00",
        "1 Royalties — €1.00 €2.00",
        "0 Royalties — €1.00 €1.00",
    ]


def test_a_long_account_is_paged_and_its_balances_go_on_whatever_is_posted_meanwhile(mine, client_as):
    post(mine, *[entry(f"sale:{number:03}", 1_000_000) for number in range(120)])
    client, address, seen = client_as(mine), f"/portal/ledger/accounts/{INCOME.id}", []
    while address:
        answer = client.get(address)
        seen += [row.rpartition("€")[2] for row in cells(answer)]
        found = re.search(r'href="([^"]*after=[^"]*)"', answer.text)
        address = found[1].replace("&amp;", "&") if found else None
        post(mine, entry(f"later:{len(seen)}", 500_000_000))
    assert seen == [f"{number}.00" for number in range(120, 0, -1)]


def test_many_accounts_are_paged_by_size(mine, client_as):
    post(mine, *[entry(f"r:{n}", n * 1_000_000, debit=ROYALTIES, credit=account("payable", n)) for n in range(1, 61)])
    client, seen = client_as(mine), []
    address = "/portal/ledger/accounts?kind=payable&currency=EUR"
    while address:
        answer = client.get(address)
        seen += [row.rpartition("€")[2] for row in cells(answer)]
        found = re.search(r'href="([^"]*after=[^"]*)"', answer.text)
        address = found[1].replace("&amp;", "&") if found else None
    assert seen == [f"{number}.00" for number in range(60, 0, -1)]


def test_a_page_marker_of_another_account_is_refused(mine, client_as):
    post(mine, *[entry(f"sale:{number}", 1) for number in range(60)])
    client = client_as(mine)
    marker = re.search(r"after=([^\"&]*)", client.get(f"/portal/ledger/accounts/{INCOME.id}").text)[1]
    assert client.get(f"/portal/ledger/accounts/{OWED.id}?after={marker}").status_code == 400
    assert client.get(f"/portal/ledger/accounts/{INCOME.id}?after=x").status_code == 400


def test_exports_are_exact_to_the_micro_and_are_written_down(mine, client_as):
    post(mine, entry("sale:1", 1), entry("=sale:2", 2_000_000, reason="=1+1"))
    reverse(mine, "sale:1")
    client = client_as(mine)
    balances = {row["kind"]: row for row in rows_of(client.get("/portal/ledger/export"))}
    assert balances["income"]["balance"] == balances["receivable"]["balance"] == "2.000000"
    assert balances["receivable"]["subject_id"] == str(UUID(int=1))
    post(mine, entry("loss", 5_000_001, debit=INCOME, credit=account("clearing")))
    rows = rows_of(client.get(f"/portal/ledger/accounts/{INCOME.id}/export"))
    assert [(row["debit"], row["credit"], row["balance"]) for row in rows] == [
        ("5.000001", "", "-3.000001"),
        ("0.000001", "", "2.000000"),
        ("", "0.000001", "2.000001"),
        ("", "2.000000", "2.000000"),
    ]
    assert rows[-1]["reason"] == "'=1+1"
    with db.tenant_read(mine) as session:
        assert has(session, "ledger.exported")


@pytest.mark.parametrize(
    "address",
    [
        "/portal/ledger/accounts/nothing",
        f"/portal/ledger/accounts/{UUID(int=5)}",
        f"/portal/ledger/accounts/{UUID(int=5)}/export",
        "/portal/ledger/accounts",
        "/portal/ledger/accounts?kind=nothing&currency=EUR",
        "/portal/ledger/accounts?kind=income&currency=EUR",
        "/portal/ledger/accounts?kind=income&currency=%00",
    ],
)
def test_an_account_that_is_not_there_is_not_found(mine, client_as, address):
    assert client_as(mine).get(address, headers={"accept": "application/json"}).status_code in (400, 404)


ADDRESSES = ("/portal/ledger", "/portal/ledger/accounts?kind=income&currency=EUR", "/portal/ledger/export",
             f"/portal/ledger/accounts/{INCOME.id}", f"/portal/ledger/accounts/{INCOME.id}/export")  # fmt: skip


@pytest.mark.parametrize("role", ["owner", "royalties", "finance_approver", "accountant", "read_only"])
def test_those_who_see_money_see_the_books(mine, client_as, role):
    post(mine, entry("sale:1", 5))
    client = client_as(mine, role)
    assert [client.get(address).status_code for address in ADDRESSES] == [200] * 5
    assert 'href="/portal/ledger"' in client.get("/portal/ledger").text


@pytest.mark.parametrize("role", ["marketing", "artist", "artist_manager"])
def test_those_who_see_no_money_or_their_own_alone_see_no_books(mine, client_as, role):
    post(mine, entry("sale:1", 5))
    client = client_as(mine, role)
    assert {client.get(address).status_code for address in ADDRESSES} == {403}
    assert 'href="/portal/ledger"' not in client.get("/portal").text


def test_whoever_is_narrowed_to_an_imprint_sees_no_books(mine, client_of):
    member = a_member(mine, role="royalties")
    with db.tenant_work(mine) as session:
        session.get_one(Member, member.id).imprints = ["north"]
    client = client_of(f"{mine.slug}.localhost")
    client.post("/portal/sign-in", data={"email": member.email, "password": PASSWORD})
    assert client.get("/portal/ledger").status_code == 403


def test_a_rivals_account_is_not_found(mine, client_as, rival):
    theirs = account("receivable", 99)
    with db.tenant_work(rival) as session:
        service.post(session, Actor.system(rival), [entry("rivals", 5, debit=theirs)])
    client = client_as(mine)
    for address in (f"/portal/ledger/accounts/{theirs.id}", f"/portal/ledger/accounts/{theirs.id}/export"):
        assert client.get(address).status_code == 404
