"""A report from its file to its lines: read, recognised, kept, matched; all of it in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, exists, func, select, text
from sqlalchemy.orm import Session

from app.kernel import activity, clock, failpoint, files, ids, jobs
from app.kernel.actor import Actor
from app.kernel.errors import Busy, Refusal, Unavailable
from app.kernel.tenant import Tenant
from app.royalties.models import RunReport, SalesLine, SalesReport, SalesSum
from app.royalties.rules.refusals import (
    PeriodUntyped,
    ReasonMissing,
    ReceivedUntyped,
    ReportAccounted,
    ReportElsewhere,
    ReportKnown,
)
from app.royalties.service import controlling, loading, matching

PATIENCE: Final = "SET LOCAL statement_timeout = '10min'"
ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' sales reports', 0))"
READ_BYTES: Final = 1 << 20
MOST_REASON: Final = 500
LATE: Final = timedelta(minutes=10)
SUMS: Final = """
INSERT INTO sales_sums (report_id, asset_id, currency, lines, quantity, net)
SELECT :report, l.asset_id, c.currency, count(*), sum(l.quantity), sum(l.net)
FROM sales_lines l JOIN sales_contexts c ON c.id = l.context_id WHERE l.report_id = :report GROUP BY 2, 3
"""


def import_report(
    session: Session,
    tenant: Tenant,
    actor: Actor,
    path: Path,
    *,
    stated: Mapping[str, str] | None = None,
    period: tuple[date, date] | None = None,
    received_on: date | None = None,
) -> SalesReport:
    """Keep a file and import it at once; what is wrong with it stands in the report."""
    sha256, size = files.put_object(tenant, _chunks(path), most_bytes=tenant.limits.upload_bytes)
    stored = files.note_object(
        session, actor, sha256=sha256, size=size, name=path.name, media_type="application/octet-stream"
    )
    report = receive(session, actor, stored, stated=stated, period=period, received_on=received_on)
    run(session, tenant, report.id)
    return report


def receive(
    session: Session,
    actor: Actor,
    stored: files.StoredFile,
    *,
    stated: Mapping[str, str] | None = None,
    period: tuple[date, date] | None = None,
    received_on: date | None = None,
) -> SalesReport:
    """Take a stored file as a report; `ReportKnown` where the same bytes came before, unless they were refused.

    Its money came on the day that is said, or else today: contracts may count the exchange rate of that day.
    """
    zone = session.info["tenant"].time_zone
    known = session.scalar(select(SalesReport).where(SalesReport.sha256 == stored.sha256).with_for_update())
    if known is not None and known.state != "refused":
        raise ReportKnown(name=known.name, day=clock.day_in(zone, known.created_at).isoformat())
    report = known or SalesReport(id=ids.new_id(), sha256=stored.sha256, created_by=actor.id, created_at=clock.now())
    report.name, report.file_id, report.state, report.problem = stored.name, stored.id, "received", None
    report.stated, report.facts = controlling.typed(stated or {}), {}
    report.received_on = received_on or clock.day_in(zone)
    if period:
        report.facts = {"period": [day.isoformat() for day in period]}
    session.add(report)
    session.flush()
    tell(session, actor, report, "sales_report.received")
    return report


def typed_period(starts: str, ends: str) -> tuple[date, date] | None:
    """The days that somebody typed for a report that does not say them; none where nothing was typed."""
    if not starts.strip() and not ends.strip():
        return None
    try:
        period = date.fromisoformat(starts.strip()), date.fromisoformat(ends.strip())
    except ValueError:
        raise PeriodUntyped from None
    if period[1] < period[0]:
        raise PeriodUntyped
    return period


def typed_day(said: str) -> date | None:
    """The day on which a report's money came, as somebody typed it; none where nothing was typed."""
    try:
        return date.fromisoformat(said.strip()) if said.strip() else None
    except ValueError:
        raise ReceivedUntyped from None


