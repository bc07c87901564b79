"""One run: how far it is, what it comes to, what is unusual about it, and the decisions that lead to its statements."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Stream
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.models import Member
from app.identity.pages import event_stream, staying, visitor_of
from app.identity.pages.door import again
from app.identity.policies import Visitor, allows, hands_of, who_may
from app.kernel import activity
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict
from app.kernel.ids import parse_uuid
from app.kernel.live import Hub, watched
from app.kernel.money import from_micros
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.pages import page, told
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.tables import table
from app.ledger.service.freezing import frozen
from app.lists.errors import FilterUnusable
from app.lists.rules import ANY_TEXT, Asked, Listing
from app.royalties.errors import RunUnfit
from app.royalties.models import RoyaltyPeriod, RoyaltyRun
from app.royalties.pages.periods import ROYALTIES, as_cells, teller_of
from app.royalties.policies import run_to_change, run_to_read
from app.royalties.queries import runs as queries
from app.royalties.schemas import SignedOff
from app.royalties.service import checking, running, steps
from app.royalties.service.telling import STATE_SENTENCES, STEP_SENTENCES, TONES, Bar

RUN = f"{ROYALTIES}/runs/{{run_id:str}}"
SHOWN = 50
PAGE_DIGITS = 6
LISTING = Listing("statements", ROYALTIES, parts={"q": ANY_TEXT}, sorts=("payee", *queries.SORTS))
HEADS = {
    "payee": sentence("Payee"),
    "contract": sentence("Contract"),
    "currency": sentence("Currency"),
    "opening": sentence("Opening balance"),
    "earned": sentence("Earned"),
    "before": sentence("Earned the period before"),
    "entries": sentence("Advances, reserves and other steps"),
    "closing": sentence("Closing balance"),
    "payable": sentence("Payable"),
}
TOTAL_SENTENCES = {
    "earned": sentence("Earned"),
    "payable": sentence("Payable"),
    "closing": sentence("Closing balance"),
    "reserve": sentence("Held as reserves"),
}


def asked_list(request: Request[Any, Any, Any]) -> tuple[Asked, int]:
    """What is wanted of a run's statements, and which page of them."""
    pairs = [pair for pair in request.url.query.split("&") if not pair.startswith(("page=", "as="))]
    return LISTING.asked("&".join(pairs)), page_number(request)


def page_number(request: Request[Any, Any, Any]) -> int:
    """Which page of a list is asked for, from 1."""
    number = request.query_params.get("page", "1")
    if not number.isdecimal() or len(number) > PAGE_DIGITS:
        raise FilterUnusable
    return max(int(number), 1)


