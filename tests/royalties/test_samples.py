"""Real files: every sample comes in with the sum that is counted here independently, and the trade's worked rows."""

from __future__ import annotations

import csv
import io
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

from app.kernel.money import exact
from app.kernel.tenant import Tenant
from tests.factories.labels import a_label
from tests.royalties.importing import bring, lines_of
from tests.royalties.sent import BANDCAMP, everything, table

SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "reports" / "samples"
AMOUNTS = {
    "CdBaby_Test.txt": "Subtotal",
    "DistroKid_NonAscii.tsv": "Earnings (USD)",
    "DistroKid_Test.tsv": "Earnings (USD)",
    "distrokid_fixture.csv": "Earnings (USD)",
    "Tunecore_Test.csv": "Total Earned",
    "bandcamp-non-ascii.csv": "net amount",
    "bandcamp-simple-3-songs.csv": "net amount",
    "bandcamp-simple-multiple-artist.csv": "net amount",
    "cargo-simple-3-songs.csv": "Reported Royalty",
    "prs-simple-3-songs-another-statement.csv": "Amount (performance revenue)",
    "prs-simple-3-songs.csv": "Amount (performance revenue)",
    "prs-simple-multiple-artist.csv": "Amount (performance revenue)",
    "symphonic.csv": "Royalty ($US)",
}


def sample(name: str) -> bytes:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip("the samples are not here")
    return path.read_bytes()


def counted(body: bytes, column: str) -> tuple[int, Decimal]:
    """Rows and the sum of a column, by the standard library alone."""
    text = body.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t" if "\t" in text.splitlines()[0] else ","))
    with exact():
        return len(rows), sum((Decimal(row[column]) for row in rows), Decimal(0))


@pytest.fixture
def own(connected) -> Tenant:
    """A label of the test's own."""
    return a_label()


@pytest.mark.parametrize("name", AMOUNTS)
def test_a_sample_comes_in_with_its_control_total(own, tmp_path: Path, name: str):
    body = sample(name)
    rows, total = counted(body, AMOUNTS[name])
    report = bring(own, tmp_path, name, body)
    assert (report.state, report.rows) == ("imported", rows)
    assert [Decimal(found) for found in report.totals.values()] == [total]


def test_the_archive_of_a_statement_comes_in_once(own, tmp_path: Path):
    body = sample("Cargo_Digital_Test.zip")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        rows, total = counted(archive.read("Cargo_Digital_Test-royalty_extended.csv"), "Reported Royalty")
    report = bring(own, tmp_path, "Cargo_Digital_Test.zip", body)
    assert (report.state, report.rows) == ("imported", rows)
    assert {currency: Decimal(found) for currency, found in report.totals.items()} == {"GBP": total}
    assert {each["reason"] for each in report.facts["left_out"]} == {"sums_up", "no_header"}


def test_the_workbook_of_a_distributor_comes_in(own, tmp_path: Path):
    report = bring(own, tmp_path, "Cargo_Physical_Test.xlsx", sample("Cargo_Physical_Test.xlsx"))
    assert (report.state, report.rows, report.totals) == ("imported", 3, {"GBP": "4.872"})


def test_g25_a_line_of_bandcamp_is_what_is_left_after_fee_share_and_shipping(own, tmp_path: Path):
    sent = next(each for each in everything() if each.layout == "bandcamp")
    line = lines_of(own, bring(own, tmp_path, sent.name, sent.body))[0]
    assert (line.net, line.gross, line.fees) == (Decimal("10.15"), Decimal(16), Decimal("0.65"))
    received = line.gross - line.fees - Decimal("1.20")
    assert (received, received - 4) == (Decimal("14.15"), line.net)


def test_g27_a_return_at_apple_is_paid_back(own, tmp_path: Path):
    sent = next(each for each in everything() if each.layout == "apple_financial")
    line = lines_of(own, bring(own, tmp_path, sent.name, sent.body))[0]
    assert (line.quantity, line.unit_price, line.net) == (Decimal(-1), Decimal("1.29"), Decimal("-1.29"))
    assert line.quantity * line.unit_price == line.net


def test_g23_net_receipts_by_the_deal_are_what_the_statement_says(own, tmp_path: Path):
    sent = next(each for each in everything() if each.layout == "curve")
    line = lines_of(own, bring(own, tmp_path, sent.name, sent.body))[0]
    with exact():
        assert round(line.gross * Decimal("0.85"), 17) == line.net


def test_a_row_that_covers_a_revenue_share_counts_as_what_it_left(own, tmp_path: Path):
    row = {
        "date": "7/2/26 2:00pm", "paid to": "collected to cover your revenue share balance", "item type": "track",
        "item name": "Tide", "artist": "Ada", "currency": "GBP", "item price": "1", "quantity": "1", "sub total": "1",
        "transaction fee": "", "item total": "1", "amount you received": "0", "net amount": "0.85",
    }  # fmt: skip
    report = bring(own, tmp_path, "b.csv", table(BANDCAMP, [row]))
    assert report.totals == {"GBP": "0.85"}
