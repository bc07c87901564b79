"""Sales reports: the list, one with what was found in it, and what a person decides about it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, URLEncodedBody
from litestar.response import Redirect, Stream
from sqlalchemy.orm import Session

from app.identity.pages import event_stream, staying, visitor_of
from app.identity.policies import Visitor
from app.kernel import cache, files
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.live import Hub, watched
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.royalties.models import SalesReport
from app.royalties.policies import report_to_change, report_to_read, require_all
from app.royalties.queries import reports as queries
from app.royalties.rules import told
from app.royalties.rules.layouts import built_in
from app.royalties.rules.refusals import MappingUnusable, ReportElsewhere, ReportMissing, RowUnknown
from app.royalties.service import importing, rows, teaching
from app.royalties.service.loading import progress_key

REPORTS = "/portal/royalties/reports"
REPORT = f"{REPORTS}/{{report_id:str}}"
SHOWN = 100
LINES = 50
READ_BYTES = 1 << 20
ROW_DIGITS = 10


@get(REPORTS, sync_to_thread=True)
def list_reports(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what came in lately, and where each report stands."""
    visitor = visitor_of(request)
    require_all(visitor, "royalties.view")
    with tenant_read(tenant_of(request)) as session:
        found = list(session.scalars(queries.reports().limit(SHOWN)))
        matched = queries.matched_lines(session, [row.id for row in found])
    return page(
        "royalties/reports.html",
        realm_of(request),
        here=REPORTS,
        rows=found,
        matched=matched,
        micros=micros,
        senders=_senders(),
        may_run="royalties.run" in visitor.permissions,
        told=told,
    )


def _senders() -> dict[str, str]:
    """What the layouts that we know are called, by what reports name them."""
    return {layout.key: layout.name for layout in built_in()}


