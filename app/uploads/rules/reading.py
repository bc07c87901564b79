"""Rows on their way from text to values, and the problems found on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from app.uploads.rules.problems import select_problems


@dataclass(slots=True)
class Reading:
    """Rows with a column of text for every field, `row` and `release`; `headers` names the sender's column of a field."""

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
        self, frame: pl.DataFrame, name: str, when: pl.Expr, rule: str, value: pl.Expr, suggestion: pl.Expr | None = None
    ) -> None:
        """Keep a problem with a field for each row of `frame` for which `when` holds."""
        found = select_problems(
            frame, when, rule, value=value.str.slice(0, 200), field=name, column=self.headers.get(name), suggestion=suggestion
        )
        if found.height:
            self.problems.append(found)

    def require(self, name: str, rule: str, read: pl.Expr) -> None:
        """Keep a problem for each row that says something in a field of which nothing can be read."""
        if self.has(name):
            self.note(self.rows, name, pl.col(name).is_not_null() & read.is_null(), rule, pl.col(name))
