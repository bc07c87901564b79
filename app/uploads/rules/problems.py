"""What reading a manifest has to say about single cells, in one frame for all of them."""

from __future__ import annotations

from typing import Final

import polars as pl

PROBLEMS: Final[dict[str, pl.DataType]] = {
    "row": pl.UInt32(),
    "field": pl.String(),
    "column": pl.String(),
    "rule": pl.String(),
    "severity": pl.String(),
    "value": pl.String(),
    "suggestion": pl.String(),
}
"""`row` counts as a spreadsheet does, the first one 1; `column` is the header as the sender wrote it."""

SENTENCES = {
    "row_ragged": "This row has more cells than there are columns. A separator may stand inside a text without quotes.",
    "row_unreadable": "This row cannot be read. A quotation mark may be missing.",
    "cell_too_long": "This cell is longer than a cell may be. It was left out.",
    "characters_lost": "Some characters of this cell could not be read. Save the file as UTF-8.",
    "header_twice": "This column name is there more than once.",
    "date_unreadable": "This is not a date. Write year-month-day, as in 2026-03-27.",
    "date_ambiguous": "Day and month cannot be told apart here. Say which comes first.",
    "duration_unreadable": "This is not a duration. Write minutes:seconds, as in 4:45.",
    "number_unreadable": "This is not a whole number.",
    "position_unreadable": "This position is not known. The track is counted in the order of rows.",
    "explicit_unreadable": "Say explicit, clean or none.",
    "yes_no_unreadable": "Say yes or no.",
    "kind_unreadable": "Say album, EP, single, compilation or DJ mix.",
    "ai_use_unreadable": "Say none, partial or full.",
    "language_unreadable": "This language is not known. Write its code, as in en or pt-BR.",
    "role_unknown": "This role has no standard name. It is kept as it is written.",
    "release_differs": "Another row of this release says something else. The first one counts.",
    "file_without_row": "No row belongs to this file.",
    "row_without_file": "No file belongs to this row.",
    "file_twice": "More than one file belongs to this row.",
    "recording_twice": "Another row has the same recording and another file. Leave out the file that is not meant.",
    "audio_twice": "Another file of this batch has the same audio.",
    "audio_known": "The catalogue has the same audio already, as another recording.",
    "audio_dual_mono": "Both channels are the same: this is mono.",
    "match_doubtful": "This file may belong to this row. Confirm it or choose another.",
}
"""What a person is told, by rule."""

SEVERITIES: Final = {
    **dict.fromkeys(SENTENCES, "block"),
    "characters_lost": "warn",
    "header_twice": "warn",
    "position_unreadable": "warn",
    "role_unknown": "warn",
    "release_differs": "warn",
    "file_without_row": "warn",
    "row_without_file": "info",
    "audio_twice": "warn",
    "audio_known": "warn",
    "audio_dual_mono": "info",
    "match_doubtful": "warn",
}


def problem(
    rule: str,
    row: int | None,
    *,
    field: str | None = None,
    column: str | None = None,
    value: str | None = None,
    suggestion: str | None = None,
) -> dict[str, object]:
    """One problem as a row of the frame."""
    return {
        "row": row, "field": field, "column": column, "rule": rule, "severity": SEVERITIES[rule], "value": value,
        "suggestion": suggestion,
    }  # fmt: skip


def as_frame(problems: list[dict[str, object]]) -> pl.DataFrame:
    """Problems in a frame, in the order given."""
    return pl.DataFrame(problems, schema=PROBLEMS)


def select_problems(
    frame: pl.DataFrame,
    when: pl.Expr,
    rule: str,
    *,
    value: pl.Expr,
    field: str | None = None,
    column: str | None = None,
    suggestion: pl.Expr | None = None,
) -> pl.DataFrame:
    """The rows of `frame` (which has a column `row`) for which `when` holds, as problems of one rule."""
    return frame.filter(when).select(
        pl.col("row").cast(pl.UInt32),
        pl.lit(field, pl.String).alias("field"),
        pl.lit(column, pl.String).alias("column"),
        pl.lit(rule).alias("rule"),
        pl.lit(SEVERITIES[rule]).alias("severity"),
        value.cast(pl.String).alias("value"),
        (pl.lit(None, pl.String) if suggestion is None else suggestion).alias("suggestion"),
    )
