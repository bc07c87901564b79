"""Payout runs: looked at line by line, submitted, approved by somebody else."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.errors import SamePerson
from app.identity.models import Member
from app.identity.pages import visitor_of
from app.identity.policies import Visitor, allows, hands_of
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page, told_refusal
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.tables import table
from app.payouts.errors import EditedByYou
from app.payouts.models import PayoutRun
from app.payouts.pages.surface import PORTAL, around
from app.payouts.policies import require_all, run_to_change, run_to_read
from app.payouts.queries import lists
from app.payouts.rules import states
from app.payouts.schemas import RunLines, SeenRun
from app.payouts.service import runs
from app.payouts.service.ways import ways_for
from app.royalties.pages.run import page_number

RUNS = f"{PORTAL}/runs"
RUN = f"{RUNS}/{{run_id:str}}"
SHOWN, SHOWN_RUNS = 100, 50
STATE_SENTENCES = {
    "open": sentence("To be checked"),
    "submitted": sentence("Waits for approval"),
    "approved": sentence("Approved"),
    "cancelled": sentence("Cancelled"),
}
TONES = {"open": "info", "submitted": "warning", "approved": "success", "cancelled": ""}
WHY_SENTENCES = {
    "blocked": sentence("A check of the payee is not finished"),
    "little": sentence("Less than the least that is paid"),
    "not_taken": sentence("The label's way of paying does not take this currency"),
    "no_account": sentence("No account"),
    "frozen": sentence("The account is too new"),
    "balance": sentence("The balance shrank before it was approved"),
}
MONEY: dict[str, Any] = {"recent": True, "in_person": True}


@get(RUNS, sync_to_thread=True)
def overview(request: Request[Any, Any, Any]) -> Response[str]:
    """Show payout runs, the newest first."""
    visitor = visitor_of(request)
    require_all(visitor, "payouts.view")
    with tenant_read(tenant_of(request)) as session:
        rows = session.execute(lists.runs().limit(SHOWN_RUNS)).all()
        people = _people(session)
    words: dict[str, Any] = {
        "run_states": STATE_SENTENCES,
        "run_tones": TONES,
        "may_prepare": allows(visitor, "payouts.prepare"),
    }
    return page("payouts/runs.html", realm_of(request), rows=rows, people=people, **words, **around(request))


def _people(session: Session) -> dict[Any, str]:
    return {row.id: row.name for row in session.execute(select(Member.id, Member.name))}


@post(RUNS, sync_to_thread=True, opt={"in_person": True})
def open_run(request: Request[Any, Any, Any]) -> Response[Any]:
    """Look at what everybody can be paid now."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    require_all(visitor, "payouts.prepare")
    ways = ways_for(tenant)
    with tenant_work(tenant) as session:
        run = runs.open_run(session, tenant, visitor.actor, ways)
    return flash.done(f"{RUNS}/{run.id}", tenant, sentence("Here is what can be paid now. Nothing is paid yet."))


