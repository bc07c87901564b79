"""A year's figures: what stands on which form, what on none, and the files as tax offices take them."""

from __future__ import annotations

import csv
import io
from datetime import date
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.kernel import db
from app.kernel.activity import Activity
from app.tax.rules import filing
from app.tax.rules.years import LEFT_SENTENCES, Person, year_end
from app.tax.schemas import Payment
from app.tax.service import years
from app.tax.service.filling import today_of
from tests.factories.money import a_payee
from tests.tax.scene import BARE_IDNR, BARE_SSN, W8BEN, W9, fill

ONE = 1_000_000
YEAR = 2025


def paid(party, gross, *, on=date(YEAR, 3, 1), rate=0, currency="USD", withheld=None, fee=0):
    micros = round(gross * ONE)
    taken = micros * rate // ONE if withheld is None else round(withheld * ONE)
    return Payment(uuid4(), party, on, micros, taken, currency, rate, fee)


def person(**facts):
    party = uuid4()
    return Person(**({"party_id": party, "name": "P", "is_company": False, "country": "DE", "is_us": False} | facts))


def found(*payments, people, **kind):
    return year_end(YEAR, payments, {each.party_id: each for each in people}, **({"is_us_payer": True} | kind))


def test_royalties_from_ten_dollars_on_stand_on_a_1099_and_less_only_with_tax_withheld():
    enough, small, taken = (person(is_us=True, country="US", name=name) for name in ("Enough", "Small", "Taken"))
    result = found(
        paid(enough.party_id, 4), paid(enough.party_id, 6, on=date(YEAR, 12, 31)),
        paid(small.party_id, 9.99), paid(taken.party_id, 5, rate=240_000),
        paid(enough.party_id, 100, on=date(YEAR - 1, 12, 31)), paid(enough.party_id, 100, on=date(YEAR + 1, 1, 1)),
        people=(enough, small, taken),
    )  # fmt: skip
    assert [(row.person.name, row.royalties_micros, row.withheld_micros) for row in result.misc] == [
        ("Enough", 10 * ONE, 0), ("Taken", 5 * ONE, 1_200_000),
    ]  # fmt: skip
    assert [(row.person.name, row.why) for row in result.left_out] == [("Small", "small")]
    assert result.foreign == ()


def test_foreign_persons_get_one_1042s_for_each_rate():
    ada = person(country="DE", claims_treaty=True)
    ffi = person(country="JP", is_company=True, chapter4="nonparticipating_ffi", name="Q")
    result = found(
        paid(ada.party_id, 100, rate=300_000), paid(ada.party_id, 50, rate=300_000), paid(ada.party_id, 70),
        paid(ffi.party_id, 10, rate=300_000), people=(ada, ffi),
    )  # fmt: skip
    assert [(row.rate_ppm, row.gross_micros, row.withheld_micros, row.chapter, row.exemption) for row in result.foreign] == [
        (0, 70 * ONE, 0, "3", "04"), (300_000, 150 * ONE, 45 * ONE, "3", "00"), (300_000, 10 * ONE, 3 * ONE, "4", "00"),
    ]  # fmt: skip
    assert [(row.country, row.recipient_status) for row in result.foreign] == [("GM", "16"), ("GM", "16"), ("JA", "15")]


def test_what_is_on_no_form_of_the_irs_is_named_with_the_reason():
    ada, us = person(), person(is_us=True, country="US", name="U")
    result = found(paid(ada.party_id, 5, currency="EUR"), paid(us.party_id, 50, currency="EUR"), people=(ada, us))
    assert {row.why for row in result.left_out} == {"currency"}
    elsewhere = found(paid(us.party_id, 50), people=(us,), is_us_payer=False)
    assert [row.why for row in elsewhere.left_out] == ["payer"]
    assert (elsewhere.misc, elsewhere.foreign) == ((), ())
    assert {"currency", "payer", "small"} == set(LEFT_SENTENCES)


