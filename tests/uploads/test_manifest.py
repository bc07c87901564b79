"""Manifests are read whatever program wrote them, and whatever somebody meant by it."""

from __future__ import annotations

import resource
import time
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.sheets.limits import TableLimits
from app.kernel.sheets.refusals import (
    TableEmpty,
    TableOfOtherKind,
    TableRefused,
    TableTooLarge,
    TableUnsafe,
    TableWithoutRows,
)
from app.uploads.rules.manifest import read_manifest
from tests.uploads.books import SHEET_HEAD, SHEET_TAIL, a_workbook, with_part

PLAIN = "Titel;Künstler\nKöln – Süd;Björk\nFür Elise;Ludwig\n"
ROWS = [("Köln – Süd", "Björk"), ("Für Elise", "Ludwig")]
BOOK = a_workbook(["Title", "UPC"], ["One", "001"], ["Two", "002"])


def rules_of(manifest):
    return manifest.problems.select("row", "column", "rule").rows()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_every_usual_encoding_is_recognised(encoding):
    manifest = read_manifest(PLAIN.encode(encoding))
    assert (manifest.headers, manifest.cells.rows()) == (["Titel", "Künstler"], ROWS)
    assert manifest.problems.is_empty()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("曲名,アーティスト\n東京の夜はふけて,椎名林檎\n", "cp932"), ("tytuł,wykonawca\nWieża,Łukasz Żak\n", "cp1250")],
)
def test_encodings_of_a_region_are_recognised(text, encoding):
    manifest = read_manifest(text.encode(encoding))
    assert manifest.cells.row(0) == tuple(text.splitlines()[1].split(","))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_recognised(delimiter, end):
    text = end.join(delimiter.join(row) for row in [("title", "artist"), ("One", "Two"), ("Three", "Four")])
    manifest = read_manifest(text.encode())
    assert (manifest.delimiter, manifest.cells.rows()) == (delimiter, [("One", "Two"), ("Three", "Four")])


def test_a_declared_delimiter_wins():
    manifest = read_manifest(b"sep=;\r\ntitle;artist\r\nA, B, C, D;E\r\n")
    assert (manifest.cells.rows(), manifest.rows.to_list()) == ([("A, B, C, D", "E")], [3])


def test_quoted_line_breaks_and_quotes_stay_in_their_cell():
    manifest = read_manifest(b'title,lyrics\n"One ""1""","la\nla, la"\nTwo,x\n')
    assert manifest.cells.rows() == [('One "1"', "la\nla, la"), ("Two", "x")]
    assert manifest.rows.to_list() == [2, 3]


def test_blank_rows_are_skipped_and_counted():
    assert read_manifest(b"title,isrc\n\nOne,1\n,\n\nTwo,2\n").rows.to_list() == [3, 6]


def test_lines_above_the_header_are_no_rows():
    manifest = read_manifest(b"Export of,2026-01-01\nAccount,17\n\nTrack Title,Artist,UPC\nOne,A,1\n")
    assert (manifest.headers, manifest.rows.to_list()) == (["Track Title", "Artist", "UPC"], [5])


def test_excel_s_wrapped_digits_are_digits():
    manifest = read_manifest(b'title,upc,isrc\nOne,="0012345678905",x\nTwo,"=""007""",y\n')
    assert manifest.cells["upc"].to_list()[0] == "0012345678905"


@pytest.mark.parametrize("odd", ["", 'A 12" mix,x\n'])
def test_a_row_with_too_many_cells_costs_only_itself(odd):
    manifest = read_manifest(f"title,isrc\nOne,1\nTwo, or 2,2\n{odd}Three\n".encode())
    assert rules_of(manifest) == [(3, None, "row_ragged")]
    assert manifest.cells["title"].to_list() == ["One", *(['A 12" mix'] if odd else []), "Three"]


def test_a_missing_quote_costs_only_its_row():
    manifest = read_manifest(b'title,isrc\nOne,1\n"Two,2\nThree,3\n')
    assert rules_of(manifest) == [(3, None, "row_unreadable")]
    assert manifest.cells["title"].to_list() == ["One", "Three"]


