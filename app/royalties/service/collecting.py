"""Which sales a run is about: the reports that no run took in yet, and what earlier runs could pay to nobody."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from io import BytesIO
from typing import Any, Final
from uuid import UUID

import numpy as np
import polars as pl
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.db import copied_out, copy_rows, table_of
from app.royalties.models import RoyaltyPeriod, RoyaltyRun, RunLeftover, RunReport, SalesReport

SALES: Final = {"asset_id": pl.Int64, "context_id": pl.Int64}
LEFT: Final = {"report": pl.Int64, **SALES}
SUMS: Final = {"lines": pl.Int64, "quantity": pl.Int64, "net": pl.Int64, "positive": pl.Int64}
"""What the lines of a sale come to, amounts in units of `UNIT`; null where that is not exact."""

UNIT: Final = "0.0000000001"
UNTOLD: Final = -(1 << 63)
MOST: Final = 1e18
"""Well within 64 bits, though it is compared as a float."""


def _in_units(amount: str) -> str:
    """An amount as a whole number of units, `UNTOLD` where it is none or too large to add many up."""
    fits = f"scale({amount}) <= 10 AND {amount} BETWEEN -10000000 AND 10000000"
    return f"CASE WHEN {fits} THEN ({amount} * 10000000000)::bigint ELSE {UNTOLD} END"


_NEW = text(
    "SELECT "
    + ", ".join(
        f"array_send(array_agg({value}))"
        for value in ("asset_id", "context_id", _in_units("quantity"), _in_units("net"))
    )
    + " FROM sales_lines WHERE report_id = :report"
)
_SUMMED = f"""
SELECT report, asset_id, context_id, lines, {_in_units("quantity")} AS quantity,
  {_in_units("net")} AS net, {_in_units("positive")} AS positive
FROM (
  SELECT k.report, k.asset_id, k.context_id, count(*) AS lines, sum(l.quantity) AS quantity, sum(l.net) AS net,
    coalesce(sum(l.net) FILTER (WHERE l.quantity > 0), 0) AS positive
  FROM ({{sales}}) k JOIN sales_reports r ON r.serial = k.report
    JOIN sales_lines l ON l.report_id = r.id AND l.asset_id = k.asset_id AND l.context_id = k.context_id
  GROUP BY k.report, k.asset_id, k.context_id) s
"""
_LEFT = (
    "SELECT r.serial AS report, l.asset_id, l.context_id FROM run_leftovers l "
    "JOIN sales_reports r ON r.id = l.report_id WHERE l.run_id = %(last)s"
)
_PAID = (
    "SELECT s.report, s.asset_id, s.context_id FROM earning_sources s JOIN royalty_runs u ON u.serial = s.run "
    f"WHERE u.period_id = %(period)s AND u.state = 'published' EXCEPT {_LEFT}"
)


def take_in(session: Session, run: RoyaltyRun) -> list[SalesReport]:
    """Give a run every imported report that ends by its period and that no published run took in."""
    period = session.get_one(RoyaltyPeriod, run.period_id)
    taken = (
        select(RunReport.report_id)
        .join(RoyaltyRun, RoyaltyRun.id == RunReport.run_id)
        .where(RoyaltyRun.state == "published")
    )
    query = select(SalesReport).where(
        SalesReport.state == "imported", SalesReport.period_end <= period.ends_on, SalesReport.id.not_in(taken)
    )
    reports = list(session.scalars(query.order_by(SalesReport.id)))
    session.add_all(RunReport(run_id=run.id, report_id=report.id) for report in reports)
    session.flush()
    return reports


def sales(session: Session, run: RoyaltyRun, reports: list[SalesReport]) -> pl.DataFrame:
    """Every distinct sale of a run: the report's short number, asset, context, and what `SUMS` says of its lines.

    A restatement is about all that was paid for its period so far, what was left, and what came since.
    """
    asked = {"last": last_published(session), "period": run.period_id}
    found = [_before(session, _LEFT, asked)]
    if run.restates_id:
        found.append(_before(session, _PAID, asked))
    for report in reports:
        columns = session.execute(_NEW, {"report": report.id}).one()
        if columns[0] is not None:
            lines = pl.DataFrame(dict(zip((*SALES, "quantity", "net"), map(_numbers, columns), strict=True)))
            sold = pl.lit(report.serial, pl.Int64).alias("report")
            found.append(_told(_added_up(lines)).select(sold, *SALES, *SUMS))
    return pl.concat(found)


def _before(session: Session, query: str, values: dict[str, Any]) -> pl.DataFrame:
    """Sales that an earlier run knew of."""
    return _told(as_frame(copied_out(session, _SUMMED.format(sales=query), values), LEFT | SUMS))


def _added_up(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines of each sale as one; where an amount is untold none of all is told, for sums would hide it."""
    amounts = [pl.col(name) for name in SUMS if name in lines.columns]
    if lines.select(pl.any_horizontal(amount == UNTOLD for amount in amounts).any()).item():
        lines = lines.with_columns(pl.lit(UNTOLD, pl.Int64).alias(name) for name in ("quantity", "net"))
        return lines.unique(list(SALES), maintain_order=True).with_columns(lines=UNTOLD, positive=UNTOLD)
    sold = lines.with_columns(positive=pl.when(pl.col("quantity") > 0).then("net").otherwise(0))
    sums = (pl.col(name).sum() for name in ("quantity", "net", "positive"))
    return sold.group_by(list(SALES), maintain_order=True).agg(pl.len().cast(pl.Int64).alias("lines"), *sums)


