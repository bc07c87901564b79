"""Days on which somebody must act: a month of them, what comes, and what is overdue."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect

from app.contracts.errors import DetailsUnusable
from app.contracts.pages.contract import changed, show_contract
from app.contracts.pages.editor import CONTRACT
from app.contracts.pages.listing import CONTRACTS, today_of
from app.contracts.pages.sent import DAY, LONGEST
from app.contracts.policies import contract_to_change, contract_to_read, obligation_to_fulfil
from app.contracts.queries import calendar
from app.contracts.rules.obligations import OBLIGATION_SENTENCES, OBLIGATIONS, ObligationKind
from app.contracts.service import obliging
from app.identity.pages import visitor_of
from app.identity.policies import require_somewhere
from app.kernel.db import tenant_read, tenant_work
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of

AHEAD = timedelta(days=90)


class NewObligation(msgspec.Struct, forbid_unknown_fields=True):
    """What must be done by a day."""

    kind: str = ""
    due_on: str = ""
    note: str = ""


@get(f"{CONTRACTS}/calendar", sync_to_thread=True)
def calendar_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show a month of days to act on, what comes after today, and what is overdue."""
    visitor, today = visitor_of(request), today_of(tenant_of(request))
    require_somewhere(visitor, "contracts.view")
    first = _month(request.query_params.get("month", ""), today)
    last = first.replace(day=monthrange(first.year, first.month)[1])
    with tenant_read(tenant_of(request)) as session:
        shown: dict[str, Any] = {
            "rows": session.execute(calendar.obligations(visitor, first=first, last=last)).all(),
            "ending": list(session.scalars(calendar.ending(visitor, first=first, last=last))),
            "overdue": session.execute(calendar.open_before(visitor, today)).all(),
            "coming": session.execute(calendar.obligations(visitor, first=today, last=today + AHEAD)).all(),
        }
    shown |= {"first": first, "before": _moved(first, -1), "after": _moved(first, 1), "today": today}
    shown["kinds"] = OBLIGATION_SENTENCES
    return page("contracts/calendar.html", realm_of(request), here=CONTRACTS, **shown)


def _month(text: str, today: date) -> date:
    try:
        return date.fromisoformat(f"{text[:7]}-01")
    except ValueError:
        return today.replace(day=1)


def _moved(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 + months
    return date(min(max(count // 12, 1), 9999), count % 12 + 1, 1)


@post(f"{CONTRACT}/obligations", sync_to_thread=True)
def note_obligation(
    request: Request[Any, Any, Any], contract_id: FromPath[str], data: URLEncodedBody[NewObligation]
) -> Response[Any]:
    """Note what must be done under a contract by a day."""
    visitor, tenant, known = visitor_of(request), tenant_of(request), parse_uuid(contract_id)
    try:
        with tenant_work(tenant) as session:
            contract = contract_to_change(session, visitor, known)
            kind, day = _meant(data)
            said = data.note.strip()[:LONGEST]
            obliging.note(session, visitor.actor, contract, kind=kind, due_on=day, said=said)
    except DetailsUnusable as refusal:
        with tenant_read(tenant) as session:
            return show_contract(request, session, contract_to_read(session, visitor, known), problem=refusal)
    return changed(tenant, contract_id, sentence("The day was noted."), "obligations")


def _meant(data: NewObligation) -> tuple[ObligationKind, date]:
    try:
        day = date.fromisoformat(data.due_on)
    except ValueError:
        raise DetailsUnusable(DAY) from None
    if data.kind not in OBLIGATIONS:
        raise DetailsUnusable(sentence("Choose what must be done."))
    return data.kind, day


@post(f"{CONTRACT}/obligations/{{obligation_id:str}}/fulfilment", sync_to_thread=True)
def fulfil_obligation(
    request: Request[Any, Any, Any], contract_id: FromPath[str], obligation_id: FromPath[str]
) -> Redirect:
    """Note that it was done."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_work(tenant) as session:
        obligation = obligation_to_fulfil(session, visitor, parse_uuid(contract_id), parse_uuid(obligation_id))
        obliging.fulfil(session, visitor.actor, obligation)
    return changed(tenant, contract_id, sentence("It is noted as done."), "obligations")


handlers = [calendar_page, note_obligation, fulfil_obligation]
