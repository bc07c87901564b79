"""Rows on their way from text to values, and the problems found on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from app.uploads.rules.problems import select_problems

_ALIKE = 4
"""A table of what was made is worth its while where each text stands so often."""


@dataclass(slots=True)
class Reading:
    """Rows with `row`, `release` and a column of text for every field; `headers` names the sender's columns."""

    rows: pl.DataFrame
    headers: Mapping[str, str]
    problems: list[pl.DataFrame] = field(default_factory=list)

    def renumbered(self) -> Reading:
        """Releases numbered 1, 2, … in the order of their first rows."""
        order = self.rows.select(pl.col("release").unique(maintain_order=True)).with_row_index("number", offset=1)
        rows = self.rows.join(order, on="release", how="left", maintain_order="left")
        return Reading(rows.drop("release").rename({"number": "release"}), self.headers, self.problems)

    def has(self, name: str) -> bool:
        """Tell whether the sender has a column for a field."""
        return name in self.headers

    def note(
        self,
        frame: pl.DataFrame,
        name: str,
        when: pl.Expr,
        rule: str,
        value: pl.Expr,
        suggestion: pl.Expr | None = None,
    ) -> None:
        """Keep a problem with a field for each row of `frame` for which `when` holds."""
        found = select_problems(
            frame,
            when,
            rule,
            value=value.str.slice(0, 200),
            field=name,
            column=self.headers.get(name),
            suggestion=suggestion,
        )
        if found.height:
            self.problems.append(found)

    def read(self, name: str, value: pl.Expr, dtype: type[pl.DataType], rule: str) -> pl.Series:
        """What `value` makes of a field, null where the sender has no such column; a problem where it makes nothing."""
        if not self.has(name):
            return pl.Series(name, [None] * self.rows.height, dtype)
        found = self._made(name, value)
        self.refuse(name, found.is_null(), rule)
        return found

    def _made(self, name: str, value: pl.Expr) -> pl.Series:
        """What `value` makes of each cell; of what many cells say alike it is made once."""
        said = self.rows.select(name)
        distinct = said.unique()
        if distinct.height * _ALIKE > said.height:
            return said.select(value.alias(name)).to_series()
        table = distinct.select(name, value.alias("made"))
        joined = said.join(table, on=name, how="left", nulls_equal=True, maintain_order="left")
        return joined["made"].alias(name)

    def refuse(self, name: str, failed: pl.Series, rule: str) -> None:
        """Keep a problem for each row that says something in a field of which nothing could be made."""
        if failed.any():
            self.note(self.rows.filter(failed), name, pl.col(name).is_not_null(), rule, pl.col(name))
