"""A thousand real releases, dirty as real data is, against the rules and against counts made in another way."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from app.catalog.rules import apply_fixes, validate
from app.catalog.rules.frames import RELEASES, TRACKS, Known, conform
from tests.catalog.sheets import TODAY

FILE = Path(__file__).parents[3] / "shared" / "data" / "catalog" / "discogs_tracks.csv"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the real catalogue is not on this machine")


def _said(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != "").then(pl.col(name))


@pytest.fixture(scope="module")
def rows():
    with FILE.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def sheets():
    lines = pl.read_csv(FILE, infer_schema=False).with_row_index("row")
    release = pl.col("release_id").cast(pl.UInt32).alias("release")
    releases = lines.unique("release_id", keep="first", maintain_order=True).select(
        release,
        title=_said("release_title"),
        artists=_said("release_artists").str.split("|"),
        label=_said("label"),
        catalog_number=_said("catalog_number"),
        upc=_said("barcode"),
        release_date=_said("release_date"),
    )
    tracks = lines.select(
        release,
        "row",
        number=pl.col("track_sequence").cast(pl.UInt16),
        title=_said("track_title"),
        artists=_said("track_artists").str.split("|"),
    )
    return conform(releases, RELEASES), conform(tracks, TRACKS)


@pytest.fixture(scope="module")
def findings(sheets):
    return validate(*sheets, Known(today=TODAY))


def _count(findings, code):
    return findings.filter(pl.col("rule") == code).height


def _by_release(rows, name):
    return {row["release_id"]: row[name] for row in rows}


def test_wrong_barcodes_are_those_that_the_source_says(findings, rows):
    wrong = {row["barcode"] for row in rows if row["barcode_valid"] == "False"}
    assert len(wrong) == 19
    assert set(findings.filter(pl.col("rule") == "ID05")["value"]) == wrong


def test_dates_with_unknown_parts_are_found(findings, rows):
    dates = _by_release(rows, "release_date").values()
    assert _count(findings, "DA01.release_date_zeros") == sum(date.endswith("-00") for date in dates) > 0
    assert _count(findings, "DA01.release_date") == 0


def test_odd_spaces_are_found(findings, rows):
    def odd(text):
        return text != " ".join(unicodedata.normalize("NFC", text).split())

    titles = _by_release(rows, "release_title").values()
    expected = sum(map(odd, titles)) + sum(odd(row["track_title"]) for row in rows)
    assert _count(findings, "TI14") == expected > 0


def test_titles_that_a_release_has_twice_are_found(findings, rows):
    def key(text):
        return "".join(letter for letter in unicodedata.normalize("NFKD", text.lower()) if letter.isalnum())

    seen = Counter((row["release_id"], key(row["track_title"])) for row in rows)
    assert _count(findings, "TI16") == sum(count for (_, title), count in seen.items() if count > 1 and title) > 0


def test_standard_versions_and_missing_codes_are_found(findings, rows):
    standard = re.compile(r"[(\[]\s*(original mix|original version|album version)\s*[)\]]\s*$", re.IGNORECASE)
    assert _count(findings, "TI08") == sum(bool(standard.search(row["track_title"])) for row in rows) > 0
    assert _count(findings, "ID04") == len(rows) == 8_932


def test_releases_of_many_artists_are_found(findings, rows):
    artists = _by_release(rows, "release_artists").values()
    assert _count(findings, "AR02") == sum(len(names.split("|")) > 3 for names in artists) > 0
    assert _count(findings, "AR02.spelling") == sum(names == "Various" for names in artists) > 0


def test_back_catalogue_is_let_in_but_for_what_nobody_could_keep(findings):
    blocking = findings.filter((pl.col("severity") == "block") & (pl.col("stage") == "load"))
    assert set(blocking["rule"]) == {"ID05", "ID06"}


def test_safe_fixes_leave_none(sheets, findings):
    known = Known(today=TODAY)
    again = validate(*apply_fixes(*sheets, findings), known)
    assert findings.filter("safe").height > 400
    assert again.filter("safe").is_empty()
