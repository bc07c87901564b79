"""Reports of every sender come in whole and exact."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from app.kernel.db import tenant_read
from app.kernel.money import exact
from app.kernel.tenant import Tenant
from app.royalties.rules.layouts import FIELDS, built_in
from app.royalties.rules.refusals import ReportKnown
from app.royalties.service.rows import PERSONAL, row_cells
from tests.factories.labels import a_label
from tests.royalties.importing import bring, lines_of
from tests.royalties.sent import BANDCAMP, BUYER, Sent, everything, plain, table


@pytest.fixture
def own(connected) -> Tenant:
    """A label of the test's own, without reports of other tests."""
    return a_label()


@pytest.mark.parametrize("sent", everything(), ids=lambda sent: sent.layout)
def test_every_layout_is_known_by_its_columns_and_comes_to_what_it_says(own, tmp_path: Path, sent: Sent):
    report = bring(own, tmp_path, sent.name, sent.body)
    assert (report.layout, report.state, report.problem) == (sent.layout, "imported", None)
    assert {currency: Decimal(total) for currency, total in report.totals.items()} == {
        currency: Decimal(total) for currency, total in sent.totals.items()
    }
    lines = lines_of(own, report)
    assert len(lines) == report.rows == sent.rows
    said = lines[0]._mapping
    found = {name: str(said[name]) if name.startswith("sold_") else said[name] for name in sent.first}
    assert found == sent.first


def test_every_layout_that_comes_with_the_product_is_tried():
    known = {layout.key for layout in built_in() if layout.signature}
    assert known - {"plain", "shop"} == {sent.layout for sent in everything()}
    assert {"soundexchange", "amazon"} <= {layout.key for layout in built_in()}


def test_layouts_speak_of_nothing_but_fields():
    assert {name for layout in built_in() for name in layout.fields} <= set(FIELDS)


def test_decimals_of_any_length_are_kept_and_summed_to_the_last_digit(own, tmp_path: Path):
    amounts = [
        "0." + "1234567890" * 5 + "1",
        "12345678901234567890123456789012345678901234567890.5",
        "1E-30",
        ".5",
        "-7.",
    ]
    report = bring(own, tmp_path, "long.csv", plain(*({"Net": amount} for amount in amounts)))
    assert [line.net for line in lines_of(own, report)] == [Decimal(amount) for amount in amounts]
    with exact() as context:
        context.prec = 200
        assert Decimal(report.totals["EUR"]) == sum(map(Decimal, amounts))


def test_the_same_file_again_is_refused_by_the_name_of_the_first(own, tmp_path: Path):
    bring(own, tmp_path, "may.csv", plain({}))
    with pytest.raises(ReportKnown, match=r"may\.csv"):
        bring(own, tmp_path, "again.csv", plain({}))


def test_rows_of_an_earlier_report_are_left_out_and_rows_that_are_there_twice_are_not(own, tmp_path: Path):
    first = bring(own, tmp_path, "may.csv", plain({}, {}, {"Net": "2"}))
    assert first.rows == 3
    second = bring(own, tmp_path, "may-and-june.csv", plain({}, {}, {}, {"Net": "2"}, {"Net": "3"}))
    assert (second.rows, second.totals) == (2, {"EUR": "3.031"})
    assert [(each["name"], each["rows"]) for each in second.facts["earlier"]] == [("may.csv", 3)]
    third = bring(own, tmp_path, "all.csv", plain({}, {}, {}, {"Net": "2"}, {"Net": "3"}, {"Net": "4"}))
    assert (third.rows, third.totals) == (1, {"EUR": "4"})


def test_other_senders_and_other_months_are_no_repetition(own, tmp_path: Path):
    bring(own, tmp_path, "may.csv", plain({}))
    june = plain({"Sold from": "2026-06-01", "Sold until": "2026-06-30"})
    assert bring(own, tmp_path, "june.csv", june).rows == 1
    assert bring(own, tmp_path, "store.csv", plain({"Store": "Deezer"})).rows == 1


def test_a_stated_total_that_does_not_agree_holds_the_report_with_both_numbers(own, tmp_path: Path):
    held = bring(own, tmp_path, "may.csv", plain({"Net": "10.004"}), stated={"eur": "11"})
    assert (held.state, held.facts["places"]) == ("held", {"found": "10.004", "stated": "11", "currency": "EUR"})
    rounded = bring(own, tmp_path, "june.csv", plain({"Net": "10.004", "Store": "Tidal"}), stated={"EUR": "10.00"})
    assert rounded.state == "imported"


