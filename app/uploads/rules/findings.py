"""What reading and validating have to say, in one frame: which cell, which rule, and whether it keeps a release out."""

from __future__ import annotations

import polars as pl

FINDINGS = {
    "release": pl.UInt32,
    "row": pl.UInt32,
    "file": pl.String,
    "field": pl.String,
    "rule": pl.String,
    "severity": pl.String,
    "value": pl.String,
    "suggestion": pl.String,
    "safe": pl.Boolean,
    "refuses": pl.Boolean,
}
LONGEST_VALUE = 500
MOST_KEPT = 500


def gathered(sources: pl.DataFrame, problems: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Problems of reading and findings of rules about the same releases; `field` is named as columns are mapped.

    `sources` says which rows make up a release; what is said about a whole release stands at its first row, where it is
    corrected.
    """
    read = problems.join(sources.unique("row"), on="row", how="left").with_columns(
        safe=pl.lit(False), refuses=pl.col("severity") == "block", file=pl.lit(None)
    )
    first = sources.group_by("release").agg(first_row=pl.col("row").min())
    scope = pl.when(pl.col("row").is_null()).then(pl.lit("release.")).otherwise(pl.lit("track."))
    ruled = found.join(first, on="release", how="left").with_columns(
        field=scope + pl.col("field"),
        row=pl.coalesce("row", "first_row"),
        file=pl.lit(None),
        refuses=(pl.col("severity") == "block") & (pl.col("stage") == "load"),
    )
    parts = [frame.select(pl.col(name).cast(kind) for name, kind in FINDINGS.items()) for frame in (read, ruled)]
    return ordered(pl.concat(parts))


def ordered(findings: pl.DataFrame) -> pl.DataFrame:
    """Findings in the order of a manifest."""
    return findings.sort("row", "field", "rule", nulls_last=True)


def refused(findings: pl.DataFrame) -> pl.Series:
    """The releases that something keeps out."""
    return findings.filter(pl.col("refuses") & pl.col("release").is_not_null())["release"].unique()


def counted(findings: pl.DataFrame) -> pl.DataFrame:
    """How many findings (`found`) there are by release, rule and severity."""
    return findings.group_by("release", "rule", "severity", maintain_order=True).agg(found=pl.len())


def kept(findings: pl.DataFrame) -> pl.DataFrame:
    """All findings that refuse, and of other rules the first of each.

    What nine thousand tracks lack alike is told once, as a number.
    """
    nth = pl.int_range(pl.len()).over("rule")
    return findings.filter(pl.col("refuses") | (nth < MOST_KEPT))


def items_of(
    releases: pl.DataFrame, tracks: pl.DataFrame, counts: pl.DataFrame, verdicts: pl.DataFrame, changes: pl.DataFrame
) -> pl.DataFrame:
    """One row a release: what it is, what would become of it, and each change as JSON; `counts` as of `counted`."""
    sizes = tracks.group_by("release").agg(row=pl.col("row").min(), tracks=pl.len())
    warned = counts.filter(pl.col("severity") == "warn").group_by("release").agg(warnings=pl.col("found").sum())
    told = changes.select("release", change=pl.struct(pl.exclude("release")).struct.json_encode())
    told = told.group_by("release", maintain_order=True).agg(pl.col("change").str.join(","))
    return (
        releases.select("release", "title", line=pl.col("artists").list.join(", "))
        .join(sizes, on="release", how="left", maintain_order="left")
        .join(warned, on="release", how="left", maintain_order="left")
        .join(verdicts, on="release", how="left", maintain_order="left")
        .join(told, on="release", how="left", maintain_order="left")
        .select(
            number="release",
            title=pl.col("title").fill_null(""),
            artist_line=pl.col("line").fill_null(""),
            row=pl.col("row").fill_null(0),
            tracks=pl.col("tracks").fill_null(0),
            verdict=pl.col("verdict").fill_null("refuse"),
            warnings=pl.col("warnings").fill_null(0),
            release_id="release_id",
            changes=pl.lit("[") + pl.col("change") + pl.lit("]"),
        )
    )


def by_rule(counts: pl.DataFrame) -> dict[str, int]:
    """How often each rule was broken, the gravest first."""
    gravity = pl.col("severity").replace_strict({"block": 0, "warn": 1}, default=2, return_dtype=pl.UInt8)
    summed = counts.group_by("rule").agg(gravity.min().alias("gravity"), pl.col("found").sum())
    ordered = summed.sort("gravity", "found", "rule", descending=[False, True, False])
    return dict(ordered.select("rule", "found").iter_rows())


def as_rows(findings: pl.DataFrame) -> pl.DataFrame:
    """Findings as the table of a batch keeps them, numbered."""
    return findings.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("number"),
        pl.col("release").alias("item"),
        "row",
        "file",
        pl.col("field").fill_null(""),
        "rule",
        "severity",
        pl.col("value").str.slice(0, LONGEST_VALUE),
        pl.col("suggestion").str.slice(0, LONGEST_VALUE),
        pl.col("safe").fill_null(value=False).alias("is_safe"),
        "refuses",
    )


def counts(items: pl.DataFrame, tracks: pl.DataFrame) -> dict[str, int]:
    """How many releases of each kind; the warned ones are among those that are not refused."""
    of = dict(items["verdict"].value_counts().iter_rows())
    warned = items.filter((pl.col("verdict") != "refuse") & (pl.col("warnings") > 0)).height
    return {
        "releases": items.height,
        "tracks": tracks.height,
        "created": of.get("create", 0),
        "updated": of.get("change", 0),
        "unchanged": of.get("leave", 0),
        "warned": warned,
        "refused": of.get("refuse", 0),
    }
