"""What must be corrected goes out as a workbook and comes back with its numbers; nothing in it runs."""

from __future__ import annotations

import io
import zipfile

import polars as pl

from app.settings import Settings
from app.uploads.rules.manifest import read_manifest
from app.uploads.rules.problems import SENTENCES, as_frame, problem
from app.uploads.rules.workbook import ROW_HEADER, corrections, write_workbook

MANIFEST = read_manifest(b'Track Title,UPC\n=1+1,0012\n"+49 x",0013\nThree,\n@SUM(A1),0014\n')


def the_workbook(*rows, findings=()):
    return write_workbook(
        MANIFEST, as_frame(list(findings)), rows=pl.Series(rows, dtype=pl.UInt32), said=SENTENCES.__getitem__
    )


def part(raw, name):
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return "".join(archive.read(found).decode() for found in archive.namelist() if name in found)


def test_rows_come_back_with_their_numbers_and_nothing_else_changed():
    back, lost = corrections(read_manifest(the_workbook(2, 4, 5)))
    assert back.rows.to_list() == [2, 4, 5]
    assert back.cells.rows() == [("=1+1", "0012"), ("Three", None), ("@SUM(A1)", "0014")]
    assert lost == {}


def test_formulas_are_text():
    raw = the_workbook(2, 3, 5)
    assert "<f>" not in part(raw, "worksheets/sheet1.xml")
    assert "=1+1" in part(raw, "sharedStrings.xml")


def test_nobody_reads_the_operators_name_in_it():
    operator = Settings(boptone_env="test").operator_name
    assert operator.lower() not in part(the_workbook(2, 3), "").lower()


def test_findings_are_comments_on_coloured_cells():
    findings = [
        problem("date_unreadable", 2, column="UPC", value="0012", suggestion="0012345"),
        problem("release_differs", 2, column="UPC"),
        problem("row_without_file", 4),
    ]
    raw = the_workbook(2, 4, findings=findings)
    comments = part(raw, "comments1.xml")
    assert 'ref="C2"' in comments
    assert 'ref="A3"' in comments
    assert SENTENCES["date_unreadable"] in comments
    assert "0012345" in comments
    assert SENTENCES["release_differs"] in comments
    assert "FFC7CE" in part(raw, "styles.xml").upper()


def test_a_row_whose_number_was_lost_is_named():
    text = f"{ROW_HEADER},title,isrc\n2,One,1\nnew,Two,2\n,Three,3\n7.0,Four,4\n".encode()
    back, lost = corrections(read_manifest(text))
    assert back.rows.to_list() == [2, 7]
    assert back.headers == ["title", "isrc"]
    assert lost == {"3": "new", "4": ""}


def test_another_manifest_is_no_correction():
    assert corrections(MANIFEST) is None
