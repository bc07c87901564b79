"""What many tracks lack alike is told once, as a number; what keeps a release out is told each time."""

from __future__ import annotations

import polars as pl

from app.uploads.rules.findings import FINDINGS, MOST_KEPT, as_rows, by_rule, counted, items_of, kept

MANY = MOST_KEPT * 3


def findings(rule, severity, *, refuses):
    """The same finding about each of many tracks, three to a release."""
    rows = [
        {"release": row // 3 + 1, "row": row + 2, "rule": rule, "severity": severity, "refuses": refuses}
        for row in range(MANY)
    ]
    return pl.DataFrame(rows, schema_overrides={**FINDINGS}).with_columns(
        pl.lit(None, kind).alias(name) for name, kind in FINDINGS.items() if name not in rows[0]
    )


def test_of_what_is_lacking_everywhere_the_first_are_kept_and_all_are_counted():
    found = findings("AR08.lyrics", "warn", refuses=False)
    assert as_rows(kept(found)).height == MOST_KEPT
    assert by_rule(counted(found)) == {"AR08.lyrics": MANY}


def test_everything_that_keeps_a_release_out_is_kept():
    assert kept(findings("ID05", "block", refuses=True)).height == MANY


def test_an_item_counts_its_warnings_beyond_those_that_are_kept():
    counts = counted(pl.concat([findings("TI06", "warn", refuses=False), findings("FI01", "block", refuses=False)]))
    numbers = list(range(1, MANY // 3 + 1))
    releases = pl.DataFrame({"release": numbers, "title": "A", "artists": [["B"]] * len(numbers)}).cast(
        {"release": pl.UInt32}
    )
    tracks = findings("TI06", "warn", refuses=False).select("release", "row")
    verdicts = pl.DataFrame(schema={"release": pl.UInt32, "verdict": pl.String, "release_id": pl.String})
    changes = pl.DataFrame(schema={"release": pl.UInt32, "field": pl.String})
    items = items_of(releases, tracks, counts, verdicts, changes)
    assert items["warnings"].unique().to_list() == [3]
    assert items["tracks"].unique().to_list() == [3]


def test_the_gravest_rule_comes_first():
    counts = counted(pl.concat([findings("TI06", "warn", refuses=False), findings("ID05", "block", refuses=True)]))
    assert list(by_rule(counts)) == ["ID05", "TI06"]
