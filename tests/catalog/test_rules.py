"""The rules of the catalogue, one by one and all together."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalog.rules import RULES, apply_fixes, validate
from app.catalog.rules.frames import FINDINGS, RELEASES, TRACKS, Known
from tests.catalog.cases import CASES
from tests.catalog.sheets import TODAY, frame, sheet

TABLE = Path(__file__).parents[3] / "shared" / "data" / "rules" / "validator_rules.csv"
CHECKED = sorted(code for code, rule in RULES.items() if not rule.unseen)


@pytest.mark.skipif(not TABLE.exists(), reason="the shared table of rules is not on this machine")
def test_the_rules_are_those_of_the_table():
    with TABLE.open() as file:
        assert {rule.id for rule in RULES.values()} == {row["id"] for row in csv.DictReader(file)}


def test_what_nobody_can_see_is_told_and_not_checked():
    unseen = {code for code, rule in RULES.items() if rule.unseen}
    assert unseen == {"AW03", "EX04", "FI03"}
    assert all(RULES[code].fails is None and RULES[code].look is None for code in unseen)


@pytest.mark.parametrize("code", CHECKED)
def test_a_rule_is_broken_and_kept(code):
    broken, kept = CASES[code]
    assert code in broken.codes()
    assert code not in kept.codes()


def test_findings_have_their_shape_also_where_there_are_none():
    nothing = validate(frame([], RELEASES), frame([], TRACKS), Known(today=TODAY))
    assert nothing.is_empty()
    assert nothing.schema == FINDINGS == validate(*sheet({})[:3]).schema


SUGGESTED = [
    ("TI04", "title", "Song (Part 2) [Live]", "Song, Pt. 2 [Live]"),
    ("TI04", "title", "Songs Volume II", "Songs, Vol. II"),
    ("TI05", "title", "Song (featuring Ada)", "Song (feat. Ada)"),
    ("TI05.bare", "title", "Song ft. Ada", "Song (feat. Ada)"),
    ("TI01", "title", "don't look back in the rain", "Don't Look Back in the Rain"),
    ("TI15", "title", "CafÃ© â€“ Å\u00a0koda", "Café – Škoda"),
    ("TI09", "title", "Song (Explicit)", "Song"),
    ("TI08.version", "version", "Original Mix", ""),
    ("AR08", "language", "Deutsch", "de"),
    ("EX01", "explicit", "Yes", "explicit"),
]


@pytest.mark.parametrize(("code", "field", "value", "suggestion"), SUGGESTED)
def test_a_rule_suggests(code, field, value, suggestion):
    found = validate(*sheet({}, tracks=[{field: value}])[:3]).filter(
        (pl.col("rule") == code) & pl.col("row").is_not_null()
    )
    assert found.select("value", "suggestion").rows() == [(value, suggestion)]


PARTS = st.sampled_from(
    ["Song", " Song", "(Part 2)", "Volume 3", "(Ft. Ada)", "(Explicit)", "(Clean)", "(Original Mix)", "(Remix)", "  ", "(w/ Bo)", "feat. Cy", "Pt. II", "e\u0301", "\u200b"]
)  # fmt: skip
TITLES = st.lists(PARTS, max_size=5).map(" ".join)
TRACK = st.fixed_dictionaries(
    {
        "title": TITLES | st.none(),
        "version": st.sampled_from([None, "Original Mix", "(Album Version)", "Dub"]),
        "isrc": st.sampled_from([None, "us-s1z-99-00001", "USS1Z9900001", "x"]),
        "iswc": st.sampled_from([None, "T-123.456.789-4", "T"]),
        "explicit": st.sampled_from([None, "E", "yes", "No", "clean", "maybe", "Explicit"]),
        "number": st.none() | st.integers(1, 5),
        "language": st.sampled_from([None, "English", "en", "EN", "xx"]),
        "audio_ms": st.none() | st.integers(1, 10_000),
        "duration_ms": st.none() | st.integers(1, 10_000),
        "genre": st.sampled_from([None, "rock", "Rock", "Hip Hop", "Polka"]),
    }
)
RELEASE = st.fixed_dictionaries(
    {
        "title": TITLES,
        "upc": st.sampled_from(
            [None, "718752155427", "0718752155427", "7.24384960650E+11", "724384960650.0", "7.24E+11", "12"]
        ),
        "release_date": st.sampled_from([None, "1999-03-00", "1999-00-00", "1999", "1999-13-00", "x"]),
        "explicit": st.sampled_from([None, "no", "N", "none", "explicit"]),
        "artists": st.sampled_from([None, [], ["Various"], ["VA", "Ada"], ["Ada"]]),
        "p_owner": st.sampled_from([None, "(P) 2020 Kite", "(P) (P) Kite", "© 2020", "Kite"]),
        "grid": st.sampled_from([None, "A1-2425G-ABC1234002-M", "A1"]),
    }
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(RELEASE, st.lists(TRACK, max_size=5))
def test_after_safe_fixes_no_safe_fix_is_found(release, tracks):
    releases, tracks, known, _ = sheet(release, tracks=tracks)
    fixed = apply_fixes(releases, tracks, validate(releases, tracks, known))
    again = validate(*fixed, known)
    assert again.filter("safe").rows() == []
    twice = apply_fixes(*fixed, again)
    assert twice[0].equals(fixed[0])
    assert twice[1].equals(fixed[1])


def test_a_fix_touches_what_was_found_and_nothing_else():
    releases, tracks, known, _ = sheet(
        {}, tracks=[{"title": "Song (Part 2)"}, {"title": "Song (Part 3)"}, {"title": "A"}]
    )
    findings = validate(releases, tracks, known).filter((pl.col("rule") == "TI04") & (pl.col("row") == 1))
    assert apply_fixes(releases, tracks, findings)[1]["title"].to_list() == ["Song, Pt. 2", "Song (Part 3)", "A"]


def test_tracks_without_numbers_are_counted_in_their_order():
    releases, tracks, known, _ = sheet({}, tracks=[{"number": None, "row": 7}, {"number": None, "row": 9}])
    assert apply_fixes(releases, tracks, validate(releases, tracks, known))[1]["number"].to_list() == [1, 2]


def test_two_releases_may_share_a_recording():
    tracks = [{"release": release, "isrc": "USS1Z9900001", "duration_ms": 200_000} for release in (1, 2)]
    assert "ID03" not in sheet({}, {}, tracks=tracks).codes()
    tracks[1]["release"] = 1
    assert "ID03" in sheet({}, {}, tracks=tracks).codes()


def test_back_catalogue_is_let_in_and_not_yet_delivered():
    releases, tracks, known, _ = sheet(
        {"title": "Stockholm", "artists": ["The Persuader"], "label": "Svek", "release_date": "1999-03"},
        tracks=[{"title": "Östermalm"}, {"title": "Vasastaden"}],
        imprints=[{"name": "Svek"}],
    )
    findings = validate(releases, tracks, known)
    blocking = findings.filter(pl.col("severity") == "block")
    assert set(findings["severity"]) == {"block", "warn"}
    assert set(blocking["stage"]) == {"delivery"}