@get(RUN, sync_to_thread=True)
def show(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[str]:
    """Show where a run stands and what it says."""
    visitor = visitor_of(request)
    return page("royalties/run.html", realm_of(request), problem=None, **_values(request, visitor, run_id))


def _values(request: Request[Any, Any, Any], visitor: Visitor, run_id: str) -> dict[str, Any]:
    tenant = tenant_of(request)
    asked, at = asked_list(request)
    with tenant_read(tenant) as session:
        run = run_to_read(session, visitor, parse_uuid(run_id))
        shown = _shown(session, tenant, run, asked, at)
        hands = hands_of(session, {run.created_by})
    return {
        "here": f"{ROYALTIES}/runs/{run.id}",
        "asked": asked,
        "at": at,
        "teller": teller_of(realm_of(request)),
        "may_run": allows(visitor, "royalties.run"),
        "is_own": visitor.member.id in hands,
        "is_alone": shown.pop("others") <= hands,
        **shown,
    }


def _shown(session: Session, tenant: Tenant, run: RoyaltyRun, asked: Asked, at: int) -> dict[str, Any]:
    query = queries.statements_of_run(run.id, checking.previous(session, run), asked)
    found = session.execute(query.limit(SHOWN + 1).offset((at - 1) * SHOWN)).all()
    return {
        "run": run,
        "period": session.get_one(RoyaltyPeriod, run.period_id),
        "people": {row.id: row.name for row in session.execute(select(Member.id, Member.name))},
        "rows": found[:SHOWN],
        "more": len(found) > SHOWN,
        "questions": queries.open_questions(session, run.id),
        "leftovers": checking.leftovers(session, run),
        "waiting": sum(each["signed_by"] is None for each in run.anomalies),
        "is_large": running.is_large(session, tenant.currency, run),
        "others": who_may(session, "royalties.run"),
        "is_frozen": frozen(session) is not None,
        "bars": _bars(run),
        "states": STATE_SENTENCES,
        "tones": TONES,
        "totals": TOTAL_SENTENCES,
        "state": steps.state_of(tenant, run),
        "steps": STEP_SENTENCES,
    }


def _bars(run: RoyaltyRun) -> dict[str, list[Bar]]:
    """A run's totals as pictures, one for each currency."""
    found = {}
    for currency, total in run.totals.items():
        longest = max((abs(total[name]) for name in TOTAL_SENTENCES), default=0) or 1
        found[currency] = [
            Bar(text, total[name], abs(total[name]) * 1000 // longest) for name, text in TOTAL_SENTENCES.items()
        ]
    return found


@get(f"{RUN}/state", sync_to_thread=True)
def state(request: Request[Any, Any, Any], run_id: FromPath[str]) -> dict[str, Any]:
    """Where a run stands, in few bytes, for pages that cannot be told of it."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        return steps.state_of(tenant, run_to_read(session, visitor, parse_uuid(run_id)))


@get(f"{RUN}/events")
async def events(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Stream:
    """Stream where a run stands, for as long as the session lasts and the run may be seen."""
    visitor = await sync_to_thread(visitor_of, request)
    tenant = tenant_of(request)

    def look() -> tuple[dict[str, Any], bool]:
        with tenant_read(tenant) as session:
            run = run_to_read(session, visitor, parse_uuid(run_id))
            return steps.state_of(tenant, run), run.state in steps.RUNNING

    await sync_to_thread(look)  # what may not be seen is refused before a stream begins
    hub: Hub = request.app.state.hub
    return event_stream(await watched(hub, tenant, look, staying(request, visitor)))


def _changed(session: Session, visitor: Visitor, run_id: str) -> RoyaltyRun:
    return run_to_change(session, visitor, parse_uuid(run_id))


@post(f"{RUN}/sign-offs", sync_to_thread=True)
def sign_off(request: Request[Any, Any, Any], run_id: FromPath[str], data: URLEncodedBody[SignedOff]) -> Redirect:
    """Say that a finding was looked at and is right."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        run = _changed(session, visitor, run_id)
        if data.finding not in {str(each["id"]) for each in run.anomalies}:
            raise RunUnfit
        running.sign_off(session, visitor.actor, run, int(data.finding))
    return Redirect(f"{ROYALTIES}/runs/{run_id}#findings", status_code=303)


@post(f"{RUN}/approval", sync_to_thread=True, opt={"in_person": True})
def approve(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """Approve a run; a large one by somebody else than who calculated it."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            running.approve(session, visitor.actor, _changed(session, visitor, run_id))
    except Conflict as refusal:
        return again(request, "royalties/run.html", refusal, **_values(request, visitor, run_id))
    return flash.done(f"{ROYALTIES}/runs/{run_id}", tenant, sentence("The run is approved."))


@post(f"{RUN}/publication", sync_to_thread=True, opt={"in_person": True})
def publish(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """Tell payees what an approved run says."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            running.publish(session, visitor.actor, _changed(session, visitor, run_id))
    except Conflict as refusal:
        return again(request, "royalties/run.html", refusal, **_values(request, visitor, run_id))
    return Redirect(f"{ROYALTIES}/runs/{run_id}", status_code=303)


@post(f"{RUN}/removal", sync_to_thread=True)
def discard(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Redirect:
    """Throw a run away that was not published."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        running.discard(session, visitor.actor, _changed(session, visitor, run_id))
    return flash.done(ROYALTIES, tenant, sentence("The run was discarded."))


@post(f"{RUN}/restatement", sync_to_thread=True)
def restate(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Redirect:
    """Work a published period out anew: what changed is told, line by line."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        period = session.get_one(RoyaltyPeriod, _changed(session, visitor, run_id).period_id)
        run = running.start_run(session, visitor.actor, period, restates=True)
    return Redirect(f"{ROYALTIES}/runs/{run.id}", status_code=303)


@get(f"{RUN}/export", sync_to_thread=True)
def export(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[bytes]:
    """Give a run's statements as they are listed as a table."""
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    asked, _ = asked_list(request)
    with tenant_work(tenant) as session:
        run = run_to_read(session, visitor, parse_uuid(run_id))
        rows = session.execute(queries.statements_of_run(run.id, checking.previous(session, run), asked)).all()
        after = {"run": str(run.id), "rows": len(rows)}
        activity.record(
            session, visitor.actor, "statement.exported", subject_type="run", subject_id=run.id, after=after
        )
    heads = [told(realm, text) for text in HEADS.values()]
    kind = request.query_params.get("as", "csv")
    return table(
        f"{tenant.slug}-statements-{run.number}", kind, heads, (as_cells(kind, _exported(row)) for row in rows)
    )


def _exported(row: Any) -> list[Any]:
    said = row.Statement
    micros = [
        said.opening_micros,
        said.earned_micros,
        row.before_micros,
        said.closing_micros - said.opening_micros - said.earned_micros,
        said.closing_micros,
        said.payable_micros,
    ]
    amounts = [None if each is None else from_micros(each) for each in micros]
    return [row.payee, f"{row.contract_number} {row.contract}", said.currency, *amounts]


handlers = [show, state, events, sign_off, approve, publish, discard, restate, export]