def ask(session: Session, report: SalesReport) -> None:
    """Have a report imported in the background."""
    report.facts = {**report.facts, "asked": clock.now().isoformat()}
    jobs.ask(session, "royalties.import", {"report": str(report.id)}, key=f"{report.id}:{ids.new_id()}")


def is_late(report: SalesReport) -> bool:
    """Whether a report waits for longer than it should to be read."""
    since = datetime.fromisoformat(report.facts["asked"]) if "asked" in report.facts else report.created_at
    return report.state == "received" and clock.now() - since > LATE


def run(session: Session, tenant: Tenant, report_id: UUID) -> None:
    """Import a report that was received; where that is refused for good, it stops and says why."""
    session.execute(text(PATIENCE))
    session.execute(text(ONE_AT_A_TIME))
    report = session.get_one(SalesReport, report_id, with_for_update=True, populate_existing=True)
    if report.state != "received":
        return
    try:
        with session.begin_nested():
            _import(session, tenant, report)
    except (Busy, Unavailable):
        raise
    except Refusal as refusal:
        session.refresh(report, with_for_update=True)
        report.state, report.problem = "refused", refusal.msgid
        report.facts = {**report.facts, "places": {name: str(value) for name, value in refusal.values.items()}}
        tell(session, Actor.system(tenant), report, "sales_report.refused")


def _import(session: Session, tenant: Tenant, report: SalesReport) -> None:
    loaded = loading.load(session, tenant, report)
    report.facts = {**report.facts, **loaded.facts}
    if loaded.is_unknown:
        report.state = "mapping"
        tell(session, Actor.system(tenant), report, "sales_report.unknown")
        return
    report.layout, report.source, report.rows = loaded.layout, loaded.source, loaded.rows
    report.period_start, report.period_end = loaded.period
    report.totals = sum_up(session, report.id)
    failpoint.reach("report.loaded")
    matching.match(session)
    report.imported_at = clock.now()
    wrong = controlling.doubt(report, loaded)
    report.state = "held" if wrong else "imported"
    report.problem = wrong
    session.flush()
    tell(session, Actor.system(tenant), report, "sales_report.held" if wrong else "sales_report.imported")


def release(session: Session, actor: Actor, report: SalesReport, *, reason: str) -> None:
    """Let a held report count all the same, for a reason that is kept."""
    if report.state != "held":
        raise ReportElsewhere
    if not reason.strip():
        raise ReasonMissing
    report.state, report.problem = "imported", None
    report.facts = {**report.facts, "released": {"reason": reason.strip()[:MOST_REASON], "by": actor.name}}
    tell(session, actor, report, "sales_report.released", reason=reason.strip()[:MOST_REASON])


def discard(session: Session, actor: Actor, report: SalesReport) -> None:
    """Take a report away with its lines; its file stays among the label's files, and may come again."""
    if session.scalar(select(exists().where(RunReport.report_id == report.id))):
        raise ReportAccounted
    session.execute(delete(SalesLine).where(SalesLine.report_id == report.id))
    tell(session, actor, report, "sales_report.discarded")
    session.delete(report)
    session.flush()


def match_again(session: Session) -> None:
    """Match what is unmatched, for the catalogue may have grown."""
    session.execute(text(PATIENCE))
    session.execute(text(ONE_AT_A_TIME))
    matching.match(session)


def sum_up(session: Session, report_id: UUID) -> dict[str, str]:
    """Sum a report's lines by asset and currency; gives currency to the exact sum of all, as text."""
    session.execute(text(SUMS), {"report": report_id})
    query = select(SalesSum.currency, func.sum(SalesSum.net)).where(SalesSum.report_id == report_id)
    return {currency: f"{total:f}" for currency, total in session.execute(query.group_by(SalesSum.currency))}


def tell(session: Session, actor: Actor, report: SalesReport, action: str, **after: Any) -> None:
    """Record what happened to a report."""
    activity.record(
        session,
        actor,
        action,
        subject_type="sales_report",
        subject_id=report.id,
        after={"name": report.name, **after},
    )


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while chunk := source.read(READ_BYTES):
            yield chunk
