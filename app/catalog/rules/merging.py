"""What a manifest says against what the catalogue holds, field by field; what is not said changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

RELEASE_FIELDS: Mapping[str, str] = {
    "title": "title",
    "version": "version_title",
    "artist_line": "artist_line",
    "kind": "kind",
    "catalog_number": "catalog_number",
    "upc": "upc",
    "grid": "grid",
    "language": "language",
    "genre": "genre",
    "subgenre": "subgenre",
    "styles": "styles",
    "explicit": "parental",
    "ai_use": "ai_use",
    "p_year": "p_year",
    "p_owner": "p_owner",
    "c_year": "c_year",
    "c_owner": "c_owner",
    "original_release_date": "original_release_date",
    "release_date": "release_date",
    "preorder_date": "preorder_date",
    "territories": "territories",
    "excluded_territories": "excluded_territories",
    "format": "format",
    "country": "country",
}
"""Column of a frame to column of a release."""

RECORDING_FIELDS: Mapping[str, str] = {
    "title": "title",
    "version": "version_title",
    "artist_line": "artist_line",
    "isrc": "isrc",
    "duration_ms": "duration_ms",
    "language": "language",
    "lyrics_language": "lyrics_language",
    "lyrics": "lyrics",
    "explicit": "parental",
    "instrumental": "is_instrumental",
    "ai_use": "ai_use",
    "genre": "genre",
}
"""Column of a frame to column of a recording."""

LISTS = frozenset({"styles", "territories", "excluded_territories"})
NEEDED = frozenset({"title", "artist_line", "kind", "parental", "ai_use", "is_instrumental", *LISTS})
BETWEEN = "|"
"""Stands between the values of a list where a change is told as text."""

CHANGES = {
    "kind": pl.String,
    "id": pl.String,
    "release": pl.UInt32,
    "row": pl.UInt32,
    "field": pl.String,
    "before": pl.String,
    "after": pl.String,
}


def artist_lines() -> pl.Expr:
    """Artists as a cover names them: "A, B & C feat. D"; null where nobody is named."""
    main, guests = _listed("artists"), _listed("featuring")
    return pl.when(guests.is_null()).then(main).otherwise(main + pl.lit(" feat. ") + guests)


def _listed(column: str) -> pl.Expr:
    names = pl.col(column)
    count = names.list.len()
    first = names.list.head(count - 1).list.join(", ")
    several = first + pl.lit(" & ") + names.list.last()
    return pl.when(count == 1).then(names.list.first()).when(count > 1).then(several)


def differences(said: pl.DataFrame, held: pl.DataFrame, fields: Mapping[str, str], *, kind: str) -> pl.DataFrame:
    """Every field in which what is said differs from what is held; both have `id`, what is said `release` and `row`.

    Held columns have the model's names.
    """
    if said.is_empty() or held.is_empty():
        return pl.DataFrame(schema=CHANGES)
    both = said.join(held, on="id", suffix="_held", nulls_equal=False)
    found = [_differing(both, name, column, kind=kind) for name, column in fields.items() if name in said.columns]
    return pl.concat([pl.DataFrame(schema=CHANGES), *found])


def _differing(both: pl.DataFrame, name: str, column: str, *, kind: str) -> pl.DataFrame:
    held = f"{column}_held" if f"{column}_held" in both.columns else column
    after, before = _text(both, name), _text(both, held)
    return both.filter(after.is_not_null() & after.ne_missing(before)).select(
        pl.lit(kind).alias("kind"),
        "id",
        pl.col("release").cast(pl.UInt32),
        pl.col("row").cast(pl.UInt32),
        pl.lit(column).alias("field"),
        before.alias("before"),
        after.alias("after"),
    )


def altered(
    rows: pl.DataFrame, before: pl.DataFrame, after: pl.DataFrame, fields: Mapping[str, str], *, kind: str
) -> pl.DataFrame:
    """Every field that differs between two frames of the same rows (`release`, `id`, perhaps `row`), cleared ones too.

    What must hold something is never cleared.
    """
    if "row" not in rows.columns:
        rows = rows.with_columns(row=pl.lit(None, pl.UInt32))
    found = [pl.DataFrame(schema=CHANGES)]
    for name, column in fields.items():
        if name in before.columns and not before[name].equals(after[name]):
            both = rows.select("id", "release", "row").with_columns(
                before.select(_text(before, name).alias("before")).to_series(),
                after.select(_text(after, name).alias("after")).to_series(),
                kind=pl.lit(kind),
                field=pl.lit(column),
            )
            other = pl.col("before").ne_missing(pl.col("after"))
            found.append(
                both.filter(other & (pl.col("after").is_not_null() | (column not in NEEDED))).select(list(CHANGES))
            )
    return pl.concat(found)


def _text(frame: pl.DataFrame, column: str) -> pl.Expr:
    """A column as text; a list in the order it has, and an empty one as nothing said."""
    value = pl.col(column)
    if isinstance(frame.schema[column], pl.List):
        return pl.when(value.list.len() > 0).then(value.list.join(BETWEEN))
    return value.cast(pl.String)
