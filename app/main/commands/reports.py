"""`boptone reports`: sales reports, as the portal takes them in."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from app.main import composition
from app.main.commands.output import answer, as_json


@click.group("reports")
def command() -> None:
    """Bring sales reports in."""


@command.command("import")
@click.argument("label")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--total", "totals", multiple=True, metavar="CUR=AMOUNT", help="What the lines have to come to.")
@click.option("--received", type=click.DateTime(["%Y-%m-%d"]), help="When the money came; today where it is not said.")
@as_json
def bring(label: str, paths: tuple[Path, ...], totals: tuple[str, ...], received: datetime | None, json: bool) -> None:
    """Bring the sales reports PATHS (CSV, TSV, XLSX, ZIP, GZ) into LABEL.

    Exit code 1 where one is held or refused.
    """
    from app.kernel.actor import Actor
    from app.kernel.db import platform_read, tenant_work
    from app.royalties.service import importing
    from tenants.registry import queries

    said: dict[str, Any] = {
        "stated": dict(_pair(total) for total in totals),
        "received_on": received.date() if received else None,
    }
    told = []
    with composition.connected("cli"):
        with platform_read() as session:
            tenant = queries.tenant_named(session, label)
        for path in paths:
            with tenant_work(tenant) as session:
                told.append(_told(importing.import_report(session, tenant, Actor.system(tenant), path, **said)))
    answer(told, "\n".join(map(_sentence, told)), json=json)
    sys.exit(0 if all(report["state"] == "imported" for report in told) else 1)


def _pair(total: str) -> tuple[str, str]:
    currency, equals, amount = total.partition("=")
    if not equals:
        raise click.UsageError("Write a total as EUR=1234.56.")
    return currency, amount


def _told(report: Any) -> dict[str, Any]:
    places = report.facts.get("places", {})
    return {
        "report": str(report.id),
        "name": report.name,
        "state": report.state,
        "layout": report.layout,
        "rows": report.rows,
        "totals": report.totals,
        "earlier": sum(each["rows"] for each in report.facts.get("earlier", [])),
        "problem": (report.problem % places if places else report.problem) if report.problem else None,
    }


def _sentence(told: dict[str, Any]) -> str:
    sums = ", ".join(f"{total} {currency}" for currency, total in told["totals"].items())
    known = f", {told['earlier']} rows stood in earlier reports" if told["earlier"] else ""
    layout = told["layout"] or "unknown layout"
    line = f"{told['name']}: {told['state']}, {layout}, {told['rows']} lines, {sums or 0}{known}"
    return f"{line}\n  {told['problem']}" if told["problem"] else line
