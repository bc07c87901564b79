"""Sales reports: files that stores send, what was found in them, and what a person decides about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import Select, Text, cast, true
from sqlalchemy.orm import Session

from app.api.rest.conventions import Answer, Body, Call, Part, Resource, Section, View
from app.api.rest.conventions import filters as by
from app.api.rest.conventions.operations import LARGEST_RAW
from app.api.rest.conventions.schemas import Count, Day, Id, Moment
from app.api.rest.links import file_at_hand
from app.api.rest.money_parts import Currency, Exact
from app.identity.policies import Visitor
from app.kernel import files
from app.kernel.db import tenant_work
from app.kernel.files import StoredFile
from app.kernel.web.pages import told as tell
from app.royalties.models import SalesAsset, SalesContext, SalesLine, SalesReport
from app.royalties.policies import report_to_change, report_to_read, require_all
from app.royalties.queries import reports as queries
from app.royalties.rules.refusals import MappingUnusable, PeriodUntyped, ReportElsewhere, RowUnknown
from app.royalties.service import importing, rows, teaching

SECTION = Section("Sales reports", "What stores and distributors sent, exactly as they sent it, and what it is about.")
State = Literal["received", "mapping", "held", "imported", "refused"]
STATES = ("received", "mapping", "held", "imported", "refused")
FILES = (
    "text/csv",
    "text/tab-separated-values",
    "text/plain",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/zip",
    "application/gzip",
    "application/octet-stream",
)
ROW_DIGITS = 10


class ReportView(View):
    """A file that a store sent. `mapping` waits for its columns to be named, `held` for somebody's decision."""

    id: Id
    name: Annotated[str, Meta(examples=["2026-03 streams.csv"])]
    state: State
    problem: str | None
    file_id: Id
    layout: str | None
    source: str | None
    period_start: Day | None
    period_end: Day | None
    received_on: Day | None
    rows: Count
    matched_rows: Count
    totals: dict[str, Exact]
    stated: dict[str, Exact]
    unknown_columns: list[str]
    created_at: Moment
    imported_at: Moment | None


class ReportLineView(View):
    """A row of a report, with its amounts exactly as sent, and what of the catalogue it is about."""

    row: Count
    title: str | None
    artist: str | None
    isrc: str | None
    upc: str | None
    recording_id: Id | None
    release_id: Id | None
    match: str | None
    store: str
    channel: str
    territory: str | None
    currency: Currency
    sold_from: Day
    sold_until: Day
    quantity: Exact
    net: Exact
    gross: Exact | None


class Cell(View):
    """A column's name, and what stands in it."""

    name: str
    value: str


class RowView(View):
    """A row as it was sent; what is about buyers is left out."""

    row: Count
    cells: list[Cell]


class NewReport(Body, frozen=True):
    """A file of the label's that is a report, with the sums that its sender states and days that it does not say.

    `received_on` is when its money came, today where nothing is said: contracts may count that day's exchange rate.
    """

    file_id: Id
    stated: dict[Currency, Exact] = msgspec.field(default_factory=dict)
    sold_from: Day | None = None
    sold_until: Day | None = None
    received_on: Day | None = None


class ReportColumns(Body, frozen=True):
    """What the columns of an unknown report mean: by their places from 0, the field that each is."""

    name: Annotated[str, Meta(min_length=1, max_length=120, examples=["Bandcamp"])]
    meanings: Annotated[dict[str, str], Meta(min_length=1, max_length=200, examples=[{"0": "isrc", "3": "net"}])]
    channel: Literal["stream", "download", "physical", "ugc", "sync", "merch", "neighbouring"] = "stream"
    currency: Annotated[str, Meta(pattern="^([A-Z]{3})?$", examples=["EUR"])] = ""
    dates: Literal["ymd", "dmy", "mdy"] = "ymd"
    decimals: Literal["auto", "point", "comma"] = "auto"


class LetCount(Body, frozen=True):
    """Why a held report counts all the same."""

    reason: Annotated[str, Meta(min_length=1, max_length=500, examples=["The store confirmed the difference."])]