@post(REPORTS, sync_to_thread=True)
def bring(
    request: Request[Any, Any, Any],
    data: Annotated[dict[str, Any], BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Redirect:
    """Take a report in, and have it read."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_all(visitor, "royalties.run")
    upload, total, currency = data.get("report"), data.get("total") or "", data.get("currency") or ""
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise ReportMissing
    stated = {str(currency): str(total)} if str(total).strip() else None
    period = importing.typed_period(str(data.get("sold_from") or ""), str(data.get("sold_until") or ""))
    received_on = importing.typed_day(str(data.get("received_on") or ""))
    stored = files.store_stream(visitor.actor, _chunks(upload), name=upload.filename, media_type=upload.content_type)
    with tenant_work(tenant) as session:
        report = importing.receive(
            session, visitor.actor, stored, stated=stated, period=period, received_on=received_on
        )
        importing.ask(session, report)
    return Redirect(f"{REPORTS}/{report.id}", status_code=303)


def _chunks(upload: UploadFile) -> Iterator[bytes]:
    while chunk := upload.file.read(READ_BYTES):
        yield chunk


@get(REPORT, sync_to_thread=True)
def show(request: Request[Any, Any, Any], report_id: FromPath[str]) -> Response[str]:
    """Show what was found in a report, and what was not."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    after = _number(request.query_params.get("after", "0"))
    with tenant_read(tenant) as session:
        report = report_to_read(session, visitor, parse_uuid(report_id))
        part: dict[str, Any] = {
            "ways": queries.ways(session, report.id),
            "lines": queries.lines(session, report.id, limit=LINES + 1, after=after),
            "state": _state(tenant, report),
        }
    return page(
        "royalties/report.html",
        realm_of(request),
        here=f"{REPORTS}/{report.id}",
        report=report,
        sender=_senders().get(report.layout or "", report.source),
        after=after,
        most=LINES,
        told=told,
        may_run="royalties.run" in visitor.permissions,
        fields=teaching.FIELD_NAMES,
        names=sorted({layout.name for layout in built_in()}),
        micros=micros,
        may_restart=importing.is_late(report),
        **part,
    )


def micros(amount: str | Decimal) -> int:
    """An exact amount as what the page shows of it."""
    return round(Decimal(amount) * 1_000_000)


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > ROW_DIGITS:
        raise RowUnknown
    return int(text)


@get(f"{REPORT}/rows/{{row:str}}", sync_to_thread=True)
def show_row(request: Request[Any, Any, Any], report_id: FromPath[str], row: FromPath[str]) -> Response[str]:
    """Show one row as it was sent."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        report = report_to_read(session, visitor, parse_uuid(report_id))
        number = _number(row)
        cells = rows.row_cells(session, tenant, report, number)
    return page("royalties/row.html", realm_of(request), here=REPORTS, report=report, row=number, cells=cells)


def _state(tenant: Tenant, report: SalesReport) -> dict[str, Any]:
    is_running = report.state == "received"
    done = cache.of(tenant).get(progress_key(report.id), int) if is_running else report.rows
    return {"stage": report.state, "version": 0 if is_running else 1, "done": done or 0, "total": 0, "step": None}


@get(f"{REPORT}/state", sync_to_thread=True)
def state(request: Request[Any, Any, Any], report_id: FromPath[str]) -> dict[str, Any]:
    """Where a report stands, in few bytes."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        return _state(tenant, report_to_read(session, visitor, parse_uuid(report_id)))


@get(f"{REPORT}/events")
async def events(request: Request[Any, Any, Any], report_id: FromPath[str]) -> Stream:
    """Stream where a report stands, for as long as the session lasts."""
    visitor, tenant = await sync_to_thread(_asked, request)

    def look() -> tuple[dict[str, Any], bool]:
        with tenant_read(tenant) as session:
            report = report_to_read(session, visitor, parse_uuid(report_id))
            return _state(tenant, report), report.state == "received"

    await sync_to_thread(look)  # what may not be seen is refused before a stream begins
    hub: Hub = request.app.state.hub
    return event_stream(await watched(hub, tenant, look, staying(request, visitor)))


def _asked(request: Request[Any, Any, Any]) -> tuple[Visitor, Tenant]:
    return visitor_of(request), tenant_of(request)


@post(f"{REPORT}/release", sync_to_thread=True)
def release(
    request: Request[Any, Any, Any], report_id: FromPath[str], data: URLEncodedBody[dict[str, str]]
) -> Redirect:
    """Let a held report count all the same."""
    with tenant_work(tenant_of(request)) as session:
        report, visitor = _to_change(request, session, report_id)
        importing.release(session, visitor.actor, report, reason=data.get("reason", ""))
    return flash.done(f"{REPORTS}/{report.id}", tenant_of(request), sentence("The report counts now."))


@post(f"{REPORT}/removal", sync_to_thread=True)
def discard(request: Request[Any, Any, Any], report_id: FromPath[str]) -> Redirect:
    """Take a report away."""
    with tenant_work(tenant_of(request)) as session:
        report, visitor = _to_change(request, session, report_id)
        importing.discard(session, visitor.actor, report)
    return flash.done(REPORTS, tenant_of(request), sentence("The report was discarded."))


@post(f"{REPORT}/restart", sync_to_thread=True)
def restart(request: Request[Any, Any, Any], report_id: FromPath[str]) -> Redirect:
    """Have a report read again whose reading came to nothing."""
    with tenant_work(tenant_of(request)) as session:
        report, _ = _to_change(request, session, report_id)
        if not importing.is_late(report):
            raise ReportElsewhere
        importing.ask(session, report)
    return Redirect(f"{REPORTS}/{report.id}", status_code=303)


@post(f"{REPORT}/columns", sync_to_thread=True)
def name_columns(
    request: Request[Any, Any, Any], report_id: FromPath[str], data: URLEncodedBody[dict[str, str]]
) -> Redirect:
    """Take what the columns of an unknown report mean, and have it read."""
    meanings = {key.removeprefix("column-"): field for key, field in data.items() if key.startswith("column-")}
    if not all(key.isdecimal() for key in meanings):
        raise MappingUnusable
    said = teaching.Said(
        meanings={int(key): field for key, field in meanings.items()},
        **{name: data[name] for name in ("channel", "currency", "dates", "decimals") if data.get(name)},
        name=data.get("name", ""),
    )
    with tenant_work(tenant_of(request)) as session:
        report, visitor = _to_change(request, session, report_id)
        teaching.teach(session, visitor.actor, report, said)
    return Redirect(f"{REPORTS}/{report.id}", status_code=303)


def _to_change(request: Request[Any, Any, Any], session: Session, report_id: str) -> tuple[SalesReport, Visitor]:
    visitor = visitor_of(request)
    return report_to_change(session, visitor, parse_uuid(report_id)), visitor


handlers = [list_reports, bring, show, show_row, state, events, release, discard, restart, name_columns]