def test_a_row_of_totals_is_held_against_the_lines(own, tmp_path: Path):
    names = plain({}).splitlines()[0].split(",")
    total = {"Store": "Total", "Quantity": "10", "Net": "1.031"}
    report = bring(own, tmp_path, "wrong.csv", plain({}) + table(names, [total]).split("\r\n", 1)[1])
    assert (report.state, report.stated, report.totals) == ("held", {"EUR": "1.031"}, {"EUR": "0.031"})
    assert report.facts["skipped"] == {"total": 1}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([{}, {"Currency": "EURX"}], "Row 3: “EURX” is no currency. Use a code of three letters such as EUR."),
        ([{}, {"Currency": ""}], "Row 3: “” is no currency. Use a code of three letters such as EUR."),
        ([{"Net": "1.2.3"}], "Row 2: “1.2.3” in the column “Net” is not a number."),
        ([{}, {"Quantity": "many"}], "Row 3: “many” in the column “Quantity” is not a number."),
        (
            [{}, {"Quantity": "-3", "Net": ""}],
            "Row 3: -3 were returned, and no amount says what was paid back for them.",
        ),
        ([{"Sold from": "2026-02-31"}], "Row 2: “2026-02-31” is not a date that can be understood."),
        (
            [{"Net": "0,05"}, {"Gross": "0.05"}],
            "Some numbers of this report have a decimal comma and others a decimal point. Send it with one of them.",
        ),
        ([], "There are no sales in this report."),
    ],
)
def test_a_malformed_report_is_refused_in_a_sentence_and_nothing_of_it_stays(own, tmp_path: Path, rows, sentence):
    report = bring(own, tmp_path, "bad.csv", plain(*rows) if rows else plain({}).splitlines()[0])
    assert report.state == "refused"
    assert report.problem is not None
    assert report.problem % report.facts["places"] == sentence if report.facts["places"] else report.problem == sentence
    assert lines_of(own, report) == []


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("nothing.csv", b""),
        ("zeros.bin", bytes(5000)),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40),
        ("letter.txt", b"Dear label,\n\nyour money is on its way.\n"),
        ("broken.gz", b"\x1f\x8b\x08\x00 not at all"),
        ("broken.zip", b"PK\x03\x04 not at all"),
        ("old.xls", b"\xd0\xcf\x11\xe0" + bytes(512)),
        ("quotes.csv", b'"' * 10_001),
    ],
)
def test_what_is_no_report_is_refused_and_never_breaks(own, tmp_path: Path, name: str, body: bytes):
    report = bring(own, tmp_path, name, body)
    assert report.state == "refused"
    assert report.problem


def test_a_refused_report_may_come_again(own, tmp_path: Path):
    assert bring(own, tmp_path, "bad.csv", plain({"Currency": "XXXX"})).state == "refused"
    assert bring(own, tmp_path, "bad.csv", plain({"Currency": "XXXX"})).state == "refused"


def test_aggregates_of_an_archive_are_left_out_with_a_reason(own, tmp_path: Path):
    sent = next(each for each in everything() if each.layout == "curve")
    report = bring(own, tmp_path, sent.name, sent.body)
    assert {each["reason"] for each in report.facts["left_out"]} == {"sums_up"}


def test_nothing_about_buyers_is_stored_and_nothing_shown(own, tmp_path: Path):
    sent = next(each for each in everything() if each.layout == "bandcamp")
    report = bring(own, tmp_path, sent.name, sent.body)
    said = str([line._mapping for line in lines_of(own, report)]) + str(report.facts)
    assert not [value for value in BUYER.values() if value in said]
    with tenant_read(own) as session:
        cells = dict(row_cells(session, own, report, 2))
    assert cells["net amount"] == "10.15"
    assert {cells[name] for name in BUYER} == {PERSONAL}
    assert list(cells) == BANDCAMP


@pytest.mark.parametrize("sent", everything(), ids=lambda sent: sent.layout)
def test_every_line_opens_to_its_row_in_the_kept_file(own, tmp_path: Path, sent: Sent):
    report = bring(own, tmp_path, sent.name, sent.body)
    with tenant_read(own) as session:
        for line in lines_of(own, report):
            row = "\t".join(cell for _, cell in row_cells(session, own, report, line.row))
            said = [
                Decimal(cell)
                for text in row.replace("\u00a0", "").replace(",", ".").split("\t")
                for cell in _numbers(text)
            ]
            assert line.net in said or str(line.net) in row.replace("\u00a0", "").replace(",", ".")


def _numbers(text: str) -> list[str]:
    try:
        Decimal(text)
    except ArithmeticError:
        return []
    return [text]


def test_a_row_far_down_is_found_where_it_stands(own, tmp_path: Path):
    rows = [{"Net": f"0.{n:06}", "Title": 'A "quoted",\ntitle' if n % 7 == 0 else "Tide"} for n in range(20_000)]
    report = bring(own, tmp_path, "long.csv", plain(*rows))
    assert report.rows == 20_000
    lines = {line.row: line for line in lines_of(own, report)}
    with tenant_read(own) as session:
        for row in (2, 4_097, 4_098, 8_194, 12_345, 20_001):
            assert dict(row_cells(session, own, report, row))["Net"] == f"{lines[row].net}"


def test_letters_and_line_ends_of_every_kind_say_the_same(own, tmp_path: Path):
    text = plain({"Title": "Tøilette & Café"})
    told = [
        text.encode("utf-8-sig"), text.encode("utf-16"), text.encode("cp1252"), text.replace("\r\n", "\r").encode(),
        text.replace(",", ";").encode(), text.replace(",", "\t").replace("\r\n", "\n").encode(),
    ]  # fmt: skip
    for number, body in enumerate(told):
        other = a_label()
        report = bring(other, tmp_path, f"{number}.csv", body)
        assert [line.title for line in lines_of(other, report)] == ["Tøilette & Café"], number


def test_what_a_spreadsheet_did_to_barcodes_is_undone(own, tmp_path: Path):
    said = ["724384960650", "0724384960650", "'0724384960650", "7.24384960650E+11", "724384960650.0", '="724384960650"']
    report = bring(own, tmp_path, "upc.csv", plain(*({"UPC": upc, "Net": str(n)} for n, upc in enumerate(said))))
    assert {line.upc.lstrip("0") for line in lines_of(own, report)} == {"724384960650"}
    lost = bring(own, tmp_path, "lost.csv", plain({"UPC": "7.24E+11"}))
    assert lines_of(own, lost)[0].upc == "7.24E+11"


def test_a_rival_label_finds_no_report(own, rival, tmp_path: Path):
    report = bring(own, tmp_path, "may.csv", plain({}))
    assert lines_of(rival, report) == []
    assert bring(rival, tmp_path, "may.csv", plain({})).state == "imported"
