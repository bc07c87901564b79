"""Lists of sales reports and what became of their lines."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from app.royalties.models import SalesAsset, SalesContext, SalesLine, SalesReport, SalesSum

_IS_MATCHED = (
    SalesAsset.recording_id.is_not(None) | SalesAsset.release_id.is_not(None) | SalesAsset.artist_id.is_not(None)
)


def reports() -> Select[SalesReport]:
    """Every report, newest first."""
    return select(SalesReport).order_by(SalesReport.created_at.desc(), SalesReport.id.desc())


def matched_lines(session: Session, report_ids: list[UUID]) -> dict[UUID, int]:
    """By report, how many lines are about something of ours."""
    query = (
        select(SalesSum.report_id, func.sum(SalesSum.lines))
        .join(SalesAsset, SalesAsset.id == SalesSum.asset_id)
        .where(SalesSum.report_id.in_(report_ids), _IS_MATCHED)
        .group_by(SalesSum.report_id)
    )
    return {report_id: int(lines) for report_id, lines in session.execute(query)}


def ways(session: Session, report_id: UUID) -> list[Row[Any]]:
    """How a report's assets were matched: way, assets, lines; none for those that were not."""
    query = (
        select(SalesAsset.match, func.count(func.distinct(SalesAsset.id)), func.sum(SalesSum.lines))
        .join(SalesSum, SalesSum.asset_id == SalesAsset.id)
        .where(SalesSum.report_id == report_id)
        .group_by(SalesAsset.match)
        .order_by(func.sum(SalesSum.lines).desc())
    )
    return list(session.execute(query))


def lines(session: Session, report_id: UUID, *, limit: int, after: int = 0) -> list[Row[Any]]:
    """Lines of a report in the order of its rows, with what they are about."""
    query = (
        select(
            SalesLine.row,
            SalesLine.quantity,
            SalesLine.net,
            SalesAsset.title,
            SalesAsset.artist,
            SalesAsset.isrc,
            SalesAsset.upc,
            SalesAsset.recording_id,
            SalesAsset.release_id,
            SalesAsset.match,
            SalesContext.store,
            SalesContext.channel,
            SalesContext.territory,
            SalesContext.currency,
        )
        .join(SalesAsset, SalesAsset.id == SalesLine.asset_id)
        .join(SalesContext, SalesContext.id == SalesLine.context_id)
        .where(SalesLine.report_id == report_id, SalesLine.row > after)
        .order_by(SalesLine.row)
    )
    return list(session.execute(query.limit(limit)))
