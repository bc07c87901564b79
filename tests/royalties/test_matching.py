"""What of ours a sale is of: codes first, likeness last, and never a guess where money would go astray."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.kernel.actor import Actor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.tenant import Tenant
from app.royalties.service import importing, suspense
from tests.factories.catalog import a_release
from tests.factories.labels import a_label
from tests.royalties.importing import bring, lines_of
from tests.royalties.sent import plain

UPC = "4006381333931"
CODELESS = {"ISRC": "", "UPC": ""}


@pytest.fixture
def own(connected) -> Tenant:
    """A label with one release of two tracks."""
    tenant = a_label()
    a_release(tenant, "Harbour Lights", artists=["Mara Ellis"], upc=UPC, catalog_number="NJ-001")
    with tenant_work(tenant) as session:
        session.execute(text("UPDATE recordings SET isrc = 'DEAB12600001' WHERE title = 'Harbour Lights 1'"))
    return tenant


def matched(tenant: Tenant, folder: Path, *rows: dict[str, str]) -> list[tuple[str | None, str | None, bool]]:
    """How each row was matched, to the recording of which title, and whether to a release."""
    report = bring(tenant, folder, "may.csv", plain(*rows))
    with tenant_read(tenant) as session:
        titles: dict[Any, str] = dict(session.execute(text("SELECT id, title FROM recordings")).all())  # type: ignore[arg-type]
    return [
        (line.match, titles.get(line.recording_id), line.release_id is not None) for line in lines_of(tenant, report)
    ]


def test_an_isrc_decides_however_it_is_written(own, tmp_path: Path):
    said = {"ISRC": "de-ab1-26-00001", "UPC": "", "Title": "Something else"}
    assert matched(own, tmp_path, said) == [("isrc", "Harbour Lights 1", False)]


def test_an_isrc_with_our_barcode_names_the_release_too(own, tmp_path: Path):
    assert matched(own, tmp_path, {"ISRC": "DEAB12600001", "UPC": UPC}) == [("isrc", "Harbour Lights 1", True)]


def test_a_barcode_finds_the_track_by_its_title_or_the_whole_release(own, tmp_path: Path):
    rows = [{"ISRC": "", "UPC": f"0{UPC}", "Title": title} for title in ("harbour lights 2", "The Album")]
    assert matched(own, tmp_path, *rows) == [("upc", "Harbour Lights 2", True), ("upc", None, True)]


def test_a_catalogue_number_is_compared_without_its_punctuation(own, tmp_path: Path):
    said = CODELESS | {"Catalogue number": "nj 001", "Title": "LP"}
    assert matched(own, tmp_path, said) == [("catalog_number", None, True)]


def test_a_title_that_is_almost_the_same_is_taken_and_one_of_another_number_is_not(own, tmp_path: Path):
    rows = [
        CODELESS | {"Title": "Hárbour Lights 1", "Artist": "Mara Ellis"},
        CODELESS | {"Title": "Harbour Lights 3", "Artist": "Mara Ellis"},
        CODELESS | {"Title": "Harbour Lights 1 (Remix)", "Artist": "Mara Ellis"},
        {"ISRC": "USXX12600009", "UPC": "", "Title": "Harbour Lights 1", "Artist": "Mara Ellis"},
    ]
    assert [way for way, _, _ in matched(own, tmp_path, *rows)] == ["fuzzy", None, None, None]


def test_what_is_not_taken_is_proposed(own, tmp_path: Path):
    bring(own, tmp_path, "may.csv", plain(CODELESS | {"Title": "Harbor Lights 1", "Artist": "M. Ellis"}))
    with tenant_work(own) as session:
        (row,) = suspense.waiting(session, limit=10)
        assert suspense.proposals(session, [row])[row.id][0].title == "Harbour Lights 1"
        assert [(each.currency, each.lines, each.net) for each in suspense.summed(session)] == [("EUR", 1, "0.031")]


def test_a_match_is_taken_back_and_found_again_by_a_later_look(own, tmp_path: Path):
    report = bring(own, tmp_path, "may.csv", plain({"ISRC": "DEAB12600001", "UPC": ""}))
    line = lines_of(own, report)[0]
    with tenant_work(own) as session:
        suspense.unassign(session, Actor.system(own), line.asset_id)
    assert lines_of(own, report)[0].match is None
    with tenant_work(own) as session:
        importing.match_again(session)
    assert lines_of(own, report)[0].match == "isrc"


def test_an_unmatched_line_keeps_no_other_from_coming_in(own, tmp_path: Path):
    report = bring(own, tmp_path, "may.csv", plain(CODELESS | {"Title": "?"}, {"ISRC": "DEAB12600001"}))
    assert (report.state, report.rows) == ("imported", 2)
    assert [line.match for line in lines_of(own, report)] == [None, "isrc"]
