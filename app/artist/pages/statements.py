"""Statements, from the list to a line, and from a line down to the row that a store sent."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from sqlalchemy.orm import Session

from app.artist.pages.frame import app_page, around
from app.artist.policies import own_contracts, statement_to_read
from app.artist.queries import money
from app.artist.rules.tasks import APP
from app.artist.service import mark_answer_read
from app.contracts.models import Contract
from app.identity.pages import AnyRequest, seen, visitor_of
from app.identity.pages.door import again
from app.identity.policies import Visitor
from app.kernel.db import tenant_read, tenant_work
from app.kernel.errors import Conflict, Invalid
from app.kernel.ids import parse_uuid
from app.kernel.sentences import sentence
from app.kernel.tenant import TenantState
from app.kernel.web import flash
from app.kernel.web.realm import realm_of, tenant_of
from app.lists.errors import FilterUnusable
from app.royalties.models import Statement
from app.royalties.pages.line import line_of, opened, row_behind
from app.royalties.pages.periods import teller_of
from app.royalties.pages.run import page_number
from app.royalties.pages.statement import LONGEST_SEARCH, way_of
from app.royalties.policies import may_answer
from app.royalties.queries import runs as queries
from app.royalties.schemas import NewNote
from app.royalties.service import asking, documents, lines
from app.royalties.service.telling import BY_SENTENCES, MATCH_SENTENCES

STATEMENTS = f"{APP}/statements"
STATEMENT = f"{STATEMENTS}/{{statement_id:str}}"
LINE = f"{STATEMENT}/lines/{{number:str}}"
SHOWN, SHOWN_STATEMENTS = 40, 60


@get(STATEMENTS, sync_to_thread=True)
def list_statements(request: AnyRequest) -> Response[str]:
    """Show what the visitor's artists were told, period by period."""
    visitor, at = visitor_of(request), page_number(request)
    with tenant_read(tenant_of(request)) as session:
        query = money.statements(visitor).limit(SHOWN_STATEMENTS + 1).offset((at - 1) * SHOWN_STATEMENTS)
        found = list(session.execute(query).all())
    shown: dict[str, Any] = {"rows": found[:SHOWN_STATEMENTS], "more": len(found) > SHOWN_STATEMENTS, "at": at}
    return app_page(request, "artist/statements.html", visitor, teller=teller_of(realm_of(request)), **shown)


@get(STATEMENT, sync_to_thread=True)
def statement_page(request: AnyRequest, statement_id: FromPath[str]) -> Response[str]:
    """Show a statement: what is due, how it came about, every line."""
    visitor, realm, at = visitor_of(request), realm_of(request), page_number(request)
    teller, by, wanted = teller_of(realm), way_of(request), request.query_params.get("q", "").strip()
    if len(wanted) > LONGEST_SEARCH:
        raise FilterUnusable
    with tenant_read(tenant_of(request)) as session:
        statement = statement_to_read(session, visitor, parse_uuid(statement_id))
        entries = queries.entries(session, statement)
        earlier = queries.periods_of(session, [each.facts["of"] for each in entries if "of" in each.facts])
        found = lines.largest(session, statement, skip=(at - 1) * SHOWN, limit=SHOWN + 1, wanted=wanted)
        shown: dict[str, Any] = {
            **_heading(session, visitor, statement),
            "limits": teller.limits(documents.limits(session, statement)),
            "questions": queries.questions(session, statement),
            "bars": teller.bars(lines.sums(session, statement, by), by),
        }
    shown |= {"lines": found[:SHOWN], "more": len(found) > SHOWN, "at": at, "by": by, "wanted": wanted}
    shown["steps"] = [(teller.entry(each, statement.currency, earlier), each.amount_micros) for each in entries]
    return app_page(request, "artist/statement.html", visitor, teller=teller, ways=BY_SENTENCES, **shown)


def _heading(session: Session, visitor: Visitor, statement: Statement) -> dict[str, Any]:
    _, period, contract, payee = queries.around(session, statement)
    readable = session.query(Contract.id).filter(Contract.id == contract.id, own_contracts(visitor)).first()
    return {
        "address": f"{STATEMENTS}/{statement.id}",
        "statement": statement,
        "period": period,
        "contract": contract,
        "payee": payee,
        "may_read_contract": readable is not None,
    }


@get(f"{LINE}", sync_to_thread=True)
def line_page(request: AnyRequest, statement_id: FromPath[str], number: FromPath[str]) -> Response[str]:
    """Show how one amount came about, down to the rows that a store sent."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    shown = _line_shown(request, visitor, statement_id, number)
    question = shown["question"]
    if question is not None and question.state == "answered" and tenant.state is TenantState.ACTIVE:
        with tenant_work(tenant) as session:
            mark_answer_read(session, visitor, shown["statement"].id, shown["line"].number)
    return app_page(request, "artist/line.html", visitor, problem=None, typed="", **shown)


def _line_shown(request: AnyRequest, visitor: Visitor, statement_id: str, number: str) -> dict[str, Any]:
    with tenant_read(tenant_of(request)) as session:
        statement = statement_to_read(session, visitor, parse_uuid(statement_id))
        return _heading(session, visitor, statement) | opened(session, request, statement, number)


@get(f"{LINE}/rows/{{report_id:str}}/{{row:str}}", sync_to_thread=True)
def row_page(
    request: AnyRequest,
    statement_id: FromPath[str],
    number: FromPath[str],
    report_id: FromPath[str],
    row: FromPath[str],
) -> Response[str]:
    """Show a row behind a line: what was made of it, and as it stands in the file that a store sent."""
    visitor, tenant, realm = visitor_of(request), tenant_of(request), realm_of(request)
    with tenant_read(tenant) as session:
        statement = statement_to_read(session, visitor, parse_uuid(statement_id))
        shown = row_behind(session, tenant, statement, number, report_id, row) | {"teller": teller_of(realm)}
    address = f"{STATEMENTS}/{statement.id}/lines/{shown['line'].number}"
    return app_page(request, "artist/row.html", visitor, address=address, matches=MATCH_SENTENCES, **shown)


@post(f"{LINE}/notes", sync_to_thread=True)
def write(
    request: AnyRequest, statement_id: FromPath[str], number: FromPath[str], data: URLEncodedBody[NewNote]
) -> Response[Any]:
    """Ask about a line."""
    visitor, tenant = visitor_of(request), tenant_of(request)
    try:
        with tenant_work(tenant) as session:
            statement = statement_to_read(session, visitor, parse_uuid(statement_id))
            line = line_of(session, statement, number)
            asking.write(session, visitor.actor, statement, line.number, data.body, may_answer=may_answer(visitor))
    except (Invalid, Conflict) as refusal:
        shown = around(request) | _line_shown(request, visitor, statement_id, number)
        return seen(again(request, "artist/line.html", refusal, typed=data.body, **shown), tenant, visitor)
    return flash.done(f"{request.url.path.removesuffix('/notes')}#thread", tenant, sentence("The question was sent."))


handlers = [list_statements, statement_page, line_page, row_page, write]
