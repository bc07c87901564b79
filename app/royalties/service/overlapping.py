"""Rows that stood in an earlier report of the same sender, as re-exports repeat them: left out, and counted."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.royalties.models import SalesLine, SalesReport

PIECE = 100_000


class Earlier:
    """The rows of earlier reports on the same time: a row that stood there twice is left out twice, and no more."""

    def __init__(self, session: Session, report: SalesReport) -> None:
        self._session, self._report = session, report
        self._prints: NDArray[np.int64] = np.empty(0, np.int64)
        self._left: NDArray[np.int64] = np.empty(0, np.int64)
        self._of: NDArray[np.int64] = np.empty(0, np.int64)
        self._reports: list[tuple[UUID, str]] = []
        self.skipped: Counter[int] = Counter()
        self.is_possible = True
        """Rows without a date of their own cannot be told from those of another month."""

    def look(self, source: str, first: date, last: date) -> None:
        """Take in the reports of a sender on these days that were not taken in yet."""
        if not self.is_possible:
            return
        known = [report for report, _ in self._reports]
        query = select(SalesReport.id, SalesReport.name).where(
            SalesReport.source == source,
            SalesReport.state.in_(("imported", "held")),
            SalesReport.id != self._report.id,
            SalesReport.id.not_in(known),
            SalesReport.period_start <= last,
            SalesReport.period_end >= first,
        )
        for report_id, name in self._session.execute(query.order_by(SalesReport.created_at)).all():
            self._reports.append((report_id, name))
            self._take(report_id, len(self._reports) - 1)

    def _take(self, report_id: UUID, number: int) -> None:
        query = select(SalesLine.fingerprint).where(SalesLine.report_id == report_id)
        rows = self._session.execute(query.execution_options(yield_per=PIECE))
        pieces = [np.fromiter((row[0] for row in part), np.int64) for part in rows.partitions()]
        if not pieces:
            return
        prints, counts = np.unique(np.concatenate(pieces), return_counts=True)
        prints = np.concatenate([self._prints, prints])
        order = np.argsort(prints, kind="stable")
        self._prints = prints[order]
        self._left = np.concatenate([self._left, counts])[order]
        self._of = np.concatenate([self._of, np.full(counts.size, number)])[order]

    def without(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Lines without those that stood in an earlier report already."""
        if not self._prints.size:
            return lines
        prints = lines["fingerprint"].to_numpy()
        repeated = np.flatnonzero(np.isin(prints, self._prints))
        keep = np.ones(prints.size, bool)
        for at in repeated:
            place = int(np.searchsorted(self._prints, prints[at]))
            while place < self._prints.size and self._prints[place] == prints[at]:
                if self._left[place]:
                    self._left[place] -= 1
                    self.skipped[int(self._of[place])] += 1
                    keep[at] = False
                    break
                place += 1
        return lines.filter(pl.Series(keep))

    def told(self) -> list[dict[str, Any]]:
        """How many rows stood in which report."""
        return [
            {"report": str(self._reports[number][0]), "name": self._reports[number][1], "rows": rows}
            for number, rows in sorted(self.skipped.items())
        ]
