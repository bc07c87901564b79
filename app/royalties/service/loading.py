"""The lines of a report, from the kept file into the database, some thousand at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import cache, clock, files
from app.kernel.db import copy_rows, table_of
from app.kernel.tenant import Tenant
from app.royalties.models import ReportLayout, SalesAsset, SalesContext, SalesLine, SalesReport
from app.royalties.rules import heads, telling
from app.royalties.rules.dates import Span, month_of, span, span_in_name
from app.royalties.rules.layouts import ASSET, CONTEXT, REFERENCE, Layout, built_in, header_key
from app.royalties.rules.opening import Unreadable, tables
from app.royalties.rules.prints import of_rows
from app.royalties.rules.reading import EVERY, Block, Table
from app.royalties.rules.refusals import ReportSumsUp, ReportWithoutHeader, ReportWithoutLines
from app.royalties.rules.shaping import Plan, Shaped, lay, shape, with_sign
from app.royalties.service.keeping import Kept
from app.royalties.service.overlapping import Earlier

KEPT_SECONDS: Final = 3_600
BLOCKS_AHEAD: Final = 2


@dataclass(slots=True)
class Loaded:
    """What came of reading a report."""

    facts: dict[str, Any] = field(default_factory=dict)
    layout: str | None = None
    source: str | None = None
    rows: int = 0
    period: tuple[date | None, date | None] = (None, None)
    stated: list[tuple[str | None, str]] = field(default_factory=list)
    is_unknown: bool = False
    not_understood: list[str] = field(default_factory=list)
    """Tables beside those that were read of which nobody knows whether they hold sales."""


def load(session: Session, tenant: Tenant, report: SalesReport) -> Loaded:
    """Write every line of a report; nothing where its layout is not known."""
    return _Load(session, tenant, report).done()


def layouts(session: Session) -> list[Layout]:
    """The layouts that the label taught, then those that come with the product."""
    taught = session.scalars(select(ReportLayout).order_by(ReportLayout.created_at.desc()))
    return [*(Layout.of(row.definition) for row in taught), *built_in()]


def progress_key(report_id: object) -> str:
    """Under which key of the label's cache the number of lines read so far stands."""
    return f"sales_report:{report_id}"


class _Piece(NamedTuple):
    """A block on its way: shaped, and as lines and their text where everything in it was met before."""

    block: Block
    shaped: Shaped
    lines: pl.DataFrame | None
    text: memoryview | None