def _matched(session: Session, _visitor: Visitor, report_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    return queries.matched_lines(session, list(report_ids))


def _whole(visitor: Visitor) -> Any:
    require_all(visitor, "royalties.view")
    return true()


REPORTS = Resource(
    name="sales_reports",
    view=ReportView,
    model=SalesReport,
    visible=_whole,
    columns={"unknown_columns": SalesReport.facts["unknown"]["names"]},
    parts={"matched_rows": Part(_matched, 0)},
    filters={
        "state": by.choice(SalesReport.state, STATES, "Reports that stand here."),
        "source": by.text(SalesReport.source, "Reports of this sender."),
        "from": by.from_day(SalesReport.period_end, "Reports about this day or later."),
        "to": by.to_day(SalesReport.period_start, "Reports about this day or earlier."),
        "created_since": by.since(SalesReport.created_at, "Reports that came in at this moment or later."),
    },
    sorts={"created_at": SalesReport.created_at},
    version=None,
)


def _about(query: Select[Any]) -> Select[Any]:
    query = query.join(SalesAsset, SalesAsset.id == SalesLine.asset_id)
    return query.join(SalesContext, SalesContext.id == SalesLine.context_id)


_OF_ASSET = ("title", "artist", "isrc", "upc", "recording_id", "release_id", "match")
_OF_CONTEXT = ("store", "channel", "territory", "currency", "sold_from", "sold_until")
LINES = Resource(
    name="sales_lines",
    view=ReportLineView,
    model=SalesLine,
    key="row",
    visible=_whole,
    join=_about,
    columns={name: getattr(SalesAsset, name) for name in _OF_ASSET}
    | {name: getattr(SalesContext, name) for name in _OF_CONTEXT}
    | {name: cast(getattr(SalesLine, name), Text) for name in ("quantity", "net", "gross")},
    version=None,
)


def _shown(call: Call, answer: Answer) -> Answer:
    """Reports with why they stand where they do in the reader's language."""
    listed = answer.body.get("items", [answer.body])
    for row in listed:
        if row.get("problem"):
            row["problem"] = tell(call.realm, row["problem"], **row.pop("places", None) or {})
        row.pop("places", None)
        if "unknown_columns" in row:
            row["unknown_columns"] = row["unknown_columns"] or []
    return answer


def _one(call: Call, session: Session, report: SalesReport, **more: Any) -> Answer:
    session.flush()
    answer = REPORTS.one(call, session, report.id, **more)
    answer.body["places"] = report.facts.get("places")
    return _shown(call, answer)


@SECTION.listing("/sales-reports", REPORTS, scope="royalties:read")
def list_sales_reports(call: Call, session: Session) -> Answer:
    """List sales reports."""
    return _shown(call, REPORTS.page(call, session))


@SECTION.post("/sales-reports", scope="royalties:write", takes=NewReport, resource=REPORTS)
def bring_sales_report(call: Call, session: Session, body: NewReport) -> Answer:
    """Bring a sales report. From a file that was uploaded; it is read in the background, so ask again for its state."""
    require_all(call.visitor, "royalties.run")
    stored = file_at_hand(call, session, body.file_id)
    period = _days(body.sold_from, body.sold_until)
    return _received(call, session, stored, stated=body.stated, period=period, received_on=body.received_on)


@SECTION.upload("/sales-reports/files/{name}", scope="royalties:write", raw=FILES, resource=REPORTS)
def send_sales_report(call: Call, body: bytes) -> Answer:
    """Send a sales report. The file as it is, under its own name; it is read in the background."""
    require_all(call.visitor, "royalties.run")
    sha256, size = files.put_object(call.tenant, iter([body]), most_bytes=LARGEST_RAW)
    kind = (call.request.headers.get("content-type") or "").partition(";")[0].strip().lower()
    name = call.word("name")[:200]
    with tenant_work(call.tenant) as session:
        stored = files.note_object(session, call.actor, sha256=sha256, size=size, name=name, media_type=kind)
        return _received(call, session, stored, status=200)


def _received(call: Call, session: Session, stored: StoredFile, *, status: int = 201, **told: Any) -> Answer:
    report = importing.receive(session, call.actor, stored, **told)
    importing.ask(session, report)
    return _one(call, session, report, status=status, at=f"/api/v1/sales-reports/{report.id}")


def _days(starts: date | None, ends: date | None) -> tuple[date, date] | None:
    if starts is None and ends is None:
        return None
    if starts is None or ends is None or ends < starts:
        raise PeriodUntyped
    return starts, ends


@SECTION.get("/sales-reports/{report_id}", scope="royalties:read", resource=REPORTS)
def read_sales_report(call: Call, session: Session) -> Answer:
    """Read a sales report."""
    return _one(call, session, report_to_read(session, call.visitor, call.id("report_id")))


@SECTION.listing("/sales-reports/{report_id}/lines", LINES, scope="royalties:read")
def list_sales_report_lines(call: Call, session: Session) -> Answer:
    """List a sales report's lines. In the order of its rows."""
    report = report_to_read(session, call.visitor, call.id("report_id"))
    return LINES.page(call, session, SalesLine.report_id == report.id)


@SECTION.get("/sales-reports/{report_id}/rows/{row}", scope="royalties:read", gives=RowView)
def read_sales_report_row(call: Call, session: Session) -> Answer:
    """Read a row as it was sent."""
    report = report_to_read(session, call.visitor, call.id("report_id"))
    return Answer(row_told(session, call, report, call.word("row")))


def row_told(session: Session, call: Call, report: SalesReport, said: str) -> dict[str, Any]:
    """A row of a report as its file has it."""
    if not (said.isascii() and said.isdecimal() and len(said) <= ROW_DIGITS):
        raise RowUnknown
    cells = rows.row_cells(session, call.tenant, report, int(said))
    return {"row": int(said), "cells": [{"name": name, "value": value} for name, value in cells]}


@SECTION.put("/sales-reports/{report_id}/columns", scope="royalties:write", takes=ReportColumns, resource=REPORTS)
def name_sales_report_columns(call: Call, session: Session, body: ReportColumns) -> Answer:
    """Name a report's columns. What is learned holds for every file that looks the same."""
    report = report_to_change(session, call.visitor, call.id("report_id"))
    meanings = {int(place): field for place, field in body.meanings.items() if place.isascii() and place.isdecimal()}
    if len(meanings) != len(body.meanings):
        raise MappingUnusable(fields={"meanings": MappingUnusable.TWICE})
    said = teaching.Said(
        name=body.name, meanings=meanings, channel=body.channel, currency=body.currency, dates=body.dates,
        decimals=body.decimals,
    )  # fmt: skip
    teaching.teach(session, call.actor, report, said)
    return _one(call, session, report)


@SECTION.put("/sales-reports/{report_id}/release", scope="royalties:write", takes=LetCount, resource=REPORTS)
def release_sales_report(call: Call, session: Session, body: LetCount) -> Answer:
    """Let a held report count. For a reason that is kept."""
    report = report_to_change(session, call.visitor, call.id("report_id"))
    importing.release(session, call.actor, report, reason=body.reason)
    return _one(call, session, report)


@SECTION.put("/sales-reports/{report_id}/restart", scope="royalties:write", resource=REPORTS)
def restart_sales_report(call: Call, session: Session) -> Answer:
    """Read a report again. Where reading it came to nothing for ten minutes."""
    report = report_to_change(session, call.visitor, call.id("report_id"))
    if not importing.is_late(report):
        raise ReportElsewhere
    importing.ask(session, report)
    return _one(call, session, report)


@SECTION.delete("/sales-reports/{report_id}", scope="royalties:write")
def discard_sales_report(call: Call, session: Session) -> Answer:
    """Discard a sales report. Refused once a run has accounted for it; its file stays among the label's files."""
    importing.discard(session, call.actor, report_to_change(session, call.visitor, call.id("report_id")))
    return Answer()
