"""One line of a statement, opened: its formula, clause, exchange rate, the rows behind it, what is asked of it."""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contracts.models import Contract
from app.contracts.policies import may_see_contract
from app.contracts.rules import vocabulary
from app.identity.pages import visitor_of
from app.identity.pages.door import again
from app.identity.policies import Visitor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import Tenant
from app.kernel.web import flash
from app.kernel.web.pages import page
from app.kernel.web.realm import realm_of, tenant_of
from app.roster.rules.countries import country_names
from app.royalties.errors import LineUnknown
from app.royalties.models import SalesReport, Statement
from app.royalties.pages.periods import ROYALTIES, teller_of
from app.royalties.pages.run import page_number
from app.royalties.pages.statement import STATEMENT, heading
from app.royalties.policies import may_answer, statement_to_read
from app.royalties.queries import runs as queries
from app.royalties.rules.refusals import RowUnknown
from app.royalties.schemas import NewNote
from app.royalties.service import asking, lines, rows
from app.royalties.service.lines import Line
from app.royalties.service.telling import MATCH_SENTENCES

LINE = f"{STATEMENT}/lines/{{number:str}}"
SHOWN = 50
NUMBER_DIGITS = 9


def line_of(session: Session, statement: Statement, said: str) -> Line:
    """The line of a statement that an address names."""
    found = lines.line(session, statement, row_number(said))
    if found is None:
        raise LineUnknown
    return found


def row_number(said: str) -> int:
    """The number of a line or a row that an address names."""
    if not (said.isascii() and said.isdecimal() and len(said) <= NUMBER_DIGITS):
        raise LineUnknown
    return int(said)


@get(LINE, sync_to_thread=True)
def show(request: Request[Any, Any, Any], statement_id: FromPath[str], number: FromPath[str]) -> Response[str]:
    """Show how a line came about, down to the rows that a store sent."""
    visitor = visitor_of(request)
    shown = _values(request, visitor, statement_id, number)
    return page("royalties/line.html", realm_of(request), problem=None, typed="", **shown)


def _values(request: Request[Any, Any, Any], visitor: Visitor, statement_id: str, number: str) -> dict[str, Any]:
    with tenant_read(tenant_of(request)) as session:
        statement = statement_to_read(session, visitor, parse_uuid(statement_id))
        shown = heading(session, visitor, statement) | opened(session, request, statement, number)
        is_seen = select(Contract.id).where(Contract.id == statement.contract_id, may_see_contract(visitor))
        shown["may_see_contract"] = session.scalar(is_seen) is not None
    is_answering = may_answer(visitor) and asking.is_anothers(shown["question"], visitor.actor)
    return shown | {"is_answering": is_answering}


def opened(session: Session, request: Request[Any, Any, Any], statement: Statement, number: str) -> dict[str, Any]:
    """What a line's page shows to whoever reads the statement: how it came about, its rows, what was asked of it."""
    realm, at = realm_of(request), page_number(request)
    teller = teller_of(realm)
    line = line_of(session, statement, number)
    known = lines.provenance(session, statement, line.number)
    found = lines.sources(session, statement, line.number, skip=(at - 1) * SHOWN, limit=SHOWN + 1)
    question = queries.questions(session, statement).get(line.number)
    return {
        "question": question,
        "notes": queries.notes(session, question) if question else [],
        "line": line,
        "known": known,
        "rate": known.rate,
        "at": at,
        "sources": found[:SHOWN],
        "more": len(found) > SHOWN,
        "teller": teller,
        "percent": teller.percent,
        "amount": partial(teller.exactly, currency=known.terms.currency),
        "vocabulary": vocabulary,
        "countries": country_names(realm.language),
        "matches": MATCH_SENTENCES,
    }


@get(f"{LINE}/rows/{{report_id:str}}/{{row:str}}", sync_to_thread=True)
def show_row(
    request: Request[Any, Any, Any],
    statement_id: FromPath[str],
    number: FromPath[str],
    report_id: FromPath[str],
    row: FromPath[str],
) -> Response[str]:
    """Show a row behind a line as it stands in the file that a store sent."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    with tenant_read(tenant) as session:
        statement = statement_to_read(session, visitor, parse_uuid(statement_id))
        shown = row_behind(session, tenant, statement, number, report_id, row)
    address = f"{ROYALTIES}/statements/{statement.id}/lines/{shown['line'].number}"
    return page("royalties/line_row.html", realm_of(request), here=ROYALTIES, address=address, **shown)


def row_behind(
    session: Session, tenant: Tenant, statement: Statement, number: str, report_id: str, row: str
) -> dict[str, Any]:
    """A line, a row behind it, and the cells of that row as a store sent them."""
    line = line_of(session, statement, number)
    found = lines.source(session, statement, line.number, parse_uuid(report_id), row_number(row))
    if found is None:
        raise RowUnknown
    cells = rows.row_cells(session, tenant, session.get_one(SalesReport, found.report_id), found.row)
    return {"line": line, "row": found, "cells": cells}


@post(f"{LINE}/notes", sync_to_thread=True)
def write(
    request: Request[Any, Any, Any],
    statement_id: FromPath[str],
    number: FromPath[str],
    data: URLEncodedBody[NewNote],
) -> Response[Any]:
    """Ask about a line, or answer what was asked."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            statement = statement_to_read(session, visitor, parse_uuid(statement_id))
            line = line_of(session, statement, number)
            may = may_answer(visitor)
            is_answer = asking.write(session, visitor.actor, statement, line.number, data.body, may_answer=may)
    except (Invalid, Conflict) as refusal:
        shown = _values(request, visitor, statement_id, number)
        return again(request, "royalties/line.html", refusal, typed=data.body, **shown)
    said = sentence("The answer was sent.") if is_answer else sentence("The question was sent.")
    return flash.done(f"{request.url.path.removesuffix('/notes')}#thread", tenant, said)


handlers = [show, show_row, write]
