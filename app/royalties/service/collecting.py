"""Which sales a run is about: the reports that no run took in yet, and what earlier runs could pay to nobody."""

from __future__ import annotations

from io import BytesIO
from typing import Final
from uuid import UUID

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.db import copied_out, copy_rows, table_of
from app.royalties.models import RoyaltyPeriod, RoyaltyRun, RunLeftover, RunReport, SalesReport

SALES: Final = {"report_id": pl.String, "asset_id": pl.Int64, "context_id": pl.Int64}

_NEW = """
SELECT report_id, asset_id, context_id FROM sales_lines WHERE report_id = ANY(%(reports)s) GROUP BY 1, 2, 3
UNION ALL
SELECT report_id, asset_id, context_id FROM run_leftovers WHERE run_id = %(last)s
"""


def take_in(session: Session, run: RoyaltyRun) -> list[UUID]:
    """Give a run every imported report that ends by its period and that no published run took in."""
    period = session.get_one(RoyaltyPeriod, run.period_id)
    taken = (
        select(RunReport.report_id)
        .join(RoyaltyRun, RoyaltyRun.id == RunReport.run_id)
        .where(RoyaltyRun.state == "published")
    )
    query = select(SalesReport.id).where(
        SalesReport.state == "imported", SalesReport.period_end <= period.ends_on, SalesReport.id.not_in(taken)
    )
    reports = list(session.scalars(query.order_by(SalesReport.id)))
    session.add_all(RunReport(run_id=run.id, report_id=report) for report in reports)
    session.flush()
    return reports


def sales(session: Session, reports: list[UUID]) -> pl.DataFrame:
    """Every distinct sale of a run: report, asset, context."""
    values = {"reports": reports, "last": last_published(session)}
    return as_frame(copied_out(session, _NEW, values), SALES)


def last_published(session: Session) -> UUID | None:
    """The run that was published last."""
    query = select(RoyaltyRun.id).where(RoyaltyRun.state == "published")
    return session.scalar(query.order_by(RoyaltyRun.published_at.desc(), RoyaltyRun.id.desc()).limit(1))


def leave(session: Session, run: RoyaltyRun, left: pl.DataFrame) -> None:
    """Note what a run could pay to nobody: report, asset, context, why."""
    write(session, RunLeftover, left.with_columns(run_id=pl.lit(str(run.id))))


def write(session: Session, model: type, frame: pl.DataFrame) -> None:
    """Write a frame into a table, by the names of its columns."""
    if frame.height:
        copy_rows(session, table_of(model), frame.columns, frame.write_csv(include_header=False).encode())


def as_frame(rows: bytes, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    """Rows of CSV under a header as a frame."""
    return pl.read_csv(BytesIO(rows), schema=schema, try_parse_dates=True)
