"""Which sales a run is about: the reports that no run took in yet, and what earlier runs could pay to nobody."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final
from uuid import UUID

import numpy as np
import polars as pl
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.kernel.db import copied_out, copy_rows, table_of
from app.royalties.models import RoyaltyPeriod, RoyaltyRun, RunLeftover, RunReport, SalesReport

SALES: Final = {"asset_id": pl.Int64, "context_id": pl.Int64}
LEFT: Final = {"report": pl.Int64, **SALES}

_NEW = text(
    "SELECT array_send(array_agg(asset_id)), array_send(array_agg(context_id)) FROM sales_lines "
    "WHERE report_id = :report"
)
_LEFT = (
    "SELECT r.serial AS report, l.asset_id, l.context_id FROM run_leftovers l "
    "JOIN sales_reports r ON r.id = l.report_id WHERE l.run_id = %(last)s"
)
_PAID = (
    "SELECT DISTINCT s.report, s.asset_id, s.context_id FROM earning_sources s "
    "JOIN royalty_runs u ON u.serial = s.run WHERE u.id = %(run)s"
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
    """Every distinct sale of a run: the report's short number, asset, context.

    A restatement is about all that the run it restates paid, what that one left, and what came since.
    """
    found = [as_frame(copied_out(session, _LEFT, {"last": last_published(session)}), LEFT)]
    if run.restates_id:
        found.append(as_frame(copied_out(session, _PAID, {"run": run.restates_id}), LEFT))
    for report in reports:
        assets, contexts = session.execute(_NEW, {"report": report.id}).one()
        if assets is not None:
            lines = pl.DataFrame({"asset_id": _numbers(assets), "context_id": _numbers(contexts)})
            sold = lines.unique(maintain_order=True)
            found.append(sold.select(pl.lit(report.serial, pl.Int64).alias("report"), *SALES))
    return pl.concat(found)


def _numbers(raw: bytes) -> Any:
    """A bigint[] in PostgreSQL's binary form: 20 bytes, then length and value of each; no object a row."""
    return np.frombuffer(raw, dtype=[("length", ">i4"), ("value", ">i8")], offset=20)["value"].astype(np.int64)


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