def test_dac7_counts_europeans_by_quarter():
    ada, outside = person(country="DE"), person(country="JP")
    days = [date(YEAR, 3, 31), date(YEAR, 4, 1), date(YEAR, 9, 30), date(YEAR, 10, 1), date(YEAR, 12, 31)]
    result = found(*(paid(ada.party_id, 10, on=day, fee=ONE, rate=100_000) for day in days), paid(outside.party_id, 1),
                   people=(ada, outside))  # fmt: skip
    (seller,) = result.sellers
    assert seller.gross_micros == (10 * ONE, 10 * ONE, 10 * ONE, 20 * ONE)
    assert seller.fee_micros == (ONE, ONE, ONE, 2 * ONE)
    assert seller.withheld_micros == (ONE, ONE, ONE, 2 * ONE)
    assert seller.payments == (1, 1, 1, 2)


calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
amounts = st.integers(1, 10**12)


@calm
@given(
    st.lists(
        st.tuples(st.integers(0, 3), amounts, st.sampled_from(["USD", "EUR"]), st.sampled_from([0, 240_000, 300_000])),
        max_size=30,
    )
)
def test_no_amount_is_lost_and_none_counts_twice(rows):
    people = [person(name=str(n), is_us=n % 2 == 0, country="US" if n % 2 == 0 else "FR") for n in range(4)]
    payments = [
        Payment(uuid4(), people[n].party_id, date(YEAR, 1 + gross % 12, 1), gross, gross * rate // ONE, currency, rate)
        for n, gross, currency, rate in rows
    ]
    result = found(*payments, people=people)
    gross = sum(row.royalties_micros for row in result.misc) + sum(
        row.gross_micros for row in (*result.foreign, *result.left_out)
    )
    withheld = sum(row.withheld_micros for row in (*result.misc, *result.foreign, *result.left_out))
    assert gross == sum(each.gross_micros for each in payments)
    assert withheld == sum(each.withheld_micros for each in payments)


def test_amounts_are_spelled_as_the_forms_take_them():
    assert [filing.cents(micros) for micros in (0, 1_234_567, 5_000, 15_000, 999_995_000, -1_000_000)] == [
        "0.00", "1.23", "0.00", "0.02", "1000.00", "-1.00",
    ]  # fmt: skip
    assert [filing.dollars(micros) for micros in (0, 499_999, 500_000, 1_500_000, -400_000)] == [
        "0",
        "0",
        "1",
        "2",
        "0",
    ]
    assert [filing.percent(ppm) for ppm in (0, 50_000, 300_000, 125_000)] == ["00.00", "05.00", "30.00", "12.50"]


@pytest.fixture
def closed(scene):
    """Ada has signed W-9 and Eve W-8BEN; both were paid, and somebody else who signed nothing."""
    fill(scene.artist("ada"), scene.ada, W9)
    fill(scene.artist("eve"), scene.eve, W8BEN)
    other = a_payee(scene.tenant, "=cmd|' /C calc'!A0")
    year = today_of(scene.tenant).year
    known = [
        Payment(scene.ada.id, scene.ada.party_id, date(year, 1, 2), 1234_560_000, 0, "USD", 0),
        Payment(scene.eve.id, scene.eve.party_id, date(year, 2, 2), 1000_500_000, 0, "USD", 0),
        Payment(other.id, other.party_id, date(year, 2, 2), 100_000_000, 30_000_000, "USD", 300_000),
        Payment(other.id, other.party_id, date(year, 2, 2), 70_000_000, 0, "EUR", 0),
    ]
    before = list(years._payments)
    years.paid(lambda session, wanted: [each for each in known if each.paid_on.year == wanted])
    yield year
    years._payments[:] = before


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_year_is_previewed_with_numbers_in_part_and_taken_with_full_ones(scene, closed):
    owner, page = scene.staff(), f"/portal/tax/years/{closed}"
    data = {"match": "0", "country": "US", "name": "Kite Inc", "street": "1 Kite Rd", "city": "Albany", "region": "NY",
            "postcode": "12207", "phone": "5185550100", "tin": "04-2103594"}  # fmt: skip
    assert "employer identification number is missing" in owner.get(page).text
    assert owner.post("/portal/settings/tax", data=data).status_code == 303
    told = owner.get(page).text
    for said in ("Ada Ltd", "Eve Ltd", "•••4399", "$1,234.56", "$1,000.50", "The year is not over", "€70.00",
                 "Paid in EUR"):  # fmt: skip
        assert said in told, said
    assert BARE_SSN not in told.replace("-", "")
    misc = rows_of(owner.post(f"{page}/files", data={"layout": "1099"}))
    assert len(misc) == 1
    assert list(misc[0]) == list(filing.MISC_COLUMNS)
    assert misc[0]["Recipient Taxpayer ID Number"] == "536-90-4399"
    assert misc[0]["Payer Taxpayer ID Number"] == "04-2103594"
    assert (misc[0]["Box 2 - Royalties"], misc[0]["Box 4 - Federal Income Tax Withheld"]) == ("1234.56", "0.00")
    assert (misc[0]["Recipient Name"], misc[0]["Recipient State/Province/Territory"]) == ("Ada Example", "NY")
    foreign = {row["13a Recipient Name"]: row for row in rows_of(owner.post(f"{page}/files", data={"layout": "1042s"}))}
    eve = foreign["Ada Beispiel"]
    assert list(eve) == list(filing.FOREIGN_COLUMNS)
    assert (eve["2 Gross Income"], eve["3a Exemption Code"], eve["3b Tax Rate"], eve["13b Recipient Country Code"]) == (
        "1001", "04", "00.00", "GM",
    )  # fmt: skip
    assert (eve["13i Foreign TIN"], eve["13l Date of Birth"]) == (BARE_IDNR, "19900203")
    unknown = foreign["'=cmd|' /C calc'!A0"]  # no spreadsheet takes it for a formula
    assert (unknown["2 Gross Income"], unknown["7a Federal Tax Withheld"], unknown["3b Tax Rate"]) == (
        "100",
        "30",
        "30.00",
    )
    (seller,) = rows_of(owner.post(f"{page}/files", data={"layout": "dac7"}))
    assert (seller["ConsQ1"], seller["TIN"], seller["TINIssuedBy"], seller["Currency"]) == (
        "1000.50",
        BARE_IDNR,
        "DE",
        "USD",
    )
    with db.tenant_read(scene.tenant) as session:
        taken = list(session.scalars(select(Activity.after).where(Activity.action == "tax_year.exported")))
    assert [each["layout"] for each in taken] == ["1099", "1042s", "dac7"]
    assert BARE_SSN not in str(taken)


def test_only_whoever_prepares_payouts_for_the_whole_label_takes_files(scene, closed, client_as, rival):
    page = f"/portal/tax/years/{closed}"
    reader = scene.staff("read_only")
    assert "with full tax numbers" not in reader.get(page).text
    assert reader.post(f"{page}/files", data={"layout": "1099"}).status_code == 403
    for client in (scene.artist("ada"), scene.staff("marketing")):
        assert client.get(page).status_code == 403
        assert client.post(f"{page}/files", data={"layout": "1099"}).status_code == 403
    owner = scene.staff()
    for data in ({"layout": "w2"}, {}, {"layout": "1099", "year": "2020"}):
        assert owner.post(f"{page}/files", data=data).status_code == 422
    assert "Ada Ltd" not in client_as(rival).get(page).text


def test_a_year_in_which_nothing_was_paid_says_so(scene):
    year = today_of(scene.tenant).year - 1
    told = scene.staff().get(f"/portal/tax/years/{year}").text
    assert told.count("None") >= 3
    assert "The year is not over" not in told