def test_a_file_of_missing_quotes_is_given_up_soon():
    raw = b"title,isrc\n" + b'"x,1\n' * 40_000
    started = time.monotonic()
    with pytest.raises(TableRefused):
        read_manifest(raw + b'"', TableLimits(unreadable_rows=100))
    assert time.monotonic() - started < 20


def test_zeros_and_damaged_letters_are_told_of():
    manifest = read_manifest(
        "title,artist\nOne\0,A\nTwö,Bé\nThrée,Ü".encode() + b"\xff\xfe" + "\nö,ä ß é è ê ü ñ\n".encode() * 3
    )
    assert rules_of(manifest) == [(2, "title", "characters_lost"), (4, "artist", "characters_lost")]


def test_a_header_said_twice_is_told_of_and_both_columns_are_kept():
    manifest = read_manifest(b"title,genre,genre\nOne,Pop,Rock\n")
    assert manifest.headers == ["title", "genre", "genre (2)"]
    assert rules_of(manifest) == [(1, "genre", "header_twice")]


def test_a_column_without_a_name_is_kept_where_it_is_used():
    assert read_manifest(b"title,\nOne,x\nTwo,y\n").headers == ["title", "#2"]


@pytest.mark.parametrize(
    ("raw", "refusal"),
    [
        (b"", TableEmpty),
        (b"\xef\xbb\xbf \r\n\n", TableEmpty),
        (b"title,artist\n", TableWithoutRows),
        (b"title,artist\n,\n", TableWithoutRows),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old workbook", TableOfOtherKind),
        (b"PK\x03\x04 and no more", TableRefused),
        (b"%PDF-1.7", TableOfOtherKind),
    ],
)
def test_what_holds_no_table_is_refused(raw, refusal):
    with pytest.raises(refusal):
        read_manifest(raw)


def test_limits_are_kept():
    raw = b"title,isrc\n" + b"One,1\n" * 300
    for limits in (
        TableLimits(file_bytes=100),
        TableLimits(rows=299),
        TableLimits(columns=1),
        TableLimits(cells=599),
    ):
        with pytest.raises(TableTooLarge):
            read_manifest(raw, limits)
    assert read_manifest(raw, TableLimits(rows=300, columns=2, cells=600)).cells.height == 300


@pytest.mark.parametrize("quoted", [b"", b'"'])
def test_a_hundred_megabytes_in_a_cell_cost_that_cell(quoted):
    raw = b"title,isrc\nOne,1\nTwo," + quoted + b"x" * 100_000_000 + quoted + b"\nThree,3\n"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    manifest = read_manifest(raw)
    assert manifest.cells.rows() == [("One", "1"), ("Two", None), ("Three", "3")]
    assert rules_of(manifest) == [(3, "isrc", "cell_too_long")]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 350_000


def test_a_long_cell_in_an_odd_file_costs_its_row():
    raw = b'title,isrc\nA 12" mix,1\n"' + b"x" * 1_000_000 + b'",2\nThree,3\n'
    manifest = read_manifest(raw)
    assert manifest.cells["title"].to_list() == ['A 12" mix', "Three"]
    assert [rule for _, _, rule in rules_of(manifest)] == ["cell_too_long"]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_bring_anything_but_a_manifest_or_a_refusal(raw):
    try:
        manifest = read_manifest(raw)
    except TableRefused:
        return
    assert manifest.cells.columns == manifest.headers
    assert manifest.cells.height == len(manifest.rows)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='a,;"\n\r\t|=\0é', max_size=200))
def test_no_text_brings_anything_but_a_manifest_or_a_refusal(text):
    try:
        read_manifest(f"title,isrc\nx,y\n{text}".encode())
    except TableRefused:
        return


cells = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20).map(str.strip)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=8))
def test_what_was_written_is_read(rows):
    import csv
    import io

    target = io.StringIO()
    csv.writer(target).writerows([("track title", "isrc", "upc"), *rows])
    wanted = [tuple(cell or None for cell in row) for row in rows if any(row)]
    if not wanted or any("�" in cell or cell.startswith('="') for row in rows for cell in row):
        return
    manifest = read_manifest(target.getvalue().encode())
    assert [tuple(row) for row in manifest.cells.rows()] == wanted


