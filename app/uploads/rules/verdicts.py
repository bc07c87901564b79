"""What is said about the files of a batch: each finding names its file, and stands at the row that it is of."""

from __future__ import annotations

from typing import Final

import polars as pl

from app.uploads.rules.findings import FINDINGS
from app.uploads.rules.problems import SEVERITIES
from app.uploads.rules.told import FINE

FIELD_OF: Final = {"audio": "track.file", "artwork": "release.artwork"}


def usable() -> pl.Expr:
    """Whether a file was measured and found to be fine."""
    return (pl.col("state") == "measured") & (pl.col("verdict").fill_null(FINE) == FINE)


def of_matching(problems: pl.DataFrame, matches: pl.DataFrame, first_rows: pl.DataFrame) -> pl.DataFrame:
    """What matching has to say, in the shape of findings; what keeps a release out does so only where it has one."""
    release_of = matches.select(value="file", release="release").unique("value")
    at_row = first_rows.select("row", of_row="release").unique("row")
    told = problems.join(at_row, on="row", how="left", maintain_order="left")
    told = told.join(release_of, on="value", how="left", maintain_order="left")
    release = pl.coalesce("of_row", "release")
    return _findings(
        told.with_columns(
            release=release, file="value", refuses=(pl.col("severity") == "block") & release.is_not_null()
        )
    )


def of_refused(files: pl.DataFrame) -> pl.DataFrame:
    """What is wrong with files that cannot be used; a release waits for its own, and for nobody else's."""
    bad = files.filter(~usable())
    sure = pl.col("release").is_not_null() & ~pl.col("doubtful").fill_null(value=False)
    return _findings(
        bad.with_columns(
            field=pl.col("kind").replace_strict(FIELD_OF),
            rule="file_" + pl.col("verdict").fill_null("crashed"),
            severity=pl.lit("block"),
            value=pl.lit(None, pl.String),
            suggestion=pl.lit(None, pl.String),
            file="path",
            refuses=sure,
        )
    )


def of_twins(files: pl.DataFrame, tracks: pl.DataFrame) -> pl.DataFrame:
    """Files of a batch that sound exactly the same, unless all of them are of one ISRC: each names the others."""
    codes = tracks.select("release", "row", "isrc")
    heard = files.filter(usable() & (pl.col("kind") == "audio") & pl.col("md5").is_not_null())
    heard = heard.join(codes, on=["release", "row"], how="left", maintain_order="left")
    same_code = pl.col("isrc").is_not_null().all() & (pl.col("isrc").n_unique() == 1)
    twins = heard.filter((pl.len() > 1).over("md5") & ~same_code.over("md5"))
    others = twins.join(twins.select("md5", other="path"), on="md5").filter(pl.col("path") != pl.col("other"))
    named = others.group_by("id", maintain_order=True).agg(pl.col("other").str.join("; "))
    return _warned(twins.join(named, on="id", how="left", maintain_order="left"), "audio_twice", pl.col("other"))


def of_one_recording(files: pl.DataFrame, keys: pl.DataFrame, *, refuses: bool) -> pl.DataFrame:
    """Files of several rows that are one recording and do not sound the same: each names the others.

    `keys` has the `key` of the recording of each row, null where nothing is known of it.
    """
    sure = pl.col("row").is_not_null() & ~pl.col("doubtful").fill_null(value=False)
    heard = files.filter(usable() & (pl.col("kind") == "audio") & sure)
    heard = heard.join(keys.drop_nulls("key"), on=["release", "row"], how="inner", maintain_order="left")
    apart = heard.filter((pl.col("md5").n_unique() > 1).over("key"))
    both = apart.join(apart.select("key", other="path", other_md5="md5"), on="key")
    others = both.filter(pl.col("md5") != pl.col("other_md5")).group_by("id", maintain_order=True)
    named = others.agg(pl.col("other").unique(maintain_order=True).str.join("; "))
    told = apart.join(named, on="id", how="left", maintain_order="left")
    return _told(told, "recording_twice", pl.col("other"), severity="block" if refuses else "warn", refuses=refuses)


def of_known(files: pl.DataFrame, placed: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Files that sound as a recording of the catalogue does which is not the one of their row.

    `placed` has the `recording_id` of each row, `known` says which recordings sound so.
    """
    heard = files.filter(usable() & (pl.col("kind") == "audio"))
    heard = heard.join(placed, on=["release", "row"], how="left", maintain_order="left")
    both = heard.join(known.rename({"recording_id": "other_id"}), left_on="md5", right_on="audio_md5", how="inner")
    other = both.filter(pl.col("recording_id").ne_missing(pl.col("other_id"))).unique("id", maintain_order=True)
    return _warned(other, "audio_known", pl.col("title"))


def of_dual_mono(files: pl.DataFrame, dual: pl.Series) -> pl.DataFrame:
    """Stereo files that are mono."""
    return _warned(files.filter(usable() & dual.fill_null(value=False)), "audio_dual_mono", pl.lit(None, pl.String))


def _warned(files: pl.DataFrame, rule: str, value: pl.Expr) -> pl.DataFrame:
    return _told(files, rule, value, severity=SEVERITIES[rule], refuses=False)


def _told(files: pl.DataFrame, rule: str, value: pl.Expr, *, severity: str, refuses: bool) -> pl.DataFrame:
    return _findings(
        files.with_columns(
            field=pl.lit("track.file"),
            rule=pl.lit(rule),
            severity=pl.lit(severity),
            value=value,
            suggestion=pl.lit(None, pl.String),
            file="path",
            refuses=pl.lit(value=refuses),
        )
    )


def _findings(rows: pl.DataFrame) -> pl.DataFrame:
    with_safe = rows.with_columns(safe=pl.lit(value=False))
    return with_safe.select(pl.col(name).cast(kind) for name, kind in FINDINGS.items())
