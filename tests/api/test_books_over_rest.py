"""The books and tax, as programs read them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.kernel import clock
from app.kernel.db import tenant_read
from app.ledger.models import LedgerAccount
from tests.api.held import fewest, held, lent
from tests.factories.labels import a_label
from tests.factories.members import a_member
from tests.factories.money import a_payee
from tests.factories.payouts import owed


@pytest.fixture
def label(connected):
    return a_label()


@pytest.fixture
def api(client_of, label):
    return held(client_of, label)


def test_the_books_balance_and_every_account_opens(api, label, tmp_path):
    payee = owed(label, tmp_path, ("1000",))[0]
    api("POST", f"/payees/{payee.id}/payouts", {"currency": "EUR", "amount_micros": 100_000_000})
    for currency in api("GET", "/ledger/trial-balance")["currencies"]:
        debits, owed_ = (sum(kind[f"{side}_micros"] for kind in currency["kinds"]) for side in ("debit", "credit"))
        assert debits == owed_ > 0
    account = api("GET", "/ledger/accounts?kind=payable&currency=EUR&sort=-size")["items"][0]
    assert account["balance_micros"] == 900_000_000
    assert payee.name in account["name"]
    assert api("GET", f"/ledger/accounts/{account['id']}") == account
    first = api("GET", f"/ledger/accounts/{account['id']}/postings?limit=1")
    rest = api("GET", f"/ledger/accounts/{account['id']}/postings?limit=1&after={first['next']}")
    postings = [*first["items"], *rest["items"]]
    assert [(each["amount_micros"], each["balance_micros"]) for each in postings] == [
        (100_000_000, 900_000_000),
        (-1_000_000_000, 1_000_000_000),
    ]
    assert fewest(api, "/ledger/accounts?kind=payable&limit=50") == fewest(api, "/ledger/accounts?kind=payable&limit=1")


def test_nothing_is_posted_over_the_api(api, label):
    assert api.raw("POST", "/ledger/postings", {}).status_code == 404
    assert api.raw("POST", "/ledger/accounts", {}).status_code in (404, 405)
    with tenant_read(label) as session:
        assert session.scalars(select(LedgerAccount)).all() == []


def test_a_program_reads_where_tax_forms_stand_and_why_how_much_is_withheld(api, client_of, label):
    payee = a_payee(label, currency="EUR")
    shown = api("GET", f"/tax/payees/{payee.id}")
    assert (shown["form"], shown["withheld"]["ppm"]) == (None, 0)
    assert "withheld" in shown["withheld"]["why"]
    assert [each["id"] for each in api("GET", "/tax/payees?currency=EUR")["items"]] == [str(payee.id)]
    year = api("GET", f"/tax/years/{clock.now().year}")
    assert (year["lines"], year["is_over"]) == ([], False)
    api.refused("GET", "/tax/years/1999", 404)
    api.refused("GET", "/tax/years/20x6", 404)
    assert api("GET", "/tax/cases")["items"] == []
    unknown = f"/tax/cases/{payee.id}/decision"
    said = {"state": "cleared", "reason": "Born in another year."}
    api.refused("PUT", unknown, 403, said)
    lent(client_of, label, a_member(label), "payouts:approve").refused("PUT", unknown, 404, said)
