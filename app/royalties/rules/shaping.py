"""Rows of a report by its layout: what was sold, under which circumstances, and the numbers of each row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from app.royalties.rules.layouts import ASSET, CONTEXT, NUMBERS, REFERENCE, Field, Layout, header_key
from app.royalties.rules.numbers import Sign, decimal_signs, decimals
from app.royalties.rules.refusals import AmountMissing, AmountUnreadable, DecimalsUnclear

BETWEEN: Final = "\x1f"
_DATES: Final = ("sold_from", "sold_until")
_TOTAL: Final = r"(?i)^\s*(?:grand[ _]|sub[ _-]?)?(?:totals?|sum|summe|gesamt(?:summe)?|totale|итого)\b|^Total_"
_TIME: Final = r"[ T]\s*\d{1,2}:\d{2}.*$"
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """A layout laid over the columns of one table."""

    layout: Layout
    names: tuple[str, ...]
    columns: Mapping[str, tuple[int, ...]]
    """By field, the columns that may say it, the first that does counts."""

    fixed: Mapping[str, str]
    """By field, what holds for every row."""

    sign: Sign = "point"

    @property
    def width(self) -> int:
        """How many columns are read."""
        return max(len(self.names), 1)

    def cell(self, name: str) -> pl.Expr:
        """The text of a field in a row; null, or empty, where the table has none."""
        columns = [pl.col(str(column)) for column in self.columns.get(name, ())]
        fixed, part = self.fixed.get(name), self.layout.fields[name].part if name in self.layout.fields else None
        if part:
            columns = [column.str.extract(part) for column in columns]
        if len(columns) == 1 and fixed is None:
            return columns[0].alias(name)
        found = [*map(_said, columns), *([pl.lit(fixed)] if fixed is not None else [])]
        return (pl.coalesce(found) if found else pl.lit(None, pl.String)).alias(name)

    def told(self, names: Sequence[str]) -> list[str]:
        """Those of some fields that rows say themselves."""
        return [name for name in names if name in self.columns]


@dataclass(slots=True)
class Shaped:
    """Rows with `row`, the keys `asset` and `context`, their parts as sent, and numbers as plain decimals."""

    rows: pl.DataFrame
    numbers: tuple[str, ...]
    skipped: Counter[str] = field(default_factory=Counter)
    totals: list[tuple[str | None, str]] = field(default_factory=list)
    """Sums that the table itself states: currency where it says one, and amount."""


def lay(layout: Layout, names: Sequence[str], meta: Mapping[str, str]) -> Plan:
    """Find a layout's columns in a header, and in the preamble what no column says."""
    at = {header_key(name): column for column, name in reversed(list(enumerate(names))) if name}
    columns, fixed = {}, {}
    for name, said in layout.fields.items():
        found = tuple(at[header_key(column)] for column in said.columns if header_key(column) in at)
        if found and (not said.if_same or all(header_key(column) in at for column in said.if_same)):
            columns[name] = found
        told = next((meta[header_key(entry)] for entry in said.meta if meta.get(header_key(entry))), None)
        if told or said.value:
            fixed[name] = told or said.value or ""
    return Plan(layout, tuple(names), columns, fixed)


def with_sign(plan: Plan, cells: pl.DataFrame, *, is_semicolon: bool) -> Plan:
    """The same plan once it is known how its table writes decimals, from some of its rows."""
    said = plan.layout.decimals
    if said != "auto":
        return replace(plan, sign="comma" if said == "comma" else "point")
    texts = [
        cells.select(_said(pl.col(str(column))).alias("n")).to_series().drop_nulls()
        for name in NUMBERS
        for column in plan.columns.get(name, ())
    ]
    signs: set[Sign] = set().union(*map(decimal_signs, texts))
    if len(signs) > 1:
        raise DecimalsUnclear
    return replace(plan, sign=signs.pop() if signs else "comma" if is_semicolon else "point")


def shape(cells: pl.DataFrame, first: int, plan: Plan) -> Shaped:
    """Rows that begin with this number, by a plan; what is no sale is left out and counted."""
    numbers = tuple(name for name in NUMBERS if name in plan.columns or name in plan.fixed)
    rows = cells.with_row_index("row", offset=first)
    skipped: Counter[str] = Counter()
    rows = _without(rows, plan, skipped)
    rows = rows.with_columns(plan.cell(name) for name in (*ASSET, *CONTEXT, REFERENCE, *numbers))
    rows, totals = _without_totals(rows, plan, skipped)
    rows = _without_empty(rows, skipped)
    rows = rows.with_columns(_numbers(rows, plan, numbers)).with_columns(pl.col("net").fill_null("0"))
    rows = rows.with_columns(
        pl.col("quantity").fill_null("0") if "quantity" in numbers else pl.lit("0").alias("quantity")
    )
    rows = rows.with_columns(pl.col(name).str.replace(_TIME, "") for name in _DATES if _has_times(rows[name]))
    keys = [_key(plan.told(ASSET)).alias("asset"), _key(plan.told(CONTEXT)).alias("context")]
    numbers = tuple(dict.fromkeys(("quantity", *numbers)))
    return Shaped(rows.select("row", *ASSET, *CONTEXT, REFERENCE, *numbers, *keys), numbers, skipped, totals)