def _told(sold: pl.DataFrame) -> pl.DataFrame:
    return sold.with_columns(pl.when(pl.col(name) != UNTOLD).then(name).alias(name) for name in SUMS)


def _numbers(raw: bytes) -> Any:
    """A bigint[] in PostgreSQL's binary form: 20 bytes, then length and value of each; no object a row."""
    return np.frombuffer(raw, dtype=[("length", ">i4"), ("value", ">i8")], offset=20)["value"].astype(np.int64)


def are_exact(sold: pl.DataFrame) -> bool:
    """Whether all that sales come to is told, and so little that it adds up within 64 bits."""
    if any(sold.select(pl.col(*SUMS).null_count()).row(0)):
        return False
    return all(total < MOST for total in sold.select(pl.col(*SUMS).cast(pl.Float64).abs().sum()).row(0))


def received(session: Session, serials: Collection[int]) -> dict[int, date]:
    """When the money of reports came, by their short numbers."""
    zone = session.info["tenant"].time_zone
    query = select(SalesReport.serial, SalesReport.received_on, SalesReport.created_at)
    rows = session.execute(query.where(SalesReport.serial.in_(serials)))
    return {serial: on or clock.day_in(zone, created) for serial, on, created in rows}


def last_published(session: Session) -> UUID | None:
    """The run that was published last."""
    query = select(RoyaltyRun.id).where(RoyaltyRun.state == "published")
    return session.scalar(query.order_by(RoyaltyRun.published_at.desc(), RoyaltyRun.id.desc()).limit(1))


def leave(session: Session, run: RoyaltyRun, left: pl.DataFrame) -> None:
    """Note what a run could pay to nobody: report, asset, context, why."""
    ids = session.execute(
        select(SalesReport.serial, SalesReport.id).where(SalesReport.serial.in_(left["report"].unique()))
    )
    reports = pl.DataFrame(
        [(serial, str(report)) for serial, report in ids],
        schema={"report": pl.Int64, "report_id": pl.String},
        orient="row",
    )
    owned = left.join(reports, on="report").drop("report").with_columns(run_id=pl.lit(str(run.id)))
    write(session, RunLeftover, owned)


def write(session: Session, model: type, frame: pl.DataFrame) -> None:
    """Write a frame into a table, by the names of its columns."""
    if frame.height:
        copy_rows(session, table_of(model), frame.columns, frame.write_csv(include_header=False).encode())


def as_frame(rows: bytes, schema: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    """Rows of CSV under a header as a frame."""
    return pl.read_csv(BytesIO(rows), schema=schema, try_parse_dates=True)
