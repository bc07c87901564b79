"""All rules over all rows at once; what they found, put right where that is safe, and added up by release."""

from __future__ import annotations

from datetime import date

import polars as pl

from app.catalog.rules.frames import FINDINGS, PARTIES, RELEASES, TRACKS, Known, conform, empty
from app.catalog.rules.prepare import prepare
from app.catalog.rules.registry import RULES, Rule, Scope, Sheets

ROUNDS = 6
"""So often a fix may uncover another in the same cell: a title has no more layers than that."""

_ORDER = "_order"
_NOBODY = Known(today=date(1970, 1, 1))
"""No safe fix depends on what the catalogue holds, or on the day."""


def validate(releases: pl.DataFrame, tracks: pl.DataFrame, known: Known) -> pl.DataFrame:
    """Every finding (`FINDINGS`), by release, row and rule; `known` leaves out the releases being looked at."""
    sheets = prepare(releases, tracks, known)
    found = _by_row(sheets.releases, "release") + _by_row(sheets.tracks, "track") + _by_relation(sheets)
    return _put_together(found)


def validate_parties(parties: pl.DataFrame) -> pl.DataFrame:
    """Every finding about the identifiers of parties (`PARTIES`)."""
    return _put_together(_by_row(conform(parties, PARTIES), "party"))


def _put_together(found: list[pl.DataFrame]) -> pl.DataFrame:
    if not found:
        return empty(FINDINGS)
    order = {code: place for place, code in enumerate(RULES)}
    ranked = pl.concat(found).with_columns(pl.col("rule").replace_strict(order, return_dtype=pl.UInt16).alias(_ORDER))
    return ranked.sort("release", "row", _ORDER, nulls_last=False, maintain_order=True).drop(_ORDER)


def _rules(scope: Scope) -> list[Rule]:
    return [rule for rule in RULES.values() if scope in rule.scopes]


def _by_row(frame: pl.DataFrame, scope: Scope) -> list[pl.DataFrame]:
    rules = [(rule, rule.fails) for rule in _rules(scope) if rule.fails is not None]
    # One pass for all rules: polars spreads them over the processors and works out common parts once.
    failed = frame.select(fails.fill_null(value=False).alias(rule.code) for rule, fails in rules)
    any_failed = failed.select(pl.all().any()).row(0, named=True) if failed.height else {}
    return [_findings(rule, frame.filter(failed[rule.code]), scope) for rule, _ in rules if any_failed.get(rule.code)]


def _by_relation(sheets: Sheets) -> list[pl.DataFrame]:
    found = []
    for rule in RULES.values():
        if rule.look is not None:
            scope = rule.scopes[0]
            rows = rule.look(sheets)
            found += [_findings(rule, rows, scope)] if rows.height else []
    return found


def _findings(rule: Rule, rows: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    suggestion = pl.lit(None) if rule.fix is None else rule.fix
    if "suggestion" in rows.columns:
        suggestion = pl.col("suggestion")
    said = rows.select(
        (pl.col("release") if scope != "party" else pl.lit(None)).cast(pl.UInt32).alias("release"),
        (pl.col("row") if scope != "release" else pl.lit(None)).cast(pl.UInt32).alias("row"),
        value=pl.col(rule.field) if rule.field in rows.columns else pl.lit(None),
        suggestion=suggestion,
    )
    said = said.with_columns(_text(said, "value"), _text(said, "suggestion"))
    return said.with_columns(
        rule=pl.lit(rule.code),
        severity=pl.lit(rule.severity),
        stage=pl.lit(rule.stage),
        field=pl.lit(rule.field),
        safe=_is_safe(rule, pl.col("suggestion"), pl.col("value")),
    ).select(list(FINDINGS))


def _is_safe(rule: Rule, suggestion: pl.Expr, value: pl.Expr) -> pl.Expr:
    """A safe fix says something, and something else than what stands there."""
    return pl.lit(rule.safe) & suggestion.is_not_null() & suggestion.ne_missing(value)


def _text(frame: pl.DataFrame, name: str) -> pl.Expr:
    """A column of any kind as people read it."""
    dtype = frame.schema[name]
    if dtype == pl.List(pl.String):
        return pl.col(name).list.join("; ")
    if isinstance(dtype, pl.List):
        return pl.lit(None, dtype=pl.String).alias(name)
    return pl.col(name).cast(pl.String)


def apply_fixes(
    releases: pl.DataFrame, tracks: pl.DataFrame, findings: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Releases and tracks in which the cells of safe findings are put right, also what a fix uncovers in its cell.

    Doing it twice is harmless, and so are findings that are not safe: they change nothing.
    """
    releases, tracks = conform(releases, RELEASES), conform(tracks, TRACKS)
    safe = findings.filter("safe")
    of_releases, of_tracks = safe.filter(pl.col("row").is_null()), safe.filter(pl.col("row").is_not_null())
    sheets = prepare(releases, tracks, _NOBODY)
    fixed = _settled(sheets.releases, of_releases, "release"), _settled(sheets.tracks, of_tracks, "track")
    return fixed[0].select(list(RELEASES)), _suggested(fixed[1], of_tracks).select(list(TRACKS))


def _settled(frame: pl.DataFrame, safe: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """The frame with each found cell put right until no safe fix of its field applies any more."""
    keys = ["release"] if scope == "release" else ["release", "row"]
    for name in sorted(safe["field"].unique()):
        cells = safe.filter(pl.col("field") == name).select(keys).unique()
        rows = frame.join(cells, on=keys, how="semi", maintain_order="left")
        for _ in range(ROUNDS):
            fixed = rows.with_columns(_next_value(name, scope).cast(frame.schema[name]))
            if fixed[name].equals(rows[name]):
                break
            rows = fixed
        if frame.schema[name] == pl.String:
            rows = rows.with_columns(pl.col(name).replace("", None))
        frame = frame.update(rows.select(*keys, name), on=keys, include_nulls=True, maintain_order="left")
    return frame


def _next_value(name: str, scope: Scope) -> pl.Expr:
    """A cell after one fix, by the first rule that it breaks."""
    value = pl.col(name)
    for rule in reversed(_rules(scope)):
        if rule.safe and rule.field == name and rule.fails is not None and rule.fix is not None:
            value = (
                pl.when((rule.fails & rule.fix.is_not_null()).fill_null(value=False)).then(rule.fix).otherwise(value)
            )
    return value.alias(name)


def _suggested(tracks: pl.DataFrame, safe: pl.DataFrame) -> pl.DataFrame:
    """Tracks with what rules suggested that compare rows: a row alone does not say it again."""
    compared = [rule for rule in _rules("track") if rule.look is not None and rule.safe]
    for rule in compared:
        told = safe.filter(pl.col("rule") == rule.code)
        told = told.select("release", "row", _told=pl.col("suggestion").cast(TRACKS[rule.field]))
        tracks = tracks.join(told, on=["release", "row"], how="left", maintain_order="left")
        tracks = tracks.with_columns(pl.coalesce("_told", rule.field).alias(rule.field)).drop("_told")
    return tracks