def test_a_workbook_is_read_as_text():
    raw = a_workbook(
        ["Track Title", "UPC", "Length", "Release Date", "Explicit"],
        ["=1+1 is two", 724384960650.0, 0.19791666666666666, 44927, True],
        [None, None, None, None, None],
        ["Two", 7.24e11, 285.5, "2020", False],
        formats={(1, 2): "h:mm", (1, 3): "yyyy-mm-dd"},
    )
    manifest = read_manifest(raw)
    assert manifest.rows.to_list() == [2, 4]
    assert manifest.cells.rows()[1] == ("Two", "724000000000", "285.5", "2020", "false")
    assert manifest.cells.rows()[0][1:] == ("724384960650", "4:45", "2023-01-01", "true")


def test_an_old_or_open_document_spreadsheet_is_refused():
    with pytest.raises(TableOfOtherKind):
        read_manifest(with_part(BOOK, "mimetype", "application/vnd.oasis.opendocument.spreadsheet"))


LAUGHS = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><sst>&b;</sst>'
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><worksheet/>'
FAR = (
    f'{SHEET_HEAD}<row r="1"><c r="A1"><v>1</v></c></row><row r="240000"><c r="ZZ240000"><v>1</v></c></row>{SHEET_TAIL}'
)
WIDE = f'{SHEET_HEAD}<row r="1"><c r="XFD1"><v>1</v></c></row>{SHEET_TAIL}'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("xl/sharedStrings.xml", LAUGHS),
        ("xl/worksheets/sheet1.xml", OUTSIDE),
        ("xl/worksheets/sheet1.xml", OUTSIDE.encode("utf-16")),
        ("xl/worksheets/sheet1.xml", FAR),
        ("xl/worksheets/sheet1.xml", WIDE),
        ("xl/media/zeros.bin", bytes(30_000_000)),
        ("../outside.xml", "<a/>"),
        ("/etc/passwd", "x"),
        ("xl/embeddings/inner.zip", "PK"),
    ],
)
def test_a_hostile_workbook_is_refused(name, content):
    with pytest.raises((TableUnsafe, TableTooLarge)):
        read_manifest(with_part(BOOK, name, content))


def test_a_huge_text_said_often_is_refused():
    limits = TableLimits(workbook_bytes=2_000_000)
    text = (
        f"<sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><si><t>{'x' * 30_000}</t></si></sst>"
    )
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 200))
    raw = with_part(
        with_part(BOOK, "xl/sharedStrings.xml", text), "xl/worksheets/sheet1.xml", SHEET_HEAD + rows + SHEET_TAIL
    )
    with pytest.raises(TableUnsafe):
        read_manifest(raw, limits)


def test_a_workbook_that_lies_about_its_size_is_refused():
    raw = with_part(BOOK, "xl/media/a.bin", b"x" * 5_000)
    size = (5_000).to_bytes(4, "little")
    assert raw.count(size) >= 2
    with pytest.raises(TableRefused):
        read_manifest(raw.replace(size, (500).to_bytes(4, "little")))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(BOOK) - 1), st.binary(min_size=1, max_size=8))
def test_no_damage_to_a_workbook_brings_anything_but_a_refusal(at, bytes_):
    try:
        read_manifest(BOOK[:at] + bytes_ + BOOK[at + len(bytes_) :], replace(TableLimits(), workbook_bytes=5_000_000))
    except TableRefused:
        return


def test_a_hundred_thousand_rows_stay_small():
    line = ",".join(f"value {column}" for column in range(25))
    raw = (",".join(f"column {column}" for column in range(25)) + "\n" + f"{line}\n" * 100_000).encode()
    read_manifest(raw[:10_000])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    manifest = read_manifest(raw)
    assert isinstance(manifest.cells, pl.DataFrame)
    assert manifest.cells.shape == (100_000, 25)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