@get(RUN, sync_to_thread=True)
def show(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[str]:
    """Show a run's lines, what it comes to, and where it stands."""
    return page("payouts/run.html", realm_of(request), problem=None, **_shown(request, run_id))


def _shown(request: Request[Any, Any, Any], run_id: str) -> dict[str, Any]:
    visitor = visitor_of(request)
    only, wanted = request.query_params.get("only", ""), request.query_params.get("q", "").strip()[:100]
    at = page_number(request)
    with tenant_read(tenant_of(request)) as session:
        run = run_to_read(session, visitor, parse_uuid(run_id))
        query = lists.lines_of(run, wanted=wanted, only=only)
        found = session.execute(query.limit(SHOWN + 1).offset((at - 1) * SHOWN)).all()
        facts = _facts(session, visitor, run)
    return {
        **around(request),
        **facts,
        "run": run,
        "address": f"{RUNS}/{run.id}",
        "rows": found[:SHOWN],
        "more": len(found) > SHOWN,
        "at": at,
        "only": only,
        "wanted": wanted,
    }


def _facts(session: Session, visitor: Visitor, run: PayoutRun) -> dict[str, Any]:
    return {
        "totals": runs.totals(session, run),
        "is_large": runs.is_large(session, run),
        "is_own": visitor.member.id in hands_of(session, {run.created_by, run.submitted_by}),
        "people": _people(session),
        "states": states.SENTENCES,
        "tones": states.TONES,
        "run_states": STATE_SENTENCES,
        "run_tones": TONES,
        "whys": WHY_SENTENCES,
        "may_prepare": allows(visitor, "payouts.prepare"),
        "may_approve": allows(visitor, "payouts.approve"),
    }


@post(f"{RUN}/lines", sync_to_thread=True, opt={"in_person": True})
def set_lines(request: Request[Any, Any, Any], run_id: FromPath[str], data: URLEncodedBody[RunLines]) -> Response[Any]:
    """Take lines out of a run, or put them back."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    chosen = [data.line] if isinstance(data.line, str) else data.line
    numbers = [int(each) for each in chosen if each.isdecimal() and len(each) < 9]
    with tenant_work(tenant) as session:
        run = run_to_change(session, visitor, parse_uuid(run_id))
        runs.set_lines(session, visitor.actor, run, numbers, excluded=data.excluded == "1")
    said = sentence("The lines were taken out.") if data.excluded == "1" else sentence("The lines are in again.")
    return flash.done(f"{RUNS}/{run_id}", tenant, said)


@post(f"{RUN}/submission", sync_to_thread=True, opt={"in_person": True})
def submit(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """Ask for approval of a run as it stands."""
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    try:
        with tenant_work(tenant) as session:
            runs.submit(session, visitor.actor, run_to_change(session, visitor, parse_uuid(run_id)))
    except Invalid as refusal:
        problem = told_refusal(realm, refusal)
        return page("payouts/run.html", realm, status=422, problem=problem, **_shown(request, run_id))
    return flash.done(f"{RUNS}/{run_id}", tenant, sentence("The run waits for approval."))


@post(f"{RUN}/return", sync_to_thread=True, opt={"in_person": True})
def take_back(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """Take a run back from approval, to change it."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        runs.reopen(session, visitor.actor, run_to_change(session, visitor, parse_uuid(run_id)))
    return flash.done(f"{RUNS}/{run_id}", tenant, sentence("The run can be changed again."))


@post(f"{RUN}/cancellation", sync_to_thread=True, opt={"in_person": True})
def cancel(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """Pay nobody with a run."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        runs.cancel(session, visitor.actor, run_to_change(session, visitor, parse_uuid(run_id)))
    return flash.done(RUNS, tenant, sentence("The run was cancelled. Nobody is paid by it."))


@post(f"{RUN}/approval", sync_to_thread=True, opt=MONEY)
def approve(request: Request[Any, Any, Any], run_id: FromPath[str], data: URLEncodedBody[SeenRun]) -> Response[Any]:
    """Let a run go that somebody else prepared, exactly as it was looked at."""
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    try:
        with tenant_work(tenant) as session:
            run = run_to_change(session, visitor, parse_uuid(run_id), "payouts.approve")
            runs.approve(session, tenant, visitor.actor, run, seen_hash=data.batch_hash)
    except (Conflict, SamePerson, EditedByYou) as refusal:
        problem = told_refusal(realm, refusal)
        return page("payouts/run.html", realm, status=422, problem=problem, **_shown(request, run_id))
    return flash.done(f"{RUNS}/{run_id}", tenant, sentence("The run is approved. The payouts go out now."))


@get(f"{RUN}/export", sync_to_thread=True)
def export(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[bytes]:
    """Give a run's lines as a table."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        run = run_to_read(session, visitor, parse_uuid(run_id))
        rows = session.execute(lists.lines_of(run)).all()
    heads = ["Payee", "Account", "Currency", "Gross", "Platform share", "Tax withheld", "Sent", "Left out", "State"]
    heads.append("Shared before")
    cells = (runs.cells(row.PayoutRunLine, row.payee, row.account, row.state) for row in rows)
    return table(f"{tenant.slug}-payout-run-{run.number}", request.query_params.get("as", "csv"), heads, cells)


handlers = [overview, open_run, show, set_lines, submit, take_back, cancel, approve, export]
