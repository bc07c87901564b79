"""Sanctions screening: the lists in use, the cases that came of them, and what somebody decides about each."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg, FromPath, URLEncodedBody
from litestar.response import Redirect

from app.identity.models import Member
from app.identity.pages import visitor_of
from app.identity.pages.door import again
from app.identity.policies import Visitor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.lists.errors import FilterUnusable
from app.roster.models import Party
from app.tax import queries
from app.tax.errors import CaseUnknown
from app.tax.models import SanctionsList
from app.tax.pages.places import PROVED, SCREENING, SHOWN, AnyRequest, page_number, teller
from app.tax.policies import case_to_decide, case_to_read, has_entered, require_all
from app.tax.rules.names import THRESHOLD
from app.tax.schemas import DecisionForm
from app.tax.service import screening
from app.tax.service.telling import CASE_SENTENCES, CASE_TONES

CASE = f"{SCREENING}/cases/{{case_id:str}}"
DECIDED = {
    "cleared": sentence("The case was cleared: payouts may leave again."),
    "confirmed": sentence("The case was confirmed: no payout leaves."),
}


@get(SCREENING, sync_to_thread=True)
def overview(request: AnyRequest) -> Response[Any]:
    """Show the lists in use and the cases, those to be decided first."""
    require_all(visitor_of(request), "payouts.view")
    return page("tax/screening.html", realm_of(request), problem=None, **_shown(request))


def _shown(request: AnyRequest) -> dict[str, Any]:
    visitor, at = visitor_of(request), page_number(request)
    with tenant_read(tenant_of(request)) as session:
        found = list(session.scalars(queries.cases().offset((at - 1) * SHOWN).limit(SHOWN + 1)))
        lists = list(session.scalars(queries.lists()))
    return {
        "here": SCREENING,
        "at": at,
        "more": len(found) > SHOWN,
        "cases": found[:SHOWN],
        "lists": lists,
        "states": CASE_SENTENCES,
        "tones": CASE_TONES,
        "threshold": round(THRESHOLD * 1_000_000),
        "may_change": "payouts.prepare" in visitor.permissions,
        "teller": teller(request),
    }


@post(f"{SCREENING}/lists", sync_to_thread=True, opt=PROVED)
def bring(
    request: AnyRequest,
    data: Annotated[dict[str, Any], BodyKwarg(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Bring a list in and have every payee compared with it."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    _require_change(visitor)
    file, name = data.get("list"), data.get("name")
    raw = file.file.read(screening.LARGEST_FILE + 1) if isinstance(file, UploadFile) else b""
    try:
        with tenant_work(tenant) as session:
            screening.receive(session, visitor.actor, raw, name=name if isinstance(name, str) else "")
    except Invalid as refusal:
        return again(request, "tax/screening.html", refusal, **_shown(request))
    return flash.done(SCREENING, tenant, sentence("The list is in use. Payees are being compared with it."))


@post(f"{SCREENING}/lists/{{list_id:str}}/removal", sync_to_thread=True, opt=PROVED)
def retire(request: AnyRequest, list_id: FromPath[str]) -> Redirect:
    """Take a list out of use; cases that came of it stay."""
    visitor, tenant, known = visitor_of(request), tenant_of(request), parse_uuid(list_id)
    _require_change(visitor)
    with tenant_work(tenant) as session:
        held = session.get(SanctionsList, known, with_for_update=True) if known else None
        if held is None or held.retired_at is not None:
            raise CaseUnknown
        screening.retire(session, visitor.actor, held.id)
    return flash.done(SCREENING, tenant, sentence("The list is out of use."))


def _require_change(visitor: Visitor) -> None:
    require_all(visitor, "payouts.view")
    require_all(visitor, "payouts.prepare")


@get(CASE, sync_to_thread=True)
def show(request: AnyRequest, case_id: FromPath[str]) -> Response[Any]:
    """Show a case: both names, and what else is known of either."""
    return page("tax/case.html", realm_of(request), problem=None, reason="", **_case(request, case_id))


def _case(request: AnyRequest, case_id: str) -> dict[str, Any]:
    visitor = visitor_of(request)
    with tenant_read(tenant_of(request)) as session:
        case = case_to_read(session, visitor, parse_uuid(case_id))
        party = session.get(Party, case.party_id) if case.party_id else None
        decider = session.get(Member, case.decided_by) if case.decided_by else None
        entered = party is not None and has_entered(session, visitor.member, party.id)
    return {
        "here": SCREENING,
        "case": case,
        "party": party,
        "decider": decider,
        "states": CASE_SENTENCES,
        "tones": CASE_TONES,
        "has_entered": entered,
        "may_decide": "payouts.approve" in visitor.permissions and case.state == "open",
        "teller": teller(request),
    }


@post(f"{CASE}/decision", sync_to_thread=True, opt=PROVED)
def decide(request: AnyRequest, case_id: FromPath[str], data: URLEncodedBody[DecisionForm]) -> Response[Any]:
    """Clear a case or confirm it."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            case = case_to_decide(session, visitor, parse_uuid(case_id))
            if data.state not in DECIDED:
                raise FilterUnusable
            screening.decide(session, visitor, case, state=data.state, reason=data.reason)
    except (Invalid, Conflict) as refusal:
        reason = data.reason[: screening.LONGEST_REASON]
        return again(request, "tax/case.html", refusal, reason=reason, **_case(request, case_id))
    return flash.done(f"{SCREENING}/cases/{case_id}", tenant, DECIDED[data.state])


handlers = [overview, bring, retire, show, decide]
