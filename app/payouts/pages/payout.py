"""Payouts of a label: the list, one of them with its receipt, and what people decide about it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.models import Member
from app.identity.pages import visitor_here
from app.identity.policies import Visitor, allows, hands_of, require_somewhere
from app.kernel.activity import Activity
from app.kernel.activity.meanings import meanings
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.realm import realm_of, tenant_of
from app.kernel.web.surfaces import on
from app.kernel.web.tables import table
from app.lists.queries import figures, today_of
from app.payouts.models import Payout, PayoutAttempt, PayoutMethod, PayoutRun
from app.payouts.pages.payee import SPEED_SENTENCES
from app.payouts.pages.surface import ARTIST, PORTAL, money_page, surface_of
from app.payouts.policies import may_ask_for, payout_to_approve, payout_to_read, payout_to_stop, sees_all_payouts
from app.payouts.queries import lists
from app.payouts.rules import states
from app.payouts.service import receipts, requesting
from app.roster.models import Payee
from app.royalties.pages.run import page_number

SHOWN = 50
PROBLEM_SENTENCES = {
    "account_closed": sentence("The account is closed."),
    "account_unknown": sentence("The bank does not know the account."),
    "holder_differs": sentence("The account belongs to somebody else."),
    "bank_refused": sentence("The receiving bank refused it."),
    "limit_reached": sentence("A limit of the bank is reached."),
    "no_funds": sentence("The label's account did not hold enough."),
    "not_supported": sentence("The bank does not take this kind of payment."),
    "unreachable": sentence("The bank could not be reached."),
    "details_invalid": sentence("The bank says that the details are not right."),
    "account_changed": sentence("The account was changed before the money left."),
    "payee_blocked": sentence("A check of the payee is not finished."),
    "other": sentence("The bank gave no reason that we know."),
}
ACTED = [f"{PORTAL}/{{payout_id:str}}", f"{ARTIST}/payouts/{{payout_id:str}}"]
MONEY: dict[str, Any] = {"recent": True, "in_person": True}


@get(PORTAL, sync_to_thread=True)
def overview(request: Request[Any, Any, Any]) -> Response[str]:
    """Show payouts, the newest first, by where they stand."""
    visitor = visitor_here(request)
    require_somewhere(visitor, "payouts.view")
    state, wanted = request.query_params.get("state", ""), request.query_params.get("q", "").strip()[:100]
    at = page_number(request)
    tenant = tenant_of(request)
    with tenant_read(tenant) as session:
        query = lists.payouts_seen(visitor, state=state, wanted=wanted)
        rows = session.execute(query.limit(SHOWN + 1).offset((at - 1) * SHOWN)).all()
        counts = lists.counts(session, visitor)
        told = figures(session, visitor, tenant, today_of(tenant), about="money")
    found: dict[str, Any] = {
        "figures": told,
        "rows": rows[:SHOWN],
        "more": len(rows) > SHOWN,
        "at": at,
        "state": state,
        "wanted": wanted,
    }
    return money_page(request, "list", visitor, counts=counts, **_words(visitor), **found)


def _words(visitor: Visitor) -> dict[str, Any]:
    return {
        "states": states.SENTENCES,
        "tones": states.TONES,
        "speeds": SPEED_SENTENCES,
        "sees_all": sees_all_payouts(visitor),
        "may_prepare": allows(visitor, "payouts.prepare") and visitor.scope.is_whole,
    }


@get(f"{PORTAL}/export", sync_to_thread=True)
def export(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give the listed payouts as a table."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    require_somewhere(visitor, "payouts.view")
    state, wanted = request.query_params.get("state", ""), request.query_params.get("q", "").strip()[:100]
    with tenant_read(tenant) as session:
        rows = session.execute(lists.payouts_seen(visitor, state=state, wanted=wanted).limit(100_000)).all()
    cells = (receipts.cells(row.Payout, row.payee, row.account, tenant.time_zone) for row in rows)
    return table(f"{tenant.slug}-payouts", request.query_params.get("as", "csv"), list(receipts.HEADS), cells)


@on(get, ACTED)
def show(request: Request[Any, Any, Any], payout_id: FromPath[str]) -> Response[str]:
    """Show a payout: what was taken off and why, where it went, and every step of it."""
    visitor = visitor_here(request)
    with tenant_read(tenant_of(request)) as session:
        payout = payout_to_read(session, visitor, parse_uuid(payout_id))
        facts = _facts(session, visitor, payout)
    return money_page(request, "payout", visitor, **facts, **_words(visitor))


def _facts(session: Session, visitor: Visitor, payout: Payout) -> dict[str, Any]:
    payee = session.get_one(Payee, payout.payee_id)
    tries = select(PayoutAttempt).where(PayoutAttempt.payout_id == payout.id).order_by(PayoutAttempt.number)
    steps = select(Activity).where(Activity.subject_type == "payout", Activity.subject_id == payout.id)
    waits = payout.state == "reserved" and payout.run_id is None
    return {
        "payout": payout,
        "payee": payee,
        "method": session.get_one(PayoutMethod, payout.method_id),
        "run": session.get(PayoutRun, payout.run_id) if payout.run_id else None,
        "attempts": list(session.scalars(tries)) if sees_all_payouts(visitor) else [],
        "steps": list(session.scalars(steps.order_by(Activity.seq))),
        "rail_states": states.RAIL_SENTENCES,
        "meanings": meanings(),
        "problems": PROBLEM_SENTENCES,
        "people": {row.id: row.name for row in session.execute(select(Member.id, Member.name))},
        "may_stop": payout.state in ("reserved", "approved") and may_ask_for(session, visitor, payee),
        "may_approve": waits and allows(visitor, "payouts.approve") and visitor.scope.is_whole,
        "is_own": visitor.member.id in hands_of(session, {payout.asked_by}),
    }


@on(get, [f"{each}/receipt" for each in ACTED])
def receipt(request: Request[Any, Any, Any], payout_id: FromPath[str]) -> Response[bytes]:
    """Give the receipt of a payout as a document in the label's brand."""
    visitor, tenant, realm = visitor_here(request), tenant_of(request), realm_of(request)
    with tenant_read(tenant) as session:
        payout = payout_to_read(session, visitor, parse_uuid(payout_id))
        said = receipts.worded(session, tenant, payout, realm.language)
    pdf = receipts.draw(tenant, said, realm.language)
    headers = {"content-disposition": f'attachment; filename="{tenant.slug}-payout-{payout.number}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


@on(post, [f"{each}/cancellation" for each in ACTED], opt={"in_person": True})
def cancel(request: Request[Any, Any, Any], payout_id: FromPath[str]) -> Response[Any]:
    """Take back a payout that has not left."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    with tenant_work(tenant) as session:
        payout = payout_to_stop(session, visitor, parse_uuid(payout_id))
        requesting.stop(session, visitor.actor, payout)
    said = sentence("The payout was cancelled. The money is back on the balance.")
    return flash.done(surface_of(request).payout(payout.id), tenant, said)


@post(f"{PORTAL}/{{payout_id:str}}/approval", sync_to_thread=True, opt=MONEY)
def approve(request: Request[Any, Any, Any], payout_id: FromPath[str]) -> Response[Any]:
    """Let a payout go that somebody else asked for."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    with tenant_work(tenant) as session:
        payout = payout_to_approve(session, visitor, parse_uuid(payout_id))
        requesting.approve(session, visitor.actor, payout)
    return flash.done(f"{PORTAL}/{payout.id}", tenant, sentence("The payout is approved."))


@post(f"{PORTAL}/{{payout_id:str}}/rejection", sync_to_thread=True, opt=MONEY)
def reject(request: Request[Any, Any, Any], payout_id: FromPath[str]) -> Response[Any]:
    """Do not let a payout go."""
    visitor, tenant = visitor_here(request), tenant_of(request)
    with tenant_work(tenant) as session:
        payout = payout_to_approve(session, visitor, parse_uuid(payout_id))
        requesting.stop(session, visitor.actor, payout, rejected=True)
    said = sentence("The payout was rejected. The money is back on the payee's balance.")
    return flash.done(f"{PORTAL}/{payout.id}", tenant, said)


handlers = [overview, export, *show, *receipt, *cancel, approve, reject]
