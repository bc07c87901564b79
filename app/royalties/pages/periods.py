"""Royalty periods with their runs; for artists and their managers, the statements that they were told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from app.identity.pages import visitor_of
from app.identity.pages.door import again
from app.identity.policies import Visitor, allows, require_somewhere
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page, told
from app.kernel.web.realm import Realm, realm_of, tenant_of
from app.lists.queries import figures, today_of
from app.royalties.errors import PeriodUnusable
from app.royalties.models import RoyaltyRun
from app.royalties.policies import period_to_run, require_all, sees_all_money
from app.royalties.queries import runs as queries
from app.royalties.schemas import NewPeriod, NewRun
from app.royalties.service import running
from app.royalties.service.telling import STATE_SENTENCES, TONES, Teller

ROYALTIES = "/portal/royalties"
PERIODS = f"{ROYALTIES}/periods"
SHOWN = 36
SHOWN_STATEMENTS = 200


def teller_of(realm: Realm) -> Teller:
    """Who says sentences and numbers to the reader of a request."""
    return Teller(realm.language, partial(told, realm), realm.locale)


def as_cells(kind: str, row: Iterable[Any]) -> list[Any]:
    """A row of an export: spreadsheets count with numbers, text keeps every digit."""
    return [float(value) if kind == "xlsx" and isinstance(value, Decimal) else value for value in row]


@get(ROYALTIES, sync_to_thread=True)
def overview(request: Request[Any, Any, Any]) -> Response[str]:
    """Show periods and where each stands, or to whoever sees a part of the money only, their statements."""
    visitor = visitor_of(request)
    require_somewhere(visitor, "royalties.view")
    if not sees_all_money(visitor):
        return _statements(request, visitor)
    return page("royalties/periods.html", realm_of(request), problem=None, typed={}, **_shown(request, visitor))


def _statements(request: Request[Any, Any, Any], visitor: Visitor) -> Response[str]:
    with tenant_read(tenant_of(request)) as session:
        rows = session.execute(queries.told_to(visitor).limit(SHOWN_STATEMENTS)).all()
    realm = realm_of(request)
    return page("royalties/statements.html", realm, here=ROYALTIES, rows=rows, teller=teller_of(realm))


def _shown(request: Request[Any, Any, Any], visitor: Visitor) -> dict[str, Any]:
    tenant = tenant_of(request)
    with tenant_read(tenant) as session:
        periods = list(session.scalars(queries.periods().limit(SHOWN)))
        runs = queries.runs_of(session, [period.id for period in periods])
        told = figures(session, visitor, tenant, today_of(tenant), about="money")
    return {
        "here": ROYALTIES,
        "figures": told,
        "periods": [(period, runs.get(period.id, [])) for period in periods],
        "suspense": _suspense,
        "teller": teller_of(realm_of(request)),
        "states": STATE_SENTENCES,
        "tones": TONES,
        "may_run": allows(visitor, "royalties.run"),
    }


def _suspense(run: RoyaltyRun) -> list[tuple[str, Decimal, Decimal]]:
    """Of a run, by currency, what is paid to nobody, and which part of all sales that is."""
    left: dict[str, Decimal] = {}
    whole: dict[str, Decimal] = {}
    for found in run.anomalies:
        if found["kind"] == "left":
            left[found["currency"]] = left.get(found["currency"], Decimal(0)) + Decimal(found["net"])
            whole[found["currency"]] = Decimal(found["of"])
    return [
        (currency, net, (net / whole[currency]).quantize(Decimal("0.0001")) if whole[currency] else Decimal(0))
        for currency, net in sorted(left.items())
    ]


@post(PERIODS, sync_to_thread=True)
def open_period(request: Request[Any, Any, Any], data: URLEncodedBody[NewPeriod]) -> Response[Any]:
    """Begin a period."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_all(visitor, "royalties.run")
    try:
        starts_on, ends_on = _day(data.starts_on), _day(data.ends_on)
        with tenant_work(tenant) as session:
            running.open_period(session, visitor.actor, starts_on=starts_on, ends_on=ends_on)
    except (Conflict, Invalid) as refusal:
        typed = {"starts_on": data.starts_on, "ends_on": data.ends_on}
        return again(request, "royalties/periods.html", refusal, typed=typed, **_shown(request, visitor))
    return flash.done(ROYALTIES, tenant, sentence("The period is open."))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PeriodUnusable from None


@post(f"{PERIODS}/{{period_id:str}}/runs", sync_to_thread=True)
def start_run(request: Request[Any, Any, Any], period_id: FromPath[str], data: URLEncodedBody[NewRun]) -> Redirect:
    """Have a period calculated, for good or as a trial, and lead to the run."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        period = period_to_run(session, visitor, parse_uuid(period_id))
        run = running.start_run(session, visitor.actor, period, is_trial=bool(data.trial))
    return Redirect(f"{ROYALTIES}/runs/{run.id}", status_code=303)


handlers = [overview, open_period, start_run]