class _Load:
    """One report on its way in."""

    def __init__(self, session: Session, tenant: Tenant, report: SalesReport) -> None:
        self._session, self._tenant, self._report = session, tenant, report
        self._layouts = layouts(session)
        self._assets = Kept(session, SalesAsset, ("source", *ASSET, "first_seen"))
        self._contexts = Kept(session, SalesContext, ("source", *CONTEXT))
        self._earlier = Earlier(session, report)
        self._skipped: Counter[str] = Counter()
        self._unknown: list[tuple[Table, heads.Head]] = []
        self._loaded = Loaded()
        self._members: list[dict[str, Any]] = []
        self._left_out: list[dict[str, str]] = []
        self._base = 0
        self._spans: list[tuple[date, date]] = []

    def done(self) -> Loaded:
        stored = self._session.get_one(files.StoredFile, self._report.file_id)
        with files.read_ahead(files.read_object(self._tenant, stored.sha256)) as chunks:
            for table in tables(stored.name, chunks):
                self._take(table)
        loaded = self._loaded
        if not self._members:
            return self._nothing_known()
        if not loaded.rows and not self._earlier.skipped:
            raise ReportWithoutLines
        loaded.not_understood = self._not_understood()
        if self._spans:
            loaded.period = (min(first for first, _ in self._spans), max(last for _, last in self._spans))
        loaded.facts |= {
            "members": self._members,
            "left_out": self._left_out,
            "skipped": dict(self._skipped),
            "earlier": self._earlier.told(),
        }
        return loaded

    def _nothing_known(self) -> Loaded:
        """A report of which no table is recognised: a person may say what its columns are."""
        if not self._unknown:
            if any(left["reason"] == "sums_up" for left in self._left_out):
                raise ReportSumsUp
            raise ReportWithoutHeader
        table, head = self._unknown[0]
        self._loaded.is_unknown = True
        self._loaded.facts["unknown"] = {
            "table": table.name,
            "names": list(head.names),
            "samples": [list(sample) for sample in head.samples],
            "meta": head.meta,
        }
        return self._loaded

    def _not_understood(self) -> list[str]:
        """Unknown tables, without those whose columns are mostly those of what was read: they sum it up."""
        read = {header_key(name) for member in self._members for name in member["columns"]}
        found = []
        for table, head in self._unknown:
            names = {header_key(name) for name in head.names}
            if len(names & read) * 2 >= len(names):
                self._left_out.remove({"name": table.name, "reason": "unknown"})
                self._leave(table.name, "sums_up")
            else:
                found.append(table.name)
        return found

    def _take(self, table: Table | Unreadable) -> None:
        if isinstance(table, Unreadable):
            self._leave(table.name, "unreadable")
            return
        head = heads.head_of(table, self._layouts)
        if head is None:
            self._leave(table.name, "no_header")
        elif heads.SUMS_UP.search(table.name):
            self._leave(table.name, "sums_up")
        elif head.layout is None:
            self._unknown.append((table, head))
            self._leave(table.name, "unknown")
        else:
            self._read(table, head, head.layout)

    def _leave(self, name: str, reason: str) -> None:
        self._left_out.append({"name": name, "reason": reason})

    def _read(self, table: Table, head: heads.Head, layout: Layout) -> None:
        loaded, plan = self._loaded, lay(layout, head.names, head.meta)
        loaded.layout, loaded.source = loaded.layout or layout.key, loaded.source or layout.source
        loaded.stated += [
            (plan.fixed.get("currency"), head.meta[key]) for key in map(header_key, layout.stated) if key in head.meta
        ]
        period = self._period(plan, table.name)
        self._assets.forget()
        self._contexts.forget()
        blocks = table.blocks(head.records, plan.width + 1)
        first = next(blocks, None)
        if first is not None:
            plan = with_sign(plan, first.cells, is_semicolon=table.facts.get("delimiter") == ";")
        starts: list[int | None] = []
        row = head.records
        ready = self._ready(chain(filter(None, [first]), blocks), self._base + row + 1, plan)
        with files.read_ahead(ready, BLOCKS_AHEAD) as pieces:
            for piece in pieces:
                starts += _noted(piece.block, row - head.records)
                row += piece.block.cells.height
                self._write(piece, plan, period)
                self._report_progress()
        loaded.facts["decimals"] = plan.sign
        self._members.append(
            {
                "name": table.name,
                "layout": layout.key,
                "before": self._base,
                "header": head.records,
                "rows": row,
                "starts": starts,
                "columns": list(head.names),
                "is_direct": self._is_direct(table),
                **table.facts,
            }
        )
        self._base += row

    def _is_direct(self, table: Table) -> bool:
        """Whether the bytes of the kept file are those of the table's text, so that a row is read where it stands."""
        is_alone = table.name == self._report.name
        return is_alone and table.facts.get("encoding") in ("ascii", "utf-8") and table.facts.get("line_ends") == "lf"

    def _period(self, plan: Plan, name: str) -> Span:
        """When rows without a date of their own were sold: as typed, as the preamble or the file's name says."""
        typed = self._report.facts.get("period")
        if typed:
            return date.fromisoformat(typed[0]), date.fromisoformat(typed[1])
        said = [plan.fixed[key] for key in ("sold_from", "sold_until") if key in plan.fixed]
        spans = [found for text in said if (found := span(text, plan.layout.dates))]
        if spans:
            return spans[0][0], spans[-1][1]
        named = span_in_name(name) or span_in_name(self._report.name)
        if named is None:
            # Nobody says when: most senders report on the month before.
            last = clock.day_in(self._tenant.time_zone).replace(day=1) - timedelta(days=1)
            named = month_of(last.year, last.month)
            if not any(key in plan.columns for key in ("sold_from", "sold_until")):
                self._loaded.facts["period_is_assumed"] = True
                self._earlier.is_possible = False
        return named

    def _ready(self, blocks: Iterable[Block], row: int, plan: Plan) -> Iterator[_Piece]:
        """Blocks as far as they can be worked out beside the database: whole, where they say nothing new."""
        for block in blocks:
            shaped = shape(block.cells, row, plan)
            row += block.cells.height
            asset, context = self._assets.look(shaped.rows["asset"]), self._contexts.look(shaped.rows["context"])
            is_known = not asset["id"].null_count() and not context["id"].null_count()
            lines = self._lines(shaped, plan, asset, context) if is_known else None
            yield _Piece(block, shaped, lines, None if lines is None else _as_csv(lines))

    def _write(self, piece: _Piece, plan: Plan, period: Span) -> None:
        shaped, lines, text = piece.shaped, piece.lines, piece.text
        self._skipped += shaped.skipped
        self._loaded.stated += shaped.totals
        if shaped.rows.is_empty():
            return
        if lines is None:
            asset = self._assets.ids(shaped.rows, "asset", lambda fresh: _assets(fresh, plan))
            context = self._contexts.ids(shaped.rows, "context", lambda fresh: self._told(fresh, plan, period))
            lines = self._lines(shaped, plan, asset, context)
        new = self._earlier.without(lines)
        self._loaded.rows += new.height
        if text is None or new.height != lines.height:
            text = _as_csv(new)
        copy_rows(self._session, table_of(SalesLine), new.columns, text)

    def _lines(self, shaped: Shaped, plan: Plan, asset: pl.DataFrame, context: pl.DataFrame) -> pl.DataFrame:
        said = [name for name in (REFERENCE, *shaped.numbers) if name in plan.columns]
        texts = shaped.rows.select(pl.concat_str([pl.col(name).fill_null("") for name in said], separator="|"))
        return shaped.rows.select(
            pl.lit(str(self._report.id)).alias("report_id"),
            pl.col("row"),
            asset["id"].alias("asset_id"),
            context["id"].alias("context_id"),
            pl.Series("fingerprint", of_rows(asset["print"], context["print"], texts.to_series())),
            *shaped.numbers,
        )

    def _told(self, fresh: pl.DataFrame, plan: Plan, period: Span) -> pl.DataFrame:
        told = telling.contexts(fresh, plan.layout, period)
        first, last = told["sold_from"].min(), told["sold_until"].max()
        self._spans.append((first, last))  # type: ignore[arg-type]
        self._earlier.look(plan.layout.source, first, last)  # type: ignore[arg-type]
        return told

    def _report_progress(self) -> None:
        cache.of(self._tenant).set(progress_key(self._report.id), self._loaded.rows, seconds=KEPT_SECONDS)


def _as_csv(lines: pl.DataFrame) -> memoryview:
    text = BytesIO()
    lines.write_csv(text, include_header=False)
    return text.getbuffer()


def _assets(fresh: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    return telling.assets(fresh, plan.layout.source).with_columns(first_seen=pl.lit(clock.now().isoformat()))


def _noted(block: Block, before: int) -> list[int | None]:
    """Where every so many rows begin, of those that a block has, as far as it is known; `before` it came so many."""
    noted = np.arange(-before % EVERY, block.cells.height, EVERY)
    if block.starts is None:
        return [None] * noted.size
    return [int(start) for start in block.starts[noted]]