def _has_times(texts: pl.Series) -> bool:
    return texts.dtype == pl.String and bool(texts.str.contains(":", literal=True).any())


def _said(text: pl.Expr) -> pl.Expr:
    stripped = text.str.strip_chars(" \t\r\u00a0\ufeff")
    return pl.when(stripped.str.len_bytes() > 0).then(stripped)


def _is_blank(text: pl.Expr) -> pl.Expr:
    return text.is_null() | (text == "")


def _key(names: Sequence[str]) -> pl.Expr:
    if not names:
        return pl.lit("")
    return pl.concat_str([pl.col(name).fill_null("") for name in names], separator=BETWEEN)


def _without(rows: pl.DataFrame, plan: Plan, skipped: Counter[str]) -> pl.DataFrame:
    """Without rows of other kinds, as the layout tells them."""
    at = {header_key(name): str(column) for column, name in enumerate(plan.names)}
    for rule in plan.layout.skip:
        column = at.get(header_key(rule.column))
        if column is not None:
            other = rows[column].str.contains(f"(?i){rule.matches}").fill_null(value=False)
            if other.any():
                skipped[rule.reason] += int(other.sum())
                rows = rows.filter(~other)
    return rows


def _without_totals(
    rows: pl.DataFrame, plan: Plan, skipped: Counter[str]
) -> tuple[pl.DataFrame, list[tuple[str | None, str]]]:
    """Without rows that sum others up, and what they state."""
    codes = plan.told(("isrc", "upc", "catalog_number"))
    nameless = pl.all_horizontal(*(_is_blank(pl.col(name)) for name in codes), pl.lit(value=True))
    if not rows.select(nameless.any()).item():
        return rows, []
    first = pl.coalesce(_said(pl.col(str(column))) for column in range(min(plan.width, 3)))
    is_total = rows.select((nameless & first.str.contains(_TOTAL)).fill_null(value=False)).to_series()
    if not is_total.any():
        return rows, []
    found = rows.filter(is_total)
    skipped["total"] += found.height
    return rows.filter(~is_total), [stated for row in found.iter_rows(named=True) if (stated := _stated(row, plan))]


def _stated(row: Mapping[str, object], plan: Plan) -> tuple[str | None, str] | None:
    """Currency and amount of a row of totals; those of counts state nothing that is held against lines."""
    label = " ".join(str(row.get(str(column)) or "") for column in range(min(plan.width, 3))).casefold()
    cells = [str(cell) for name, cell in row.items() if name.isdecimal() and cell]
    currency = row["currency"] if "currency" in plan.columns else None
    if row.get("net"):
        return (str(currency) if currency else None), str(row["net"])
    if re.search(r"amount|payable|earned|revenue|royalt|net", label) and len(cells) == 2:
        return None, cells[1]
    return None


def _without_empty(rows: pl.DataFrame, skipped: Counter[str]) -> pl.DataFrame:
    """Without rows in which there is neither an amount nor a number of anything."""
    no_amount = rows.select(_is_blank(_said(pl.col("net")))).to_series()
    if not no_amount.any():
        return rows
    number = _said(pl.col("quantity")) if "quantity" in rows.columns else pl.lit(None, pl.String)
    odd = rows.filter(no_amount).with_columns(number.alias("number"))
    returned = odd.filter(pl.col("number").str.contains(r"^\s*[-−(]"))
    if returned.height:
        raise AmountMissing(row=returned["row"][0], quantity=returned["number"][0][:_SHOWN])
    empty = odd.filter(pl.col("number").is_null())
    blank = empty.filter(pl.all_horizontal(_is_blank(pl.col(name)) for name in ASSET)).height
    skipped["blank"] += blank
    skipped["without_amount"] += empty.height - blank
    return rows.filter(~pl.col("row").is_in(empty["row"].implode()))


def _numbers(rows: pl.DataFrame, plan: Plan, names: Sequence[str]) -> list[pl.Series]:
    found = []
    for name in names:
        said: Field = plan.layout.fields[name]
        plain = decimals(rows[name], plan.sign if name in plan.columns else "point")
        wrong = (plain.str.len_bytes() == 0).fill_null(value=False)
        if wrong.any():
            _refuse(rows.filter(wrong), plan, name)
        if said.is_magnitude:
            plain = plain.str.strip_prefix("-")
        if said.if_same:
            first, second = (
                str(next(i for i, n in enumerate(plan.names) if header_key(n) == header_key(c))) for c in said.if_same
            )
            plain = rows.select(pl.when(pl.col(first) == pl.col(second)).then(plain).alias(name)).to_series()
        found.append(plain)
    return found


def _refuse(rows: pl.DataFrame, plan: Plan, name: str) -> None:
    column = next((plan.names[at] for at in plan.columns.get(name, ())), name)
    raise AmountUnreadable(row=rows["row"][0], value=rows[name][0][:_SHOWN], column=column)
